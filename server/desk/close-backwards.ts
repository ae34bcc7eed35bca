// Closes resources in the reverse of the order in which they were opened.

type Close = () => void | Promise<void>

export interface Opened {
  push(close: Close): void
  /** Closes everything, also when one part fails to; then the first failure is thrown. */
  close(): Promise<void>
}

/** An empty list of resources to close in the end. */
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
