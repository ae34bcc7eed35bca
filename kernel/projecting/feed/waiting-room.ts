// Callers that wait until the views have reached a position: a bounded number, each for a bounded time.
import type { Position } from '../../store/position.ts'

interface Waiting {
  position: Position
  settle(reached: boolean): void
}

/** @param capacity the largest number of waiting callers */
export function waitingRoom(capacity: number) {
  /** The smallest position first. */
  const waiting: Waiting[] = []

  function add(someone: Waiting): void {
    // Most wait for a position that is newer than all others.
    let index = waiting.length
    while (index > 0 && (waiting[index - 1]?.position ?? 0) > someone.position) index -= 1
    waiting.splice(index, 0, someone)
  }

  return {
    size: () => waiting.length,

    /** @returns whether the position was reached in time; false at once when the room is full */
    wait(position: Position, timeoutMs: number): Promise<boolean> {
      if (waiting.length >= capacity) return Promise.resolve(false)
      return new Promise((resolve) => {
        const someone: Waiting = {
          position,
          settle(reached) {
            clearTimeout(timeout)
            resolve(reached)
          },
        }
        const timeout = setTimeout(() => {
          waiting.splice(waiting.indexOf(someone), 1)
          someone.settle(false)
        }, timeoutMs)
        add(someone)
      })
    },

    /** Resolves all waits for this position or an earlier one. */
    release(position: Position): void {
      const tooEarly = waiting.findIndex((someone) => someone.position > position)
      const count = tooEarly < 0 ? waiting.length : tooEarly
      for (const someone of waiting.splice(0, count)) someone.settle(true)
    },

    releaseAll(): void {
      for (const someone of waiting.splice(0)) someone.settle(false)
    },
  }
}
