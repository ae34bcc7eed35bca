// A catch-up subscription: from the database while it is behind, from memory when it has caught up, without a gap between.
import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Categories } from './categories.ts'
import { type Batch, StoreUnavailable, type SubscribeOptions } from './event-store.ts'
import type { Position } from './position.ts'

/** The log as a subscription sees it. */
export interface Followed {
  isClosed(): boolean
  /** The newest position that is known here. */
  newest(): Position
  /** What follows a position, if it is still in memory. */
  remembered(position: Position, limit: number, categories: Categories): Batch | undefined
  /** A page of what follows a position. @throws StoreUnavailable */
  page(position: Position, limit: number, categories: Categories): Batch
  /** Until the log has changed, or was closed, or the signal aborts; or the time is over. */
  change(signal: AbortSignal, atMost?: number): Promise<void>
  /** Somebody follows from now on, until the returned function is called. */
  follow(): () => void
}

const DEFAULT_BATCH_SIZE = 1_000
const RETRY_MS = 1_000

/** See `EventStore.subscribe`. It ends without an error when the log is closed meanwhile, too. */
export async function* subscription(
  log: Followed,
  after: Position,
  { signal, categories, batchSize = DEFAULT_BATCH_SIZE }: SubscribeOptions,
): AsyncGenerator<Batch> {
  if (log.isClosed()) throw new StoreUnavailable('The event log is closed.')
  if (!(batchSize >= 1)) throw new Error(`A batch size is 1 or more, not ${batchSize}.`)
  const wanted: ReadonlySet<string> | undefined = categories && new Set(categories)
  // Any number of subscribers may share a signal; each takes its listener back.
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
        // A long way to catch up is gone in steps: others have their turn between them.
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

/** Nothing where the store cannot be read at the moment: a subscription outlives that. */
function pageOrNothing(log: Followed, position: Position, limit: number, wanted: Categories): Batch | undefined {
  try {
    return log.page(position, limit, wanted)
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}
