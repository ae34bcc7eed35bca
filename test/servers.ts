// Real servers for tests that kill them: nats-server and FerretDB, where they are installed.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { retry } from '../kernel/failures/retry.ts'

export interface TestServer {
  url: string
  kill(): Promise<void>
  /** Sends a signal that does not end it: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void
  /** On the same port, with the same data. */
  start(): Promise<void>
}

/** The program, or `undefined` where it is not installed: `NATS_SERVER` or `FERRETDB` names it, or the path finds it. */
export const programs = {
  nats: programOf(process.env.NATS_SERVER, 'nats-server'),
  ferretdb: programOf(process.env.FERRETDB, 'ferretdb'),
}

/** The text behind the name of a test that is skipped. */
export const withoutNats = programs.nats ? '' : ' (skipped: there is no nats-server)'
export const withoutFerretdb = programs.ferretdb ? '' : ' (skipped: there is no FerretDB)'

export function startNats(): Promise<TestServer> {
  return startServer(programs.nats, 'nats', (port) => ['--addr', '127.0.0.1', '--port', String(port)])
}

/** @param directory of its data */
export function startFerretdb(directory: string): Promise<TestServer> {
  const data = join(directory, 'ferretdb')
  mkdirSync(data, { recursive: true })
  return startServer(programs.ferretdb, 'mongodb', (port) => [
    '--handler=sqlite',
    `--sqlite-url=file:${data}/`,
    `--state-dir=${data}`,
    `--listen-addr=127.0.0.1:${port}`,
    '--telemetry=disable',
    '--debug-addr=-',
  ])
}

async function startServer(
  program: string | undefined,
  protocol: keyof typeof answering,
  argumentsFor: (port: number) => string[],
): Promise<TestServer> {
  if (program === undefined) throw new Error(`There is no server for ${protocol}`)
  const port = await freePort()
  const answers = answering[protocol]
  let child: ChildProcess | undefined

  const server: TestServer = {
    url: `${protocol}://127.0.0.1:${port}`,
    async start() {
      child = spawn(program, argumentsFor(port), { stdio: 'ignore' })
      await retry(() => answers(port), { withinMs: 30_000, longestPauseMs: 100 })
    },
    signal: (signal) => void child?.kill(signal),
    async kill() {
      const ended = child && child.exitCode === null && once(child, 'exit')
      child?.kill('SIGKILL')
      await ended
    },
  }
  await server.start()
  return server
}

function programOf(named: string | undefined, usual: string): string | undefined {
  if (named) return named
  try {
    return execFileSync('sh', ['-c', `command -v ${usual}`], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A server that has opened its port is not one that answers: it may still be loading its data. */
const answering = {
  /** The first that a NATS server says on a connection is what it is. */
  async nats(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    try {
      const [greeting] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
      if (!String(greeting).startsWith('INFO')) throw new Error(`Port ${port} says ${greeting}`)
    } finally {
      socket.destroy()
    }
  },

  async mongodb(port: number): Promise<void> {
    const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 5_000 })
    try {
      await client.db('admin').command({ ping: 1 })
    } finally {
      await client.close()
    }
  },
}
