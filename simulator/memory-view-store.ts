// The view store without a disk. Everything that it returns is made anew from text: it is never shared.

import { documentTopic, type Projection, shown, type ViewDocument } from '../kernel/projecting/projection.ts'
import { type Key, pageCursor, readPageCursor } from '../kernel/projecting/store/cursor.ts'
import {
  definitionOf,
  misfitOf,
  orderedAs,
  queriedAs,
  tooLarge,
  type ViewSet,
} from '../kernel/projecting/store/declared.ts'
import { matcher } from '../kernel/projecting/store/history-filter.ts'
import {
  type BrokenDocument,
  type Condition,
  DocumentBroken,
  DocumentsRefused,
  type FoldedBatch,
  type HistoryEntry,
  MAX_DOCUMENT_BYTES,
  type Range,
  type ViewStore,
  ViewsOfAnotherLog,
  WAY_OUT,
} from '../kernel/projecting/store/view-store.ts'
import { type Position, START } from '../kernel/store/position.ts'

/** The state that outlives a crash. */
export interface MemoryViews {
  logId?: string
  definition?: string
  documents: Map<string, Map<string, Kept>>
  /** By topic. */
  broken: Map<string, BrokenDocument>
  /** In log order. */
  history: { position: Position; text: string }[]
  checkpoint: Position
}

interface Kept {
  text: string
  /** The document that the text holds, for reading. */
  document: ViewDocument
}

export function newViews(): MemoryViews {
  return { documents: new Map(), broken: new Map(), history: [], checkpoint: START }
}

type Value = string | number

/** @throws ViewsOfAnotherLog */
export function openMemoryViewStore(kept: MemoryViews, set: ViewSet): ViewStore {
  const { logId, projections } = set
  if (kept.logId !== undefined && kept.logId !== logId) {
    throw new ViewsOfAnotherLog(
      `The views were folded from the log ${kept.logId}, and this is the log ${logId}. ${WAY_OUT}`,
    )
  }
  const definition = definitionOf(0, set)
  if (kept.definition !== definition) Object.assign(kept, newViews(), { logId, definition })

  const documentsOf = (view: string) => {
    const documents = kept.documents.get(view) ?? new Map<string, Kept>()
    kept.documents.set(view, documents)
    return documents
  }
  const isBroken = (view: string, id: string) => kept.broken.has(documentTopic(view, id))
  const matching = <Document extends ViewDocument>(view: Projection<Document>, filter: readonly Condition[]) => {
    for (const condition of filter) queriedAs(view as Projection<never>, condition)
    return [...documentsOf(view.name).values()].filter(
      ({ document }) =>
        (!view.hidesUntilBegun || shown(document)) &&
        !isBroken(view.name, document.id) &&
        filter.every((condition) => holds(document, condition)),
    )
  }

  return {
    async get<Document extends ViewDocument>(view: Projection<Document>, ids: readonly string[]) {
      const broken = ids.find((id) => isBroken(view.name, id))
      if (broken !== undefined) throw new DocumentBroken(view.name, broken)
      return ids.map((id): Document | undefined => copy(documentsOf(view.name).get(id)))
    },

    async page<Document extends ViewDocument>(
      view: Projection<Document>,
      { filter, orderBy: { field, direction }, first, after }: Parameters<ViewStore['page']>[1],
    ) {
      orderedAs(view as Projection<never>, field)
      const key = ({ document }: Kept): Key => ({ value: fieldOf(document, field) as Value, id: document.id })
      const sign = direction === 'ASC' ? 1 : -1
      const start = after === undefined ? undefined : readPageCursor(view as Projection<never>, field, after)
      const all = matching(view, filter)
        .filter((one) => !start || sign * compareKeys(key(one), start) > 0)
        .sort((a, b) => sign * compareKeys(key(a), key(b)))
      const items = all
        .slice(0, first)
        .map((one) => ({ item: copy<Document>(one) as Document, cursor: pageCursor(field, key(one)) }))
      return { items, hasNextPage: all.length > first, asOf: kept.checkpoint }
    },

    count: async (view, filter, limit) => Math.min(limit, matching(view, filter).length),

    async history({ after = START, first, ...filter }) {
      const isWanted = matcher(filter)
      const entries: HistoryEntry[] = []
      for (let index = firstAfter(kept.history, after); index < kept.history.length; index++) {
        const { position, text } = kept.history[index] as { position: Position; text: string }
        if (position > kept.checkpoint || entries.length > first) break
        const entry: HistoryEntry = JSON.parse(text)
        if (isWanted(entry)) entries.push(entry)
      }
      return { entries: entries.slice(0, first), hasNextPage: entries.length > first, asOf: kept.checkpoint }
    },

    async write(batch) {
      const refused: BrokenDocument[] = []
      for (const { view, documents } of batch.documents) {
        for (const document of documents) {
          const text = JSON.stringify(document)
          const error = refusal(projections, view, document, text)
          if (error !== undefined) refused.push({ view, id: document.id, error })
          const stored = documentsOf(view).get(document.id)?.document
          if (error !== undefined || (stored && stored.position >= document.position)) continue
          documentsOf(view).set(document.id, { text, document: JSON.parse(text) })
        }
      }
      if (refused.length > 0) throw new DocumentsRefused(refused)
      if (batch.checkpoint >= kept.checkpoint) mark(kept, batch)
      for (const entry of batch.history) remember(kept, entry)
      kept.checkpoint = Math.max(kept.checkpoint, batch.checkpoint)
    },

    checkpoint: async () => kept.checkpoint,
    async lastFolded() {
      const last = kept.history[firstAfter(kept.history, kept.checkpoint) - 1]
      return { checkpoint: kept.checkpoint, ...(last && { event: JSON.parse(last.text) as HistoryEntry }) }
    },

    broken: async () => [...kept.broken.values()],
    close: async () => {},
  }
}

function copy<Document extends ViewDocument>(one: Kept | undefined): Document | undefined {
  return one && JSON.parse(one.text)
}

/** Why a document is not taken, if it is not. */
function refusal(of: ViewSet['projections'], view: string, document: ViewDocument, text: string): string | undefined {
  const projection = of.find(({ name }) => name === view)
  return (
    (projection && misfitOf(projection, document)) ??
    (text.length > MAX_DOCUMENT_BYTES ? tooLarge(text.length) : undefined)
  )
}

function mark({ broken }: MemoryViews, batch: FoldedBatch): void {
  for (const document of batch.broken) broken.set(documentTopic(document.view, document.id), document)
  for (const { view, id } of batch.mended) broken.delete(documentTopic(view, id))
}

/** An entry that is there already stays as it is. */
function remember({ history }: MemoryViews, entry: HistoryEntry): void {
  const index = firstAfter(history, entry.position)
  if (history[index - 1]?.position === entry.position) return
  history.splice(index, 0, { position: entry.position, text: JSON.stringify(entry) })
}

/** The index of the first entry after a position. */
function firstAfter(history: MemoryViews['history'], position: Position): number {
  let low = 0
  let high = history.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((history[middle]?.position ?? 0) > position) high = middle
    else low = middle + 1
  }
  return low
}

function fieldOf(document: ViewDocument, field: string): Value | Value[] | undefined {
  return (document as unknown as Record<string, Value | Value[] | undefined>)[field]
}

function holds(document: ViewDocument, condition: Condition): boolean {
  const value = fieldOf(document, condition.field)
  if (value === undefined) return false
  const values = Array.isArray(value) ? value : [value]
  if ('oneOf' in condition) return values.some((one) => condition.oneOf.includes(one))
  if ('range' in condition) return values.some((one) => isWithin(one, condition.range))
  return values.some((one) => String(one).startsWith(condition.startsWith))
}

function isWithin(value: Value, { gte, gt, lte, lt }: Range): boolean {
  return (
    (gte === undefined || compare(value, gte) >= 0) &&
    (gt === undefined || compare(value, gt) > 0) &&
    (lte === undefined || compare(value, lte) <= 0) &&
    (lt === undefined || compare(value, lt) < 0)
  )
}

function compareKeys(a: Key, b: Key): number {
  return compare(a.value, b.value) || compare(a.id, b.id)
}

/** Text by code point: UTF-8 has that order, UTF-16 has not. */
function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a === b) return 0
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}
