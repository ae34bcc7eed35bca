// Who waits for the log to change, and how they are woken: at once by commits of this process, by a slow look by those of others.

export interface Changes {
  /** Wakes everybody who waits. */
  announce(): void
  /** Until the next announcement, or the signal (not aborted yet) aborts, or so many milliseconds have gone by. */
  next(signal: AbortSignal, atMost?: number): Promise<void>
  /** Looks at times for changes made elsewhere, from now on until the returned function is called. */
  follow(): () => void
}

const LOOK_EVERY_MS = 100

/** @param look finds out whether somebody else has changed the log, and announces it */
export function changesOf(look: () => void): Changes {
  const waiting = new Set<() => void>()
  let followers = 0
  let timer: NodeJS.Timeout | undefined

  return {
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
