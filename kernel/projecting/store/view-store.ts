// The port to the store of read models: documents by id, pages by filter and order, and writes of folded batches.

import { type EventMark, type RecordedEvent, StoreUnavailable } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'
import type { Projection, ViewDocument } from '../projection.ts'

/**
 * A condition on one queried field; all conditions of a query must hold. A list field matches when any element does.
 */
export type Condition =
  | { field: string; oneOf: readonly (string | number)[] }
  | { field: string; range: Range }
  | { field: string; startsWith: string }

export interface Range {
  gte?: string | number
  gt?: string | number
  lte?: string | number
  lt?: string | number
}

export interface PageQuery {
  filter: readonly Condition[]
  /**
   * One of the projection's `orderedBy`. Documents with equal values follow each other by id, in the same direction.
   */
  orderBy: { field: string; direction: 'ASC' | 'DESC' }
  /** The largest number of documents. */
  first: number
  /** The cursor of the document before the page. */
  after?: string
}

/** Documents with their cursors, whether more follow, and the position up to which the answer is complete. */
export interface Page<Item> {
  items: { item: Item; cursor: string }[]
  hasNextPage: boolean
  asOf: Position
}

/** One recorded event, and the topics of the documents that it changed. */
export type HistoryEntry = RecordedEvent & { topics: readonly string[] }

export interface HistoryQuery {
  /** Only entries with this topic. */
  topic?: string
  stream?: string
  typeIn?: readonly string[]
  recordedAt?: Range
  commandId?: string
  correlationId?: string
  /** Only entries after this position. */
  after?: Position
  first: number
}

/**
 * A document whose fold threw, or that the store refuses. It stays unchanged, is not folded further, and is folded
 * again from the log at the next start.
 */
export interface BrokenDocument {
  view: string
  id: string
  error: string
}

/**
 * The effect of a batch of events on the views: the last version of each changed document, and one entry for each
 * event.
 */
export interface FoldedBatch {
  documents: { view: string; documents: readonly ViewDocument[] }[]
  broken: readonly BrokenDocument[]
  /** Documents that were broken and have been folded again: no longer marked. */
  mended: readonly { view: string; id: string }[]
  history: readonly HistoryEntry[]
  /** Everything up to here is folded. */
  checkpoint: Position
}

/**
 * Events of readers and leases are not folded: the checkpoint may be far beyond the event, which is absent where
 * nothing is folded.
 */
export interface LastFolded {
  checkpoint: Position
  event?: EventMark
}

export interface ViewStore {
  /**
   * The documents with these ids, in their order; `undefined` for a missing one. Hidden documents are among them, since
   * the projector continues their fold: readers call `shown` on each.
   * @throws DocumentBroken when one of them is marked broken: stale data must not look right
   */
  get<Document extends ViewDocument>(
    view: Projection<Document>,
    ids: readonly string[],
  ): Promise<(Document | undefined)[]>

  /**
   * A page of documents in the requested order, by keyset: right while documents arrive and change. A cursor belongs to
   * a field and serves in both directions. A missing field of a document matches no condition. Text is ordered by code
   * point. Hidden documents and documents marked broken are left out.
   * @throws InvalidCursor when `after` is not a cursor of a page ordered by this field
   */
  page<Document extends ViewDocument>(view: Projection<Document>, query: PageQuery): Promise<Page<Document>>

  /** The number of documents that match, counted up to `limit`, without those that are hidden or marked broken. */
  count(view: Projection<ViewDocument>, filter: readonly Condition[], limit: number): Promise<number>

  /** History in log order, read up to the checkpoint. */
  history(query: HistoryQuery): Promise<{ entries: HistoryEntry[]; hasNextPage: boolean; asOf: Position }>

  /**
   * Writes documents and history, then marks, then the checkpoint. A stored document with the same or a newer position
   * stays. A checkpoint only moves forward, and marks of a batch that ends before the checkpoint are ignored. So a
   * batch written twice, or late by a zombie, changes nothing.
   * @throws DocumentsRefused when it has documents that no try will store; the others may be written by then, and the
   * checkpoint, up to which history is read, is not
   */
  write(batch: FoldedBatch): Promise<void>

  /** Everything up to here is folded and written; `START` when nothing is. */
  checkpoint(): Promise<Position>

  /**
   * The last folded event, with the checkpoint. It shows whether a log is the one that the views were folded from. A
   * position alone would not, since a log that was restored from a backup assigns its positions again.
   */
  lastFolded(): Promise<LastFolded>

  /** Documents that are marked broken. */
  broken(): Promise<BrokenDocument[]>

  close(): Promise<void>
}

/**
 * The document could not be folded or stored, and its stored version is out of date. It is folded again from the log at
 * the next start.
 */
export class DocumentBroken extends Error {
  readonly view: string
  readonly id: string
  constructor(view: string, id: string) {
    super(`${id} of the view ${view} could not be folded, and what is stored of it is out of date`)
    this.name = 'DocumentBroken'
    this.view = view
    this.id = id
  }
}

/**
 * Every store may refuse a document above this size, in stored bytes: MongoDB accepts none above 16 MiB together with
 * the query for its place.
 */
export const MAX_DOCUMENT_BYTES = 16_000_000

/** Documents that the store refuses at every try: too large, or with a field that is not as declared. */
export class DocumentsRefused extends Error {
  /** All refused documents of the batch, each with the reason. */
  readonly refused: readonly BrokenDocument[]
  constructor(refused: readonly BrokenDocument[]) {
    super(refused.map(({ view, id, error }) => `${id} of the view ${view}: ${error}`).join('; '))
    this.name = 'DocumentsRefused'
    this.refused = refused
  }
}

/** A cursor that belongs to no page of the requested order. */
export class InvalidCursor extends Error {
  override name = 'InvalidCursor'
}

/** The views were folded from another log, or from a history that the log does not have any more. */
export class ViewsOfAnotherLog extends Error {
  override name = 'ViewsOfAnotherLog'
}

/** The end of each sentence that says that views and log do not belong together. */
export const WAY_OUT =
  'Put the log back that they were folded from; or, if this log is the right one, start once with --rebuild-views, and they are built anew from it.'

/**
 * The views that were open are gone: removed, replaced, or damaged beyond reading. Views are disposable, and can be
 * rebuilt.
 */
export class ViewsLost extends StoreUnavailable {
  override name = 'ViewsLost'
  /** Identifies the file. The next process that opens the views removes it, unless another one has. */
  readonly file: string | undefined
  constructor(message: string, { file, cause }: { file?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause })
    this.file = file
  }
}
