// The check before every fold: a fold stops at an event that this release cannot read, and never skips it.
import type { AnyEvent } from './category.ts'
import type { ReadableEvent, RecordedEvent } from './event-store.ts'

export type UnreadableRecorded = Extract<RecordedEvent, { data: { recordedAs: string } }>

/** A fold reached an event that this release cannot read. The message names the event and the reason. */
export class CannotRead extends Error {
  override name = 'CannotRead'
}

/** The event, for a fold. @throws CannotRead */
export function readable<Event extends AnyEvent>(event: RecordedEvent<Event>): ReadableEvent<Event> {
  if (isUnreadable(event)) throw new CannotRead(whyUnreadable(event))
  return event as ReadableEvent<Event>
}

/** Whether this release cannot read an event. */
export function isUnreadable(event: RecordedEvent): event is UnreadableRecorded {
  return event.type === 'Unreadable'
}

/**
 * A sentence without a full stop: `account-7 cannot be folded at its event 3 (AccountFrozen, position 12 of the log):
 * …`.
 */
export function whyUnreadable({ stream, revision, position, data }: UnreadableRecorded): string {
  const { recordedAs, problem } = data
  return `${stream} cannot be folded at its event ${revision + 1} (${recordedAs}, position ${position} of the log): ${problem}`
}
