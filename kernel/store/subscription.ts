// A catch-up subscription: it reads the database while it is behind and memory when it has caught up, without a gap
// between.
import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Categories } from './categories.ts'
import { type Batch, StoreUnavailable, type SubscribeOptions } from './event-store.ts'
import type { Position } from './position.ts'

/** The log as a subscription sees it. */
export interface Followed {
  isClosed(): boolean
  /** The newest position that this process knows. */
  newest(): Position
  /** The events after a position, if they are still in memory. */
  remembered(position: Position, limit: number, categories: Categories): Batch | undefined
  /** A page of the events after a position. @throws StoreUnavailable */
  page(position: Position, limit: number, categories: Categories): Batch
  /** Waits until the log changes or closes, the signal aborts, or the time ends. */
  change(signal: AbortSignal, atMost?: number): Promise<void>
  /** Announces a follower. The returned function ends that. */
  follow(): () => void
}

const DEFAULT_BATCH_SIZE = 1_000
const RETRY_MS = 1_000

/** See `EventStore.subscribe`. It also ends without an error when the log closes. */
export async function* subscription(
  log: Followed,
  after: Position,
  { signal, categories, batchSize = DEFAULT_BATCH_SIZE }: SubscribeOptions,
): AsyncGenerator<Batch> {
  if (log.isClosed()) throw new StoreUnavailable('The event log is closed.')
  if (!(batchSize >= 1)) throw new Error(`A batch size is 1 or more, not ${batchSize}.`)
  const wanted: ReadonlySet<string> | undefined = categories && new Set(categories)
  // Any number of subscribers may share a signal; each removes its own listener.
  setMaxListeners(0, signal)
  const leave = log.follow()
  try {
    let position = after
    while (!signal.aborted && !log.isClosed()) {
      if (position >= log.newest()) {
        await log.change(signal)
        continue
      }
      let batch = log.remembered(position, batchSize, wanted)
      if (!batch) {
        batch = pageOrNothing(log, position, batchSize, wanted)
        if (!batch) {
          await log.change(signal, RETRY_MS)
          continue
        }
        // A long catch-up proceeds in steps, so that others get their turn.
        await turn()
        if (signal.aborted) return
      }
      position = batch.position
      yield batch
    }
  } finally {
    leave()
  }
}

/** Nothing when the store cannot be read at the moment: a subscription survives that. */
function pageOrNothing(log: Followed, position: Position, limit: number, wanted: Categories): Batch | undefined {
  try {
    return log.page(position, limit, wanted)
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}
