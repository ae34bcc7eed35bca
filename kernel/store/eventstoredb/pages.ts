// Groups the client's streams of single events into pages.
import type { AllStreamResolvedEvent, ResolvedEvent, StreamingRead } from '@eventstore/db-client'
import type { RecordedEvent } from '../event-store.ts'
import { answered } from './answered.ts'
import { isNoStream, unavailable } from './errors.ts'

const PAGE = 500

/**
 * The events of a read in pages; none, if there is no such stream.
 * @param recorded converts a record of the server to an event, or to nothing when it is not ours
 * @throws StoreUnavailable
 */
export async function* pagesOf(
  read: AsyncIterable<ResolvedEvent>,
  recorded: (resolved: ResolvedEvent) => RecordedEvent | undefined,
): AsyncGenerator<RecordedEvent[]> {
  let page: RecordedEvent[] = []
  for await (const resolved of read) {
    const event = recorded(resolved)
    if (event) page.push(event)
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

/**
 * The events of a read, until it ends or the reader leaves.
 * @param isEmpty which failures mean that there is nothing to read (default: there is no such stream)
 * @throws StoreUnavailable, also when the server does not answer in time
 */
export async function* untilDone<Resolved extends ResolvedEvent | AllStreamResolvedEvent>(
  read: StreamingRead<Resolved>,
  isEmpty: (error: unknown) => boolean = isNoStream,
): AsyncGenerator<Resolved> {
  // The client also emits errors after the iterator of its stream is gone: without a listener that would end the
  // process.
  read.on('error', () => {})
  const events = read[Symbol.asyncIterator]()
  // Only a wait for the server needs a timeout. An event that has arrived needs none.
  const nextEvent = () => (read.readableLength > 0 ? events.next() : answered(events.next()))
  try {
    while (true) {
      const next = await nextEvent().catch((error: unknown) => {
        if (isEmpty(error)) return undefined
        throw unavailable(error)
      })
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    // Leaving the iterator does not end the call behind it.
    read.cancel().catch(() => {})
    read.destroy()
  }
}
