// Lets an async generator be ended while it waits: without this, `return()` would queue up behind the wait.

/**
 * The generator's values, for one reader.
 * @param stop ends every wait of the generator; called on `return()`, also when nothing was read yet, maybe repeatedly
 */
export function stoppable<T>(generator: AsyncGenerator<T, void>, stop: () => void): AsyncIterableIterator<T, void> {
  const iterator: AsyncIterableIterator<T, void> = {
    next: () => generator.next(),
    return() {
      stop()
      return generator.return()
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
