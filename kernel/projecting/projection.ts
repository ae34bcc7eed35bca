// A view: a pure fold of events over one document at a time, and the fields that it is queried by.
import type { AnyEvent } from '../store/category.ts'
import type { ReadableEvent, RecordedEvent } from '../store/event-store.ts'
import type { Position } from '../store/position.ts'
import { isUnreadable, readable } from '../store/readable.ts'
import { type EventsOfView, type ListedEvents, takerOf } from './listed-events.ts'

/**
 * The fields of every document. `position` is that of the last event that changed it. Times are RFC 3339, UTC,
 * milliseconds. A hidden document has no `createdAt` yet: see `hidesUntilBegun`.
 */
export interface ViewDocument {
  id: string
  position: Position
  createdAt: string
  updatedAt: string
}

/**
 * How a field is queried: `exact` by one of several values, `range` by bounds; for a list of strings, `member` by an
 * element and `prefix` by the beginning of an element.
 */
export type QueriedAs = 'exact' | 'range' | 'member' | 'prefix'

/** The type of a field that pages are ordered by. */
export type OrderedAs = 'text' | 'number'

/** A view: the events that it takes, the fields that it is queried by, and the fold of events into documents. */
export interface Projection<Document extends ViewDocument, Event extends AnyEvent = AnyEvent> {
  name: string
  /** Raise it when the fold or the document changes: the view is then rebuilt from the log. */
  version: number
  /** The events that reach the view, by their category. */
  events: EventsOfView
  queriedBy: Readonly<Record<string, QueriedAs>>
  /** The fields that pages can be ordered by and their types, the usual one first. Every document has them. */
  orderedBy: Readonly<Record<string, OrderedAs>>
  /**
   * Whether events of other streams may come before the one that begins a document. The fold keeps them in a document
   * without `createdAt`, which readers do not see. Such a view is usually ordered by `createdAt`.
   */
  hidesUntilBegun?: true
  /** The ids of the documents that an event may change. It is called with the events that the view takes. */
  documentsOf(event: RecordedEvent<Event>): readonly string[]
  /** The document after an event; the very same document when the event changes nothing. */
  evolve(document: Document | undefined, event: RecordedEvent<Event>): Document | undefined
  /** Topics besides the document's own that a change of the document is announced on. */
  topicsOf?(document: Document): readonly string[]
}

/** The `createdAt` of a hidden document. */
export const NOT_BEGUN = ''

/** A document for readers; nothing while it is hidden. */
export function shown<Document extends ViewDocument>(document: Document | undefined): Document | undefined {
  return document?.createdAt === NOT_BEGUN ? undefined : document
}

/** The topic on which changes of a document are announced. */
export function documentTopic(view: string, id: string): string {
  return `${view}/${id}`
}

/**
 * A document of an aggregate.
 *
 * @example interface AccountDocument extends VersionedDocument { balance: number }
 */
export interface VersionedDocument extends ViewDocument {
  /** The number of events of the aggregate's own stream: 1 after the first. */
  version: number
}

/**
 * The aggregate of a view: its category, and the id of the aggregate that a stream belongs to, if it belongs to one of
 * them.
 */
export interface OfAggregate {
  category: string
  idOf(stream: string): string | undefined
}

/**
 * The view of an aggregate, with one document for each. The version of a document is counted here and nowhere else: every
 * event of the aggregate's own stream raises it, also an event that changes nothing else in the document. An unreadable
 * event in its stream, or in one of its processes, breaks the document.
 * @param view folds events into the other fields of the document; a document that it begins has the version 0
 *
 * @example
 * const accounts = viewOf<AccountDocument, Event>(
 *   { category: 'account', idOf: (stream) => /^account-(\w+)$/.exec(stream)?.[1] },
 *   { name: 'accounts', version: 1, … },
 * )
 */
export function viewOf<Document extends VersionedDocument, Event extends AnyEvent>(
  { category, idOf }: OfAggregate,
  view: AggregateView<Document, Event>,
): Projection<Document, Event> {
  const takes = takerOf(view.events)
  return {
    ...view,
    events: { ...view.events, [category]: withAllTaken(view.events[category]) },

    documentsOf(event) {
      const owner = idOf(event.stream)
      if (isUnreadable(event)) return owner === undefined ? [] : [owner]
      const ids = takes(event) ? view.documentsOf(readable(event)) : []
      const isOwn = owner !== undefined && event.stream === `${category}-${owner}`
      return isOwn && !ids.includes(owner) ? [...ids, owner] : ids
    },

    evolve(before, recorded) {
      const event = readable(recorded)
      const after = takes(event) ? view.evolve(before, event) : before
      if (!after || event.stream !== `${category}-${after.id}`) return after
      const counted = after.position === event.position ? after : changed(after, event, {})
      return { ...counted, version: event.revision + 1 }
    },
  }
}

/** Each event of the aggregate's own stream raises the version, so each reaches the view. */
function withAllTaken({ takes, ignores }: ListedEvents = { takes: [], ignores: [] }): ListedEvents {
  return { takes: [...takes, ...ignores], ignores: [] }
}

/** A view of an aggregate before its versions are counted. Its functions are called with readable events. */
export interface AggregateView<Document extends ViewDocument, Event extends AnyEvent>
  extends Omit<Projection<Document>, 'documentsOf' | 'evolve'> {
  documentsOf(event: ReadableEvent<Event>): readonly string[]
  evolve(document: Document | undefined, event: ReadableEvent<Event>): Document | undefined
}

/**
 * The first fields of a document: its id, and the common fields from its first event.
 *
 * @example return { ...begun(event.data.accountId, event), balance: 0 }
 */
export function begun(id: string, event: Pick<RecordedEvent, 'position' | 'recordedAt'>): ViewDocument {
  return { id, position: event.position, createdAt: event.recordedAt, updatedAt: event.recordedAt }
}

/**
 * A copy of a document with some fields changed by an event.
 *
 * @example return changed(account, event, { balance: account.balance + event.data.amount })
 */
export function changed<Document extends ViewDocument>(
  document: Document,
  event: Pick<RecordedEvent, 'position' | 'recordedAt'>,
  fields: Partial<Document>,
): Document {
  return { ...document, ...fields, position: event.position, updatedAt: event.recordedAt }
}
