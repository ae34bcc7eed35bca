// A snapshot as a sequence of events, its parts. Each is small enough for one append.
import { hash } from 'node:crypto'
import type { EventStore, RecordedEvent, Revision, StreamName } from '../../store/event-store.ts'
import { MOST_SNAPSHOT_PARTS, SNAPSHOT_EVENTS_OF_USE, type SnapshotPartTaken } from '../../store/kernel-events.ts'

/** The state of a stream after its event of this revision and id. */
export interface Taken {
  of: string
  revision: Revision
  eventId: string
  /** The version of the state. */
  version: number
  /** As JSON. */
  state: unknown
  /** A filter of the command ids that clients have used. */
  keys: string
}

type Part = SnapshotPartTaken['data']

/**
 * A snapshot in parts, in their order.
 * @param partSize the largest number of characters of JSON in a part
 * @throws Error when there would be more than MOST_SNAPSHOT_PARTS
 */
export function cut(taken: Taken, partSize: number): Part[] {
  const text = JSON.stringify(taken)
  const { of, revision } = taken
  const parts = Math.ceil(text.length / partSize)
  if (parts > MOST_SNAPSHOT_PARTS) {
    throw new Error(`A snapshot of ${of} has ${parts} parts; ${MOST_SNAPSHOT_PARTS} can be read`)
  }
  const digest = digestOf(text)
  return Array.from({ length: parts }, (_, index) => {
    const piece = text.slice(index * partSize, (index + 1) * partSize)
    return { of, revision, part: index + 1, parts, text: piece, digest }
  })
}

/** The snapshot of all these parts; `undefined` when it is damaged. */
export function joined(parts: readonly Part[]): Taken | undefined {
  const text = parts.map((part) => part.text).join('')
  return digestOf(text) === parts[0]?.digest ? JSON.parse(text) : undefined
}

/**
 * The newest complete snapshot in a stream of snapshots, with its parts in order. A writer leaves an incomplete one
 * when it crashes, or when another writer interferes. Such parts are skipped, no further back than
 * SNAPSHOT_EVENTS_OF_USE.
 * @returns how many events were skipped, and no parts when there is no complete snapshot
 */
export async function newestWhole(
  store: EventStore,
  stream: StreamName,
): Promise<{ parts: readonly Part[] | undefined; passedOver: number }> {
  let parts: Part[] = []
  let read = 0
  for await (const event of newestFirst(store, stream)) {
    read++
    if (event.type !== 'SnapshotPartTaken') break
    const part = event.data as Part
    const isNext = parts[0] !== undefined && isBefore(part, parts[0])
    parts = isNext ? [part, ...parts] : part.part === part.parts ? [part] : []
    if (parts[0]?.part === 1) return { parts, passedOver: read - parts.length }
    if (read === SNAPSHOT_EVENTS_OF_USE) break
  }
  return { parts: undefined, passedOver: read }
}

/** One at a time: a page of parts could be large, and usually only the newest part is needed. */
async function* newestFirst(store: EventStore, stream: StreamName): AsyncGenerator<RecordedEvent> {
  let event = await lastUpTo(store, stream)
  while (event) {
    yield event
    event = event.revision > 0 ? await lastUpTo(store, stream, event.revision - 1) : undefined
  }
}

/** The event of this revision, or the newest one. */
export async function lastUpTo(
  store: EventStore,
  stream: StreamName,
  from?: Revision,
): Promise<RecordedEvent | undefined> {
  const options = { limit: 1, ...(from !== undefined && { from }) }
  for await (const [event] of store.readBackwards(stream, options)) return event
  return undefined
}

function isBefore(part: Part, next: Part): boolean {
  return part.digest === next.digest && part.parts === next.parts && part.part === next.part - 1
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64')
}
