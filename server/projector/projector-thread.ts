// Runs the projector in a thread beside the rest of the desk, and restarts it when it ends unexpectedly.
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../../kernel/logger.ts'
import type { ProjectorHealth } from '../../kernel/projecting/projector/projector.ts'
import type { Position } from '../../kernel/store/position.ts'
import type { StorePlaces } from '../desk/stores.ts'
import type { LogLevel } from '../settings/settings.ts'

/** The stores that the thread opens. The views must have been opened before: the first opening creates them. */
export interface ProjectorTask {
  places: StorePlaces
  logId: string
  logLevel: LogLevel
  /** Whether the thread logs outages of the stores (default: yes); no where somebody else in the process does. */
  tellsOfOutages?: boolean
}

export type ToProjector = 'health' | 'stop'
export type FromProjector =
  | { folded: Position }
  | { health: ProjectorHealth }
  /** The last message of a thread that cannot open the log or the views. */
  | { cannotOpen: string }

export interface ProjectorThread {
  /** The reason why the stores cannot be opened now; `undefined` when the thread does not answer. */
  health(): Promise<ProjectorHealth | { cannotOpen: string } | undefined>
  /** Finishes the write that is under way, unless that takes long, and ends. */
  stop(): Promise<void>
}

const ANSWERS_WITHIN_MS = 1_000
/** Work that is cut off after that is done again from the checkpoint, as after a crash. */
const FINISHES_WITHIN_MS = 3_000
const RESTART_AFTER_MS = 1_000

/** @param onFolded is called after each write, with the checkpoint that the views have reached */
export function startProjectorThread(
  task: ProjectorTask,
  onFolded: (checkpoint: Position) => void,
  log: Logger,
): ProjectorThread {
  const stopping = new AbortController()
  let worker: Worker | undefined
  /** The calls for the health that have no answer yet. */
  let asking: ((health: ProjectorHealth) => void)[] = []
  /** Why the last thread could not open the log or the views. */
  let cannotOpen: string | undefined

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const wasAway = cannotOpen !== undefined
      let isAway = false
      const ending = startWorker((reason) => {
        isAway = true
        cannotOpen = reason
      })
      const reason = await ended(ending)
      worker = undefined
      if (stopping.signal.aborted) return
      if (!isAway) log.error({ reason }, 'the projector ended unexpectedly; restarting it')
      else if (!wasAway) log.warn({ reason: cannotOpen }, 'the projector waits for its stores')
      await pause(RESTART_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  function startWorker(onAway: (reason: string) => void): Worker {
    const file = new URL('./projector-worker.mjs', import.meta.url)
    worker = new Worker(file, { workerData: task })
    worker.on('message', (message: FromProjector) => {
      if ('cannotOpen' in message) {
        onAway(message.cannotOpen)
        return
      }
      if (cannotOpen !== undefined) log.info({ after: cannotOpen }, 'the projector can use its stores again')
      cannotOpen = undefined
      if ('folded' in message) onFolded(message.folded)
      else answer(message.health)
    })
    return worker
  }

  /** Several may ask at the same time: an answer is as good for one as for the other. */
  function answer(health: ProjectorHealth): void {
    const asked = asking
    asking = []
    for (const resolve of asked) resolve(health)
  }

  const running = run()
  return {
    async health() {
      if (cannotOpen !== undefined) return { cannotOpen }
      return new Promise((resolve) => {
        const answered = (health: ProjectorHealth) => {
          clearTimeout(timer)
          resolve(health)
        }
        const timer = setTimeout(() => {
          asking = asking.filter((other) => other !== answered)
          resolve(undefined)
        }, ANSWERS_WITHIN_MS).unref()
        asking.push(answered)
        send(worker, 'health')
      })
    },
    async stop() {
      stopping.abort()
      send(worker, 'stop')
      const late = setTimeout(() => void worker?.terminate(), FINISHES_WITHIN_MS)
      await running
      clearTimeout(late)
    },
  }
}

function send(worker: Worker | undefined, request: ToProjector): void {
  worker?.postMessage(request)
}

/** Why a worker has ended, once it has. */
function ended(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    let reason = ''
    worker.on('error', (error) => {
      reason = String(error)
    })
    worker.on('exit', (code) => resolve(reason || `exit code ${code}`))
  })
}
