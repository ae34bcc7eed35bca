// Who waits for the log to change, and how they are woken: at once by commits of this process, by a slow look by those of others.
import { BroadcastChannel } from 'node:worker_threads'

export interface Changes {
  /** Wakes everybody who waits here. */
  announce(): void
  /** Has the other threads of this process that follow the log look at once. */
  tellThreads(): void
  /** Until the next announcement, or the signal (not aborted yet) aborts, or so many milliseconds have gone by. */
  next(signal: AbortSignal, atMost?: number): Promise<void>
  /** Looks at times for changes made elsewhere, from now on until the returned function is called. */
  follow(): () => void
  /** Nobody will be woken any more. */
  close(): void
}

/** A look costs 10 µs. */
const LOOK_EVERY_MS = 10

/**
 * @param name of the log, the same in every thread
 * @param look finds out whether somebody else has changed the log, and announces it
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
