// The files of earlier releases, made by record.ts: a newer desk starts with them, answers alike, and goes on.
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startDesk } from '../../server/desk/desk.ts'
import { ask } from '../client.ts'
import { accepted, mutate } from '../mutate.ts'
import { untilReady } from '../readiness.ts'
import { answers, laterCommands, opening, orders, type Step } from './story.ts'

const releases = ['848d297', '99016b3']

describe.each(releases)('the files of release %s', (release) => {
  const folder = new URL(`./${release}/`, import.meta.url)

  test('a desk that starts with its log and its views answers as that release did', async () => {
    const url = await deskWith(folder, ['events.db', 'views.db'])

    expect(await answers(url)).toEqual(await recorded(folder))
  })

  test('a desk that starts with its log alone rebuilds views that answer as that release did', async () => {
    const url = await deskWith(folder, ['events.db'])

    expect(await answers(url)).toEqual(await recorded(folder))
  })

  test('a command that release accepted is answered as a duplicate', async () => {
    const url = await deskWith(folder, ['events.db', 'views.db'])
    const commands: Step[] = [
      opening,
      ...['one', 'two'].map((suffix) => [...orders(suffix), ...laterCommands(suffix)]),
    ].flat()

    for (const { mutation, input } of commands) {
      const { receipt, userErrors } = await mutate(url, mutation, input)
      expect({ commandId: input.commandId, duplicate: receipt?.duplicate, userErrors }).toEqual({
        commandId: input.commandId,
        duplicate: true,
        userErrors: [],
      })
    }
    expect(await answers(url)).toEqual(await recorded(folder))
  })

  test('an order of that release has the date at which it was recorded', async () => {
    const url = await deskWith(folder, ['events.db', 'views.db'])
    const question = '{ orders(first: 100, orderBy: { field: PLACED_AT }) { nodes { placedAt createdAt } } }'
    const page = await ask<{ orders: { nodes: { placedAt: string; createdAt: string }[] } }>(url, question, {})
    const dates = page.orders.nodes.map(({ placedAt }) => placedAt)

    expect(dates).toEqual(page.orders.nodes.map(({ createdAt }) => createdAt))
    expect(dates).toEqual(dates.toSorted().reverse())
    expect(dates.length).toBeGreaterThan(5)
  })

  test('an order that release left open goes on, and a new one is decided', async () => {
    const url = await deskWith(folder, ['events.db', 'views.db'])

    await accepted(url, 'recordPayment', { orderId: 'ord_total_one' })
    await accepted(url, 'shipOrder', { orderId: 'ord_revised_two' })
    const content = { lines: [{ productId: 'prd_vase', quantity: 1 }] }
    await accepted(url, 'placeOrder', { orderId: 'ord_new', customerId: 'cus_ada', content })

    await vi.waitFor(async () =>
      expect(await progress(url, 'ord_total_one')).toMatchObject({ endedAt: expect.any(String) }),
    )
    await vi.waitFor(async () => expect(await progress(url, 'ord_new')).toMatchObject({ state: 'APPROVED' }))
  })
})

async function deskWith(folder: URL, files: string[]): Promise<string> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-upgrade-'))
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }))
  for (const file of files) await copyFile(new URL(file, folder), join(dataDirectory, file))
  const desk = await startDesk({ dataDirectory, host: '127.0.0.1', port: 0, logLevel: 'silent' })
  onTestFinished(() => desk.close())
  await untilReady(desk.url)
  return desk.url
}

async function recorded(folder: URL): Promise<unknown> {
  return JSON.parse(await readFile(new URL('answers.json', folder), 'utf8'))
}

async function progress(url: string, id: string): Promise<unknown> {
  const question = 'query ($id: ID!) { order(id: $id) { placement { state endedAt } } }'
  const { order } = await ask<{ order: { placement: unknown } | null }>(url, question, { id })
  return order?.placement
}
