// The port to the event log. The command side, the sagas and the projector depend on it and on no particular store.
import type { Catalogue } from './catalogue.ts'
import type { AnyEvent } from './category.ts'
import type { Position } from './position.ts'

/** A category and the part that distinguishes the stream from others of the category: `account-7`. */
export type StreamName = `${string}-${string}` | 'log'

/** The place of an event in its stream: 0 for the first. */
export type Revision = number

/** The expected revision of a stream that has no event yet. */
export const NO_EVENTS: Revision = -1

/** The command and the client behind an event, and the message that caused it. */
export interface Metadata {
  /** The command that led to the event. With the stream it is the key of duplicate detection. */
  commandId?: string
  /** Digest of the command's input: the same `commandId` with another digest is another command. */
  digest?: string
  /** Shared by all events and commands that one client's command caused. */
  correlationId?: string
  /** The id of the event or command that was the direct cause. */
  causationId?: string
  actor?: string
  schemaVersion: number
}

/** An event that is not recorded yet. `id` is a random UUID, fixed when the event joins its batch. */
export type NewEvent<Event extends AnyEvent = AnyEvent> = Event & { id: string; metadata: Metadata }

/** The store adds the stream, the revision, the position, and the time (RFC 3339, UTC, milliseconds). */
interface Recorded {
  stream: StreamName
  revision: Revision
  position: Position
  recordedAt: string
}

/** A recorded event. An `Unreadable` event decides nothing: every fold of its stream fails at it. */
export type RecordedEvent<Event extends AnyEvent = AnyEvent> =
  | ReadableEvent<Event>
  | (UnreadableEvent & { id: string; metadata: Metadata } & Recorded)

export type ReadableEvent<Event extends AnyEvent = AnyEvent> = NewEvent<Event> & Recorded

/**
 * Replaces an event that a desk wrote and this release cannot read. NEWER: another release wrote it. MALFORMED: its
 * data do not fit the catalogue. DAMAGED: its text is no longer JSON. `stored` is its data as the log contains them,
 * for people only.
 */
export interface UnreadableEvent {
  type: 'Unreadable'
  data: { recordedAs: string; because: 'NEWER' | 'MALFORMED' | 'DAMAGED'; problem: string; stored: unknown }
}

/** An event that no desk wrote, in a stream of any name. `foreign` states how it was recognised. */
export interface ForeignEvent {
  stream: string
  type: string
  revision: Revision
  position: Position
  foreign: string
}

/** A reader's record of an event: enough to find it again, and to notice another event in its place. */
export type EventMark = Pick<ReadableEvent, 'stream' | 'revision' | 'position' | 'id'>

/** `removed`: somebody has deleted or truncated its stream, which says nothing about the rest of the log. */
export type Found = 'found' | 'removed' | 'missing'

/** The revision and the position of the last event of an append. */
export interface Appended {
  revision: Revision
  position: Position
}

/**
 * Events in log order, and the position up to which the subscription has read. Events that a filter skipped count as
 * read.
 */
export interface Batch<Event extends AnyEvent = AnyEvent> {
  events: RecordedEvent<Event>[]
  position: Position
  /** The events of other writers up to the position. Only counters read it. */
  foreign?: readonly ForeignEvent[]
}

export interface ReadOptions {
  /** The first revision of the read. */
  from?: Revision
  /**
   * The largest number of events. A server sends a page, and the client decodes it, even when the reader leaves after
   * the first event. So each read states how many events it needs; `ALL_EVENTS` is for a reader that folds the stream
   * to its end.
   */
  limit: number
}

export interface SubscribeOptions {
  signal: AbortSignal
  /** Only events of streams of these categories; the default is all. */
  categories?: readonly string[]
  /** The largest number of events in a batch (default 1,000). */
  batchSize?: number
}

/**
 * Readers and the appending code share the events that the store returns: nobody modifies them.
 *
 * Others may write to the log as well. Readers never see foreign events. Foreign events in a stream of a desk still
 * take up its revisions, so the revisions that readers see may have gaps. No caller has to know of these: an append
 * succeeds after foreign events that follow the expected revision.
 *
 * Reads and the head are current: they include every append that was acknowledged before the call, of any process.
 * Refusals and leases rely on that. Subscriptions may be late. A store that cannot be sure is unavailable: reads throw
 * StoreUnavailable.
 */
export interface EventStore<Event extends AnyEvent = AnyEvent> {
  /** The events that the log can have. */
  readonly catalogue: Catalogue<Event>

  /**
   * Appends all of `events` or none, if the last event of the stream has the revision `expected` (`NO_EVENTS`: if it
   * has none). Foreign events do not count. The same events with the same `expected` return the first result again.
   * (With the newest revision as `expected` they are no repeat, and are recorded once more.)
   * @throws RevisionConflict, StoreUnavailable (nothing was stored), StreamDeleted, OutcomeUnknown (append the very
   * same batch again); Error for a mistake of the caller: no events at all, an empty type, an id that is not a UUID in
   * lower case, more than `MAX_APPEND_BYTES` of data
   */
  append(stream: StreamName, events: readonly NewEvent<Event>[], expected: Revision): Promise<Appended>

  /**
   * The events of a stream from a revision (default: the first) to the last, in pages. A stream that does not exist has
   * none.
   * @throws Error when the limit is not a whole number from 1 up
   */
  read(stream: StreamName, options: ReadOptions): AsyncIterable<RecordedEvent<Event>[]>

  /**
   * The events of a stream from an existing revision (default: the newest) back to the oldest, in pages. `newestFirst`
   * is for a reader that searches an unknown distance.
   * @throws Error when the limit is not a whole number from 1 up
   */
  readBackwards(stream: StreamName, options: ReadOptions): AsyncIterable<RecordedEvent<Event>[]>

  /**
   * All events after a position, then new ones until the signal aborts; then it ends without an error. It resumes after
   * an interruption of the store, without gap or repeat.
   * @param after `START`, or the position of an event or a batch of this log. A calculated position is wrong: the log
   * may have nothing there.
   */
  subscribe(after: Position, options: SubscribeOptions): AsyncIterable<Batch<Event>>

  /**
   * The position of the newest event of the log, or `START`. Every subscriber reaches it. Where others write to the
   * same server, a subscriber may be beyond it.
   */
  head(): Promise<Position>

  /**
   * The largest position that any reader can have reached: `head()`, or the newest event of all writers to the same
   * server.
   */
  end(): Promise<Position>

  /** Whether the log contains this very event. A log restored from a backup has another one in its place, or none. */
  find(event: EventMark): Promise<Found>

  /** Completes the calls in flight and closes the store. */
  close(): Promise<void>
}

/** The limit of a read that goes to the end of the stream. */
export const ALL_EVENTS = Number.MAX_SAFE_INTEGER

/** The largest number of bytes of data in one append: the limit of an EventStoreDB server. */
export const MAX_APPEND_BYTES = 1024 * 1024

/** Another writer appended to the stream after its revision was read. Reload, and decide again. */
export class RevisionConflict extends Error {
  readonly stream: StreamName
  readonly expected: Revision
  constructor(stream: StreamName, expected: Revision) {
    super(`${stream} is not at revision ${expected}`)
    this.name = 'RevisionConflict'
    this.stream = stream
    this.expected = expected
  }
}

/** The store cannot be reached, or cannot write; nothing was stored. Try again later. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable'
}

/** Somebody has deleted the stream for good: nothing was stored, and every later append fails too. */
export class StreamDeleted extends Error {
  constructor(stream: StreamName) {
    super(`${stream} takes no events any more: somebody has deleted it for good`)
    this.name = 'StreamDeleted'
  }
}

/**
 * The append may or may not have been stored. The very same batch again, with the same expected revision, settles it.
 */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}

/** @throws Error when a read could return no event, or when its limit is no number */
export function mustBeLimit(limit: number): void {
  if (!(Number.isSafeInteger(limit) && limit >= 1)) throw new Error(`The limit of a read is 1 or more, not ${limit}.`)
}
