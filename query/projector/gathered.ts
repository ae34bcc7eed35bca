// Joins batches while many events come: a document that changes in each of ten batches is then written once, not ten times.
import { setImmediate as turn } from 'node:timers/promises'
import type { Position } from '../../events/position.ts'
import type { Batch, EventStore } from '../../events/store/event-store.ts'

/** A batch does not grow beyond this. */
const ENOUGH = 2_000

/**
 * To gather pays as long as it takes not much longer than the work that it spares: it goes on for so many times as long as the
 * last batch was worked on, which is next to nothing when there is little to do.
 */
const PATIENCE = 2
const LONGEST_MS = 100

/**
 * It ends before that when nothing has come for some turns of the event loop: then everybody waits for the views. From an event
 * that makes a command due to the event that the command leads to it takes about four turns.
 */
const QUIET_TURNS = 4

/**
 * The events of the store after a position, in batches that grow with the load, until the signal aborts.
 * @param now a clock, in milliseconds
 */
export async function* gathered(
  store: Pick<EventStore, 'subscribe'>,
  after: Position,
  signal: AbortSignal,
  now: () => number = () => performance.now(),
): AsyncGenerator<Batch> {
  const unsubscribe = new AbortController()
  const source = store.subscribe(after, { signal: AbortSignal.any([signal, unsubscribe.signal]) })
  const batches = source[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Batch>> | undefined
  let worked = 0

  try {
    while (true) {
      const first = await (next ?? batches.next())
      next = undefined
      if (first.done) return
      let { position } = first.value
      const events = [...first.value.events]

      const until = now() + Math.min(PATIENCE * worked, LONGEST_MS)
      for (let quiet = 0; quiet < QUIET_TURNS && events.length < ENOUGH && now() < until; ) {
        next ??= batches.next()
        next.catch(() => {}) // Whoever awaits it next gets the failure.
        const more = await Promise.race([next, turn()])
        quiet++
        if (!more) continue
        if (more.done) break
        quiet = 0
        next = undefined
        events.push(...more.value.events)
        position = more.value.position
      }

      const begun = now()
      yield { events, position }
      worked = now() - begun
    }
  } finally {
    unsubscribe.abort()
    await batches.return?.()
  }
}
