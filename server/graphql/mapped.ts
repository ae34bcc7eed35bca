// Turns each event of a source into a result, and ends the source at once when its reader ends.

/**
 * `return` goes straight to the source, which may be waiting for its next event. An async generator would keep the subscription
 * alive until that event comes.
 */
export function mapped<Event, Result>(
  source: AsyncIterable<Event>,
  result: (event: Event) => Promise<Result>,
): AsyncGenerator<Result, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const ended = { value: undefined, done: true } as const
  return {
    async next() {
      const event = await iterator.next()
      if (event.done) return ended
      try {
        return { value: await result(event.value), done: false }
      } catch (error) {
        await iterator.return?.()
        throw error
      }
    },
    async return() {
      await iterator.return?.()
      return ended
    },
    async throw(error: unknown) {
      await iterator.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
