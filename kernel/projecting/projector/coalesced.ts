// Joins batches under load: a document that changes in each of ten batches is then written once, not ten times.
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { foldedCategories } from '../../store/catalogue.ts'
import type { Batch, EventStore } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'

/** The largest size of a batch. */
const ENOUGH = 2_000

/**
 * Collecting pays while it takes not much longer than the work that it saves. It lasts this many times as long as the
 * work on the last batch, which is next to nothing under low load.
 */
const PATIENCE = 2
const LONGEST_MS = 100

/**
 * It ends earlier when no event has arrived for some turns of the event loop: then all readers are waiting for the
 * views. It takes about four turns from an event that makes a command due to the event of that command.
 */
const QUIET_TURNS = 4

/**
 * The position also advances without foldable events, with each renewal of a lease. That alone must not cause several
 * writes to the views a second.
 */
const EMPTY_EVERY_MS = 1_000

/**
 * The events of the store after a position, in batches that grow with the load, until the signal aborts. A batch
 * without events comes at most once a second.
 * @param now a clock, in milliseconds
 */
export async function* coalesced(
  store: Pick<EventStore, 'subscribe' | 'catalogue'>,
  after: Position,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): AsyncGenerator<Batch> {
  const unsubscribe = new AbortController()
  const source = store.subscribe(after, {
    signal: AbortSignal.any([signal, unsubscribe.signal]),
    categories: foldedCategories(store.catalogue),
  })
  const batches = source[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Batch>> | undefined
  let worked = 0
  let emptyAgain = Number.NEGATIVE_INFINITY

  /** The next batch, or nothing when something else comes first; it is still the next one then. */
  async function nextOr(other: Promise<unknown>): Promise<IteratorResult<Batch> | undefined> {
    next ??= batches.next()
    next.catch(() => {}) // The next caller that awaits it receives the failure.
    const first = next
    const more = await Promise.race([first.then((batch) => ({ batch })), other.then(() => undefined)])
    if (more) next = undefined
    return more?.batch
  }

  try {
    while (true) {
      const first = await (next ?? batches.next())
      next = undefined
      if (first.done) return
      let { position } = first.value
      const events = [...first.value.events]
      const foreign = [...(first.value.foreign ?? [])]
      const add = (more: Batch) => {
        events.push(...more.events)
        foreign.push(...(more.foreign ?? []))
        position = more.position
      }

      if (events.length === 0 && now() < emptyAgain) {
        const enough = new AbortController()
        const pause = sleep(emptyAgain - now(), undefined, { signal: enough.signal }).catch(() => {})
        while (events.length === 0) {
          const more = await nextOr(pause)
          if (!more || more.done) break
          add(more.value)
        }
        enough.abort()
      }
      if (events.length === 0) emptyAgain = now() + EMPTY_EVERY_MS

      const until = now() + Math.min(PATIENCE * worked, LONGEST_MS)
      for (let quiet = 0; quiet < QUIET_TURNS && events.length < ENOUGH && now() < until; ) {
        const more = await nextOr(turn())
        quiet++
        if (!more) continue
        if (more.done) break
        quiet = 0
        add(more.value)
      }

      const begun = now()
      yield { events, position, foreign }
      worked = now() - begun
    }
  } finally {
    unsubscribe.abort()
    await batches.return?.()
  }
}
