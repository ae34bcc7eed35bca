// The stack of docker-compose.yml without containers: its commands and its environment, as processes of this machine.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../kernel/store/eventstoredb/scripted-server.given.ts'
import { serve } from '../kernel/store/eventstoredb/scripted-server-over-grpc.given.ts'
import { ask } from './client.ts'
import { type ComposeService, composeFile, deskServices } from './compose-file.ts'
import { accepted } from './mutate.ts'
import { clear, placeOf } from './place.ts'
import { startFerretdb, startNats, withoutFerretdb, withoutNats } from './servers.ts'

const { EVENTSTORE_URL, MONGODB_URL, NATS_URL } = process.env
const skipped = (NATS_URL ? '' : withoutNats) || (MONGODB_URL ? '' : withoutFerretdb)

test.skipIf(skipped !== '')(
  `the deployed processes become healthy, take an order through, and stop${skipped}`,
  async () => {
    const environment = await servers()
    const started = await Promise.all(
      deskServices(composeFile([], environment)).map(async ([name, service]) => [name, await start(service)] as const),
    )
    for (const [name, process] of started)
      await expect.poll(process.isHealthy, { message: name, ...patience }).toBe(true)

    const url = (name: string) => started.find(([one]) => one === name)?.[1].url ?? ''
    await accepted(url('gateway-1'), 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '10.00' })
    await accepted(url('gateway-2'), 'addProduct', { productId: 'prd_1', name: 'Lamp', price: '2.50', stock: 1 })
    const content = { lines: [{ productId: 'prd_1', quantity: 1 }] }
    await accepted(url('gateway-1'), 'placeOrder', { orderId: 'ord_1', customerId: 'cus_1', content })
    await expect
      .poll(() => ask(url('gateway-2'), '{ order(id: "ord_1") { status total } }'), patience)
      .toEqual({ order: { status: 'APPROVED', total: '2.50' } })

    for (const [name, process] of started) expect(await process.stop(), name).toBe(0)
  },
)

/** As long as the health checks of the file give a process. */
const patience = { timeout: 120_000, interval: 1_000 }

/** The servers that take the place of those in the file: those that the environment names, or some that end with the test. */
async function servers(): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'compose-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const eventstoredb = EVENTSTORE_URL ? undefined : await serve(scriptedServer())
  onTestFinished(() => eventstoredb?.kill())
  const nats = NATS_URL ? undefined : await startNats()
  onTestFinished(() => nats?.kill())
  const mongodb = MONGODB_URL ? undefined : await startFerretdb(directory)
  onTestFinished(() => mongodb?.kill())

  const place = placeOf(directory, {
    EVENTSTORE_URL: EVENTSTORE_URL || eventstoredb?.url,
    MONGODB_URL: MONGODB_URL || mongodb?.url,
    NATS_URL: NATS_URL || nats?.url,
  })
  onTestFinished(() => clear(place))
  return place.env
}

async function start({ command = [], environment, healthcheck, stop_grace_period: grace = '' }: ComposeService) {
  const [program = '', ...rest] = command
  // Containers have no files to write: a data directory that cannot be made is never asked for.
  const env = { PATH: process.env.PATH, ...environment, PORT: '0', DATA_DIR: '/dev/null/data' }
  const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const port = await portOf(child)
  return {
    url: `http://127.0.0.1:${port}`,
    isHealthy: () => succeeds(healthcheck?.test.slice(1) ?? [], { ...env, PORT: port }),
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const tooLate = setTimeout(() => child.kill('SIGKILL'), Number.parseInt(grace, 10) * 1_000)
      const [code, signal] = await ended
      clearTimeout(tooLate)
      return code ?? signal
    },
  }
}

async function portOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: stdout })) {
    const port = /Health\s+http:\/\/.+:(\d+)\/health\/ready/.exec(line)?.[1]
    if (!port) continue
    stdout.resume()
    return port
  }
  throw new Error('The process ended before it listened')
}

function succeeds([program = '', ...rest]: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => execFile(program, rest, { env }, (error) => resolve(error === null)))
}
