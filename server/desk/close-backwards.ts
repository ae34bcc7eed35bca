// What was opened first is closed last.

type Close = () => void | Promise<void>

export interface Opened {
  push(close: Close): void
  /** Closes everything, also when one part fails to; then the first failure is thrown. */
  close(): Promise<void>
}

/** What is to be closed in the end; nothing yet. */
export function closeBackwards(): Opened {
  const closes: Close[] = []

  return {
    push: (close) => void closes.push(close),
    async close() {
      const failures: unknown[] = []
      for (let close = closes.pop(); close; close = closes.pop()) {
        try {
          await close()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
