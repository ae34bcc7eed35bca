// What a view is: a pure fold of events over one document at a time, and the fields that it is queried by.
import type { Position } from '../events/position.ts'
import type { RecordedEvent } from '../events/store/event-store.ts'

/** What every document has. `position` is that of the last event that changed it. Times are RFC 3339, UTC, milliseconds. */
export interface ViewDocument {
  id: string
  position: Position
  createdAt: string
  updatedAt: string
}

/**
 * How a field is queried: `exact` by one of several values, `range` by bounds; for a field that holds a list of strings,
 * `member` by an element and `prefix` by the beginning of an element.
 */
export type QueriedAs = 'exact' | 'range' | 'member' | 'prefix'

/** What a field holds that pages are ordered by. */
export type OrderedAs = 'text' | 'number'

export interface Projection<Document extends ViewDocument> {
  name: ViewName
  /** To be raised when the fold or the document changes: the view is then built anew from the log. */
  version: number
  queriedBy: Readonly<Record<string, QueriedAs>>
  /** The fields that pages can be ordered by and what they hold, the usual one first. Every document has them. */
  orderedBy: Readonly<Record<string, OrderedAs>>
  /** The ids of the documents that an event may change. */
  documentsOf(event: RecordedEvent): readonly string[]
  /** The document after an event; the very same document when the event changes nothing. */
  evolve(document: Document | undefined, event: RecordedEvent): Document | undefined
  /** Topics besides the document's own that a change of the document is announced on. */
  topicsOf?(document: Document): readonly string[]
}

export type ViewName = 'customers' | 'orders' | 'products' | 'parked'

/** The topic on which changes of a document are announced. */
export function documentTopic(view: ViewName, id: string): string {
  return `${view}/${id}`
}

/** A copy of a document with some fields changed by an event. */
export function changed<Document extends ViewDocument>(
  document: Document,
  event: RecordedEvent,
  fields: Partial<Document>,
): Document {
  return { ...document, ...fields, position: event.position, updatedAt: event.recordedAt }
}
