// Which sagas of one name are parked or given up, as the runner knows it: read when it starts, and followed from then on.
import type { ProcessName } from '../../events/catalogue.ts'
import {
  type EventStore,
  NO_EVENTS,
  type RecordedEvent,
  type Revision,
  type StreamName,
} from '../../events/store/event-store.ts'

export interface Parked {
  stream: StreamName
  /** Takes an event of the stream; one that was taken before changes nothing. */
  take(event: RecordedEvent): void
  /** A saga has been parked by the event at this revision, which may not have been taken yet. */
  note(id: string, revision: Revision): void
  /** Whether nothing is to be done for a saga. */
  has(id: string): boolean
  /** How many are parked now. */
  count(): number
}

/** So many operators' decisions fit in memory easily: it holds an id for each saga that is parked or given up. */
export async function openParked(store: EventStore, saga: ProcessName): Promise<Parked> {
  const stream: StreamName = `parked-${saga}`
  const parked = new Set<string>()
  const discarded = new Set<string>()
  let taken = NO_EVENTS

  const open: Parked = {
    stream,
    take({ revision, type, data }) {
      if (revision <= taken) return
      taken = revision
      switch (type) {
        case 'SagaParked':
          parked.add(data.id)
          break
        case 'SagaRetried':
          parked.delete(data.id)
          break
        case 'SagaDiscarded':
          parked.delete(data.id)
          discarded.add(data.id)
          break
      }
    },
    note(id, revision) {
      if (revision > taken) parked.add(id)
    },
    has: (id) => parked.has(id) || discarded.has(id),
    count: () => parked.size,
  }
  for await (const page of store.read(stream)) for (const event of page) open.take(event)
  return open
}
