// From a source to the items of a subscription: the one generator of state subscriptions and feeds alike.
import { stoppable } from './stoppable.ts'

/**
 * The source of a subscription, from a position or from now. It has joined the feed before it reads anything, so that
 * nothing is lost in between.
 */
export interface Source<Item> {
  /**
   * Waits for the next items. Only one caller at a time.
   *
   * @returns maybe nothing yet; undefined when nothing more will come
   */
  next(): Promise<readonly Item[] | undefined>
  /** Leaves the feed, and ends a `next` that is waiting. May be called repeatedly. */
  close(): void
}

/** The items of a source, one by one, until it has no more or its reader calls `return`. The source is closed then. */
export function live<Item>(source: Source<Item>): AsyncIterableIterator<Item, void> {
  async function* items(): AsyncGenerator<Item, void> {
    try {
      for (let next = await source.next(); next !== undefined; next = await source.next()) yield* next
    } finally {
      source.close()
    }
  }

  return stoppable(items(), source.close)
}
