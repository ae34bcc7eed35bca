// Joins batches while many events come: a document that changes in each of ten batches is then written once, not ten times.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Position } from '../../events/position.ts'
import type { Batch, EventStore } from '../../events/store/event-store.ts'

/** From so many events on, more are probably on their way, and the wait is worth it. Fewer are passed on at once. */
const BUSY = 64
const LINGER_MS = 4
const ENOUGH = 2_000

/** The events of the store after a position, in batches that grow with the load, until the signal aborts. */
export async function* gathered(
  store: Pick<EventStore, 'subscribe'>,
  after: Position,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const unsubscribe = new AbortController()
  const source = store.subscribe(after, { signal: AbortSignal.any([signal, unsubscribe.signal]) })
  const batches = source[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Batch>> | undefined

  try {
    while (true) {
      const first = await (next ?? batches.next())
      next = undefined
      if (first.done) return
      let { events, position } = first.value

      if (events.length >= BUSY) {
        const timeIsUp = sleep(LINGER_MS, undefined)
        const joined = [...events]
        while (joined.length < ENOUGH) {
          next = batches.next()
          next.catch(() => {}) // Whoever awaits it next gets the failure.
          const more = await Promise.race([next, timeIsUp])
          if (!more || more.done) break
          next = undefined
          joined.push(...more.value.events)
          position = more.value.position
        }
        events = joined
      }
      yield { events, position }
    }
  } finally {
    unsubscribe.abort()
    await batches.return?.()
  }
}
