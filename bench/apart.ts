// `npm run bench:apart`: the same load with more and more of the desk apart, so that the table shows what each hop costs.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DeskProcess, startDeskProcess } from '../test/desk-process.ts'
import { programs, startFerretdb, startNats } from '../test/servers.ts'
import { refuseArguments } from './arguments.ts'

const ORDERS = 1_000
const TRIES = 200
/** FerretDB on SQLite takes longer the more documents there are. */
const ORDERS_ON_FERRETDB = 150
const TRIES_ON_FERRETDB = 30

interface Figures {
  command: number
  readBack: number
  decided: number
  orders: number
}

const ALL = 'gateway,command,saga,projector'
const APART = ['command', 'saga', 'projector', 'gateway']

refuseArguments('bench:apart', 'Measures the cost of the desk with its roles in separate processes.')

const opened: (() => Promise<unknown>)[] = []
try {
  head()
  await measure('one process, all embedded', [ALL], {})
  if (programs.nats) {
    const nats = { NATS_URL: (await server(startNats())).url }
    await measure('commands over NATS', [ALL], nats)
    await measure('a process for each role', APART, nats)
    if (programs.ferretdb) {
      const directory = await temporary()
      const views = { MONGODB_URL: (await server(startFerretdb(directory))).url }
      await measure('views on FerretDB', APART, { ...nats, ...views }, ORDERS_ON_FERRETDB, TRIES_ON_FERRETDB)
    } else console.log('There is no FerretDB: FERRETDB names it.')
  } else console.log('There is no nats-server: NATS_SERVER names it.')
} finally {
  for (let close = opened.pop(); close; close = opened.pop()) await close()
}

async function measure(
  what: string,
  processes: readonly string[],
  env: Record<string, string>,
  orders = ORDERS,
  tries = TRIES,
): Promise<void> {
  const directory = await temporary()
  const started = await Promise.all(processes.map((roles) => startDeskProcess(directory, { ...env, ROLES: roles })))
  const gateway = started.at(-1) as DeskProcess
  const args = [gateway.url, String(orders), String(tries)]
  const client = fork(fileURLToPath(new URL('./apart-clients.ts', import.meta.url)), args)
  const [figures] = (await once(client, 'message')) as [Figures]
  for (const process of started.reverse()) await process.end('SIGTERM')
  row(what, figures)
}

function head(): void {
  const columns = ['command', 'and read back', 'order decided', 'orders/s'].map((column) => column.padStart(14))
  console.log(`${''.padEnd(28)}${columns.join('')}`)
}

function row(what: string, { command, readBack, decided, orders }: Figures): void {
  const latencies = [command, readBack, decided].map((seconds) => `${(seconds * 1000).toFixed(1)} ms`.padStart(14))
  console.log(`${what.padEnd(28)}${latencies.join('')}${String(Math.round(orders)).padStart(14)}`)
}

async function server<Server extends { kill(): Promise<void> }>(starting: Promise<Server>): Promise<Server> {
  const started = await starting
  opened.push(() => started.kill())
  return started
}

/** On the disk of the project: a temporary directory may be memory, where an fsync costs nothing. */
async function temporary(): Promise<string> {
  const directory = await mkdtemp(resolve('.bench-'))
  opened.push(() => rm(directory, { recursive: true, force: true }))
  return directory
}
