// A search backwards from the newest event of a stream, over an unknown distance.
import type { EventStore, RecordedEvent, Revision, StreamName } from './event-store.ts'

/** A search that ends soon reads few events. One that goes far makes few reads. */
const FIRST_STEP = 16
const LONGEST_STEP = 500

/**
 * The events of a stream from the newest to the oldest, in growing pages: a reader that leaves after a page has fetched
 * nothing beyond it.
 * @param from the first revision to return (default: the newest); the stream has it
 * @throws StoreUnavailable
 */
export async function* newestFirst(
  store: Pick<EventStore, 'readBackwards'>,
  stream: StreamName,
  from?: Revision,
): AsyncGenerator<RecordedEvent[]> {
  let next = from
  for (let limit = FIRST_STEP; ; limit = Math.min(2 * limit, LONGEST_STEP)) {
    let oldest: Revision | undefined
    for await (const page of store.readBackwards(stream, { limit, ...(next !== undefined && { from: next }) })) {
      oldest = page.at(-1)?.revision
      yield page
    }
    if (oldest === undefined || oldest === 0) return
    next = oldest - 1
  }
}
