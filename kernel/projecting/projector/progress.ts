// The position of the projector, and the callers that wait for it to advance.
import { type Position, START } from '../../store/position.ts'

/** The projector was stopped while a caller waited for it. */
export class ProjectorStopped extends Error {
  override name = 'ProjectorStopped'
}

export interface Progress {
  position(): Position
  /** Everything up to here is folded and written. */
  reach(position: Position): void
  /** @throws ProjectorStopped when the projector is stopped before */
  waitFor(position: Position): Promise<void>
  stop(): void
}

/** Progress from the start of the log, until the first report. */
export function trackProgress(): Progress {
  let reached = START
  let isStopped = false
  const waiting = new Set<{ position: Position; resolve(): void; reject(error: Error): void }>()

  return {
    position: () => reached,

    reach(position) {
      reached = position
      for (const waiter of waiting) {
        if (waiter.position > position) continue
        waiting.delete(waiter)
        waiter.resolve()
      }
    },

    waitFor(position) {
      if (position <= reached) return Promise.resolve()
      if (isStopped) return Promise.reject(stopped(position))
      return new Promise((resolve, reject) => waiting.add({ position, resolve, reject }))
    },

    stop() {
      isStopped = true
      for (const waiter of waiting) waiter.reject(stopped(waiter.position))
      waiting.clear()
    },
  }
}

function stopped(position: Position): ProjectorStopped {
  return new ProjectorStopped(`the projector was stopped before it came to position ${position}`)
}
