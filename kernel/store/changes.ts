// Wakes readers that wait for the log to change: at once after commits of this process, and through polling after
// commits of others.
import { BroadcastChannel } from 'node:worker_threads'

export interface Changes {
  /** Wakes all readers that wait here. */
  announce(): void
  /** Makes the other threads of this process that follow the log check it at once. */
  tellThreads(): void
  /**
   * Waits for the next announcement, the abort of the signal (which is not aborted yet), or the end of the given
   * milliseconds.
   */
  next(signal: AbortSignal, atMost?: number): Promise<void>
  /** Starts polling for changes made elsewhere. The returned function ends it. */
  follow(): () => void
  /** Ends all waking. */
  close(): void
}

/** One check costs 10 µs. */
const LOOK_EVERY_MS = 10

/**
 * @param name of the log, the same in every thread
 * @param look finds out whether another process has changed the log, and announces the change
 */
export function changesOf(name: string, look: () => void): Changes {
  const waiting = new Set<() => void>()
  let followers = 0
  let timer: NodeJS.Timeout | undefined
  const threads = new BroadcastChannel(`event-log ${name}`)
  threads.unref()
  threads.onmessage = () => {
    if (followers > 0) look()
  }

  return {
    tellThreads: () => threads.postMessage(null),
    close: () => threads.close(),

    announce() {
      for (const wake of [...waiting]) wake()
    },

    next: (signal, atMost) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          clearTimeout(limit)
          resolve()
        }
        const limit = atMost === undefined ? undefined : setTimeout(wake, atMost).unref()
        waiting.add(wake)
        signal.addEventListener('abort', wake)
      }),

    follow() {
      followers++
      look()
      timer ??= setInterval(look, LOOK_EVERY_MS).unref()
      return () => {
        followers--
        if (followers > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
