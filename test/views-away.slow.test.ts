// A MongoDB that hangs, is killed, or comes late: readers can try again, and the log has one line for the beginning and one for the end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startDeskProcess } from './desk-process.ts'
import { programs, startFerretdb, withoutFerretdb } from './servers.ts'

test.skipIf(!programs.ferretdb)(
  `while MongoDB hangs or is down, reads are UNAVAILABLE within seconds, and its outage is logged once${withoutFerretdb}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'creditline-away-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const mongodb = await startFerretdb(directory)
    onTestFinished(() => mongodb.kill())
    const desk = await startDeskProcess(directory, { MONGODB_URL: mongodb.url, LOG_LEVEL: 'info' })
    onTestFinished(async () => void (await desk.end('SIGKILL')))

    async function ask(query: string): Promise<Answer> {
      const response = await fetch(`${desk.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
        signal: AbortSignal.timeout(9_000),
      })
      return (await response.json()) as Answer
    }
    const viewsAreOk = async () => {
      const response = await fetch(`${desk.url}/health/ready`)
      return ((await response.json()) as Health).parts.views.ok
    }
    const queries = [
      '{ customers { nodes { id } totalCount { value } } }',
      '{ customer(id: "cus_1") { id } }',
      '{ node(id: "ord_1") { id } }',
      '{ events { nodes { id } } }',
    ]
    const register = (commandId: string) => `mutation {
      registerCustomer(input: { customerId: "cus_1", commandId: "${commandId}", name: "Acme", creditLimit: "1.00" }) {
        customer { name } receipt { duplicate }
      }
    }`
    const outages = () => desk.logged().filter(({ msg }) => String(msg).includes('outage'))
    await ask(register('a'))

    const outage = async (begin: () => void | Promise<void>, end: () => void | Promise<void>) => {
      const before = outages().length
      await begin()
      await expect.poll(viewsAreOk, { timeout: 10_000 }).toBe(false)
      const answers = await Promise.all([...queries, ...queries].map(ask))
      for (const { errors } of answers) {
        expect(errors?.map(({ extensions }) => extensions)).toContainEqual({ code: 'UNAVAILABLE', retryable: true })
        expect(errors?.every(({ extensions }) => extensions.code === 'UNAVAILABLE')).toBe(true)
      }
      const written = await ask(register('a'))
      expect(written).toMatchObject({
        data: { registerCustomer: { customer: null, receipt: { duplicate: true } } },
        errors: [{ extensions: { code: 'UNAVAILABLE' } }],
      })
      await end()
      await expect.poll(viewsAreOk, { timeout: 30_000 }).toBe(true)
      expect(await ask('{ customer(id: "cus_1") { name } }')).toEqual({ data: { customer: { name: 'Acme' } } })
      expect(outages()).toHaveLength(before + 2)
    }
    await outage(
      () => mongodb.signal('SIGSTOP'),
      () => mongodb.signal('SIGCONT'),
    )
    await outage(
      () => mongodb.kill(),
      () => mongodb.start(),
    )
    expect(desk.logged().filter(({ errorId }) => errorId !== undefined)).toEqual([])
  },
)

interface Answer {
  data?: unknown
  errors?: { message: string; extensions: { code: string } }[]
}

interface Health {
  parts: { views: { ok: boolean } }
}
