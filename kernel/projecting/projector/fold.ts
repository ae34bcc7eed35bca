// Folds a batch of events into the documents of the views. It is pure, so only a projection can fail here.
import type { RecordedEvent } from '../../store/event-store.ts'
import { CannotRead, isUnreadable } from '../../store/readable.ts'
import { takerOf } from '../listed-events.ts'
import { documentTopic, type Projection, type ViewDocument } from '../projection.ts'
import type { BrokenDocument, FoldedBatch, HistoryEntry } from '../store/view-store.ts'

/** The documents of one view that a batch may change, each with the events that may change it. */
export interface Touched {
  projection: Projection<ViewDocument>
  events: ReadonlyMap<string, RecordedEvent[]>
  /** Events for which the projection threw instead of naming their documents. */
  unplaced: readonly { event: RecordedEvent; error: string }[]
}

/** A view's documents as they are stored, and which of them are not to be folded further. */
export interface Stored {
  documents: ReadonlyMap<string, ViewDocument>
  broken: Pick<ReadonlySet<string>, 'has'>
}

type Folded = Pick<FoldedBatch, 'documents' | 'broken' | 'history'>

/**
 * Which documents of a view the events may change.
 * @param only the ids to include; without it, all
 */
export function touch(
  projection: Projection<ViewDocument>,
  events: readonly RecordedEvent[],
  only?: ReadonlySet<string>,
): Touched {
  const takes = takerOf(projection.events)
  const byDocument = new Map<string, RecordedEvent[]>()
  const unplaced: { event: RecordedEvent; error: string }[] = []
  for (const event of events) {
    if (!takes(event)) continue
    try {
      for (const id of projection.documentsOf(event)) {
        if (only && !only.has(id)) continue
        const others = byDocument.get(id)
        if (others) others.push(event)
        else byDocument.set(id, [event])
      }
    } catch (error) {
      unplaced.push({ event, error: String(error) })
    }
  }
  return { projection, events: byDocument, unplaced }
}

/**
 * The results of a batch for the documents that it touches: the last version of each changed document, the documents
 * whose projection threw, and the history entries. An event that a document has seen before does not change it, so a
 * batch may come again.
 * @param stored the touched documents by the name of their view; one that is absent does not exist yet
 */
export function fold(
  events: readonly RecordedEvent[],
  touched: readonly Touched[],
  stored: ReadonlyMap<string, Stored>,
): Folded {
  const topics: Topics = new Map()
  const views = touched.map((view) => foldView(view, stored.get(view.projection.name) ?? NOTHING, topics))
  return {
    documents: views.map(({ view, documents }) => ({ view, documents })),
    broken: views.flatMap(({ broken }) => broken),
    history: events.map((event) => entryOf(event, topics.get(event) ?? [])),
  }
}

type Topics = Map<RecordedEvent, string[]>

/** The history has every event under its recorded type, and for an unreadable one also the reason. */
function entryOf(event: RecordedEvent, topics: readonly string[]): HistoryEntry {
  if (!isUnreadable(event)) return { ...event, topics }
  const { recordedAs, problem, stored } = event.data
  // As a text: a view store may not accept every JSON value.
  const text = JSON.stringify(stored ?? null).slice(0, LONGEST_UNREADABLE)
  return { ...event, type: recordedAs, data: { unreadable: problem, stored: text }, topics }
}

/** Characters of an unreadable event: enough to recognise it. */
const LONGEST_UNREADABLE = 100_000

function reasonOf(event: RecordedEvent, error: unknown): string {
  return error instanceof CannotRead ? error.message : `${event.type} at position ${event.position}: ${error}`
}

const NOTHING: Stored = { documents: new Map(), broken: new Set() }

function foldView({ projection, events }: Touched, stored: Stored, topics: Topics) {
  const view = projection.name
  const documents: ViewDocument[] = []
  const broken: BrokenDocument[] = []

  for (const [id, itsEvents] of events) {
    const own = documentTopic(view, id)
    const before = stored.documents.get(id)
    let document = before
    let isBroken = stored.broken.has(id)

    for (const event of itsEvents) {
      const isSeen = document !== undefined && event.position <= document.position
      try {
        const after = isBroken || isSeen ? document : evolved(projection, document, event)
        // It is unknown whether the event changed a document that is broken, or newer. Its history has the event rather
        // than a gap.
        if (after === document && !isBroken && !isSeen) continue
        announce(topics, event, own, after && projection.topicsOf?.(after))
        document = after
      } catch (error) {
        if (!isBroken) broken.push({ view, id, error: reasonOf(event, error) })
        isBroken = true
        announce(topics, event, own)
      }
    }
    if (document && document !== before) documents.push(document)
  }
  return { view, documents, broken }
}

/** A change without the event's position would be lost: the store keeps the document with the newest one. */
function evolved(projection: Projection<ViewDocument>, document: ViewDocument | undefined, event: RecordedEvent) {
  const after = projection.evolve(document, event)
  if (after !== document && after?.position !== event.position) {
    throw new Error(`the projection ${projection.name} changed a document without the position of the event`)
  }
  return after
}

function announce(topics: Topics, event: RecordedEvent, own: string, others: readonly string[] = []): void {
  const announced = topics.get(event) ?? []
  for (const topic of [own, ...others]) if (!announced.includes(topic)) announced.push(topic)
  topics.set(event, announced)
}
