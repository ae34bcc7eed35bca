// The gate before every fold: an event that this release cannot read decides nothing, and nothing is decided as if it were not there.
import type { NewEvent, RecordedEvent } from './event-store.ts'

export type ReadableEvent = Extract<RecordedEvent, NewEvent>

/** A fold came to an event that this release cannot read; the message says which one it is, and why. */
export class CannotRead extends Error {
  override name = 'CannotRead'
}

/** The event, for a fold. @throws CannotRead */
export function readable(event: RecordedEvent): ReadableEvent {
  if (event.type === 'Unreadable') throw new CannotRead(whyUnreadable(event))
  return event
}

/** A sentence without a full stop: `order-ord_1 cannot be folded at its event 3 (OrderArchived, position 12 of the log): …`. */
export function whyUnreadable({ stream, revision, position, data }: Unreadable): string {
  const { recordedAs, problem } = data
  return `${stream} cannot be folded at its event ${revision + 1} (${recordedAs}, position ${position} of the log): ${problem}`
}

type Unreadable = Extract<RecordedEvent, { type: 'Unreadable' }>
