// The port to the event log: what the command side, the sagas and the projector ask of any event store.
import type { Catalogue } from './catalogue.ts'
import type { AnyEvent } from './category.ts'
import type { Position } from './position.ts'

/** A category and what tells the stream from the others of the category: `account-7`. */
export type StreamName = `${string}-${string}` | 'log'

/** The place of an event in its stream: 0 for the first. */
export type Revision = number

/** The expected revision of a stream that has no event yet. */
export const NO_EVENTS: Revision = -1

/** Who asked for an event, and what it answers. */
export interface Metadata {
  /** The command that led to the event; with the stream it is the key of duplicate detection. */
  commandId?: string
  /** Digest of the command's input: the same `commandId` with another digest is another command. */
  digest?: string
  /** The same for everything that one client's command set in motion. */
  correlationId?: string
  /** The id of the event or command that came directly before. */
  causationId?: string
  actor?: string
  schemaVersion: number
}

/** An event that is not recorded yet. `id` is a random UUID, frozen with the batch that it is appended in. */
export type NewEvent<Event extends AnyEvent = AnyEvent> = Event & { id: string; metadata: Metadata }

/** What the store adds: the stream, the place in it, the place in the log, and the time (RFC 3339, UTC, milliseconds). */
interface Recorded {
  stream: StreamName
  revision: Revision
  position: Position
  recordedAt: string
}

/** What was recorded. One that is `Unreadable` decides nothing: whatever is folded from its stream fails at it. */
export type RecordedEvent<Event extends AnyEvent = AnyEvent> =
  | ReadableEvent<Event>
  | (UnreadableEvent & { id: string; metadata: Metadata } & Recorded)

export type ReadableEvent<Event extends AnyEvent = AnyEvent> = NewEvent<Event> & Recorded

/**
 * In the place of an event that a desk wrote and this release cannot read: NEWER, by another release; MALFORMED, with another shape than the
 * catalogue has; DAMAGED, so that it is not JSON any more. `stored` is its data as it stands in the log, for people only.
 */
export interface UnreadableEvent {
  type: 'Unreadable'
  data: { recordedAs: string; because: 'NEWER' | 'MALFORMED' | 'DAMAGED'; problem: string; stored: unknown }
}

/** An event that no desk wrote, in a stream of any name. `foreign` is how that is known. */
export interface ForeignEvent {
  stream: string
  type: string
  revision: Revision
  position: Position
  foreign: string
}

/** An event as a reader remembers it: enough to find it again, and to see that another one stands in its place. */
export type EventMark = Pick<ReadableEvent, 'stream' | 'revision' | 'position' | 'id'>

/** `removed`: somebody has deleted or truncated its stream, which says nothing about the rest of the log. */
export type Found = 'found' | 'removed' | 'missing'

/** Where the last event of an append went. */
export interface Appended {
  revision: Revision
  position: Position
}

/** Events in log order, and the position up to which everything has been seen, events that a filter skipped included. */
export interface Batch<Event extends AnyEvent = AnyEvent> {
  events: RecordedEvent<Event>[]
  position: Position
  /** What others have written up to the position, for whoever counts it; nobody else looks at it. */
  foreign?: readonly ForeignEvent[]
}

export interface ReadOptions {
  /** The revision that the read begins with. */
  from?: Revision
  /**
   * At most this many events. A server sends a page, and the client decodes it, even when the reader leaves after the first event. So
   * each read states how many events it needs; `ALL_EVENTS` is for a reader that folds the stream to its end.
   */
  limit: number
}

export interface SubscribeOptions {
  signal: AbortSignal
  /** Only events of streams of these categories; without it, all. */
  categories?: readonly string[]
  /** At most so many events in a batch (default 1,000). */
  batchSize?: number
}

/**
 * Events that are handed out are shared between readers, and with whoever appended them: nobody changes them.
 *
 * Others may write to the log as well. Readers never see foreign events; those in a stream of a desk take up revisions of it all the same,
 * so the revisions that readers see may have gaps. Nobody has to know of these: an append goes behind foreign events that come after the
 * revision that it expects.
 *
 * Reads and the head are current: they have every append that was answered before they were asked for, whichever process it came from.
 * Refusals rest on that, and leases. Subscriptions may be late. A store that cannot tell is unavailable: reads throw StoreUnavailable.
 */
export interface EventStore<Event extends AnyEvent = AnyEvent> {
  /** The events that the log can have. */
  readonly catalogue: Catalogue<Event>

  /**
   * Appends all of `events` or none, if the stream's last event has the revision `expected` (`NO_EVENTS`: if it has none), foreign ones
   * left out of account. The same events with the same `expected` again answer as the first time did. (Only that makes a repeat: with the newest
   * revision as `expected` they would be recorded once more.)
   * @throws RevisionConflict, StoreUnavailable (nothing was stored), StreamDeleted, OutcomeUnknown (append the very same batch again);
   *   Error where the caller is wrong: no events at all, an empty type, an id that is not a UUID in lower case, more than
   *   `MAX_APPEND_BYTES` of data
   */
  append(stream: StreamName, events: readonly NewEvent<Event>[], expected: Revision): Promise<Appended>

  /**
   * The events of a stream from a revision (default: the first) on, in pages. A stream that does not exist has none.
   * @throws Error when the limit is not a whole number from 1 on
   */
  read(stream: StreamName, options: ReadOptions): AsyncIterable<RecordedEvent<Event>[]>

  /**
   * The events of a stream from a revision, which the stream has (default: the newest), to the oldest, in pages.
   * `newestFirst` is for a reader that searches, and does not know how far.
   * @throws Error when the limit is not a whole number from 1 on
   */
  readBackwards(stream: StreamName, options: ReadOptions): AsyncIterable<RecordedEvent<Event>[]>

  /**
   * Everything after a position, then what comes, until the signal aborts; then it ends without an error.
   * It resumes by itself after an interruption of the store, without gap or repeat.
   * @param after `START`, or the position of an event or a batch of this log. None that was counted out: a log may have nothing there.
   */
  subscribe(after: Position, options: SubscribeOptions): AsyncIterable<Batch<Event>>

  /**
   * The position of the newest event of the log, or `START`. Every subscriber reaches it; where others write to the same server, a
   * subscriber may be beyond it.
   */
  head(): Promise<Position>

  /** The position that nobody can be beyond: `head()`, or the newest event of all who write to the same server. */
  end(): Promise<Position>

  /** Whether the log has this very event: a log that was put back from a backup has another one in its place, or none. */
  find(event: EventMark): Promise<Found>

  /** Ends what is under way and lets go of the store. */
  close(): Promise<void>
}

/** The limit of a read that goes to the end of the stream. */
export const ALL_EVENTS = Number.MAX_SAFE_INTEGER

/** One append may carry so many bytes of data: the limit of an EventStoreDB server. */
export const MAX_APPEND_BYTES = 1024 * 1024

/** Somebody else appended to the stream since its revision was read. Reload, and decide again. */
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

/** Somebody has deleted the stream for good: nothing was stored, and nothing ever will be. */
export class StreamDeleted extends Error {
  constructor(stream: StreamName) {
    super(`${stream} takes no events any more: somebody has deleted it for good`)
    this.name = 'StreamDeleted'
  }
}

/** The append may or may not have been stored. The very same batch again, with the same expected revision, settles it. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}

/** @throws Error when a read could give no event, or nobody knows how many */
export function mustBeLimit(limit: number): void {
  if (!(Number.isSafeInteger(limit) && limit >= 1)) throw new Error(`The limit of a read is 1 or more, not ${limit}.`)
}
