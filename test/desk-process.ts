// A desk in a process of its own, so that it can be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

export interface DeskProcess {
  url: string
  lives(): boolean
  /** The lines of the log so far. */
  logged(): Record<string, unknown>[]
  /** Sends a signal that does not end it: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void
  /** Sends a signal and waits for the end: the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

/**
 * Starts `npm start`'s command on a free port, and waits until the process is ready: its views show the history that it found. Processes
 * of one deployment that need each other are started at the same time.
 * @param env settings beyond those of the place
 * @param args of node, where they are others
 */
export async function startDeskProcess(
  dataDirectory: string,
  env: Record<string, string> = {},
  args = ['--import', './server/typescript.mjs', 'server/main.ts'],
): Promise<DeskProcess> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...usual, ...placeOf(dataDirectory).env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lives = () => child.exitCode === null && child.signalCode === null
  const logged: Record<string, unknown>[] = []
  const url = await listening(child, logged)
  try {
    await untilReady(url, lives)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    url,
    lives,
    logged: () => logged,
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      if (!lives()) return child.exitCode ?? child.signalCode
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code, by] = await ended
      return code ?? by
    },
  }
}

const usual = { PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'warn' }

async function listening(child: ChildProcess, logged: Record<string, unknown>[]): Promise<string> {
  let complaints = ''
  child.stderr?.on('data', (text) => {
    complaints = `${complaints}${text}`.slice(-4_000)
  })
  if (!child.stdout || !child.stderr) throw new Error('no output to read')
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{')) logged.push(JSON.parse(line))
  })
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const url = /Health\s+(\S+)\/health\/ready/.exec(line)?.[1]
      if (url) resolve(url)
    })
    lines.once('close', () => reject(new Error(`The desk ended before it listened:\n${complaints}`)))
  })
}
