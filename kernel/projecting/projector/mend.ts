// Folds the documents that are marked broken again from the log: a corrected projection mends them, any other try
// breaks them again.

import type { EventStore, RecordedEvent } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'
import type { Projection, ViewDocument } from '../projection.ts'
import type { BrokenDocument, ViewStore } from '../store/view-store.ts'
import { fold, touch } from './fold.ts'
import { write } from './write.ts'

interface Parts {
  store: EventStore
  views: ViewStore
  projections: readonly Projection<ViewDocument>[]
}

/** The broken documents of one view, and their fold so far. */
interface Mending {
  projection: Projection<ViewDocument>
  ids: ReadonlySet<string>
  documents: Map<string, ViewDocument>
  broken: Map<string, BrokenDocument>
}

/**
 * Folds the broken documents again from the first event up to the checkpoint, and writes the results: mended documents,
 * and documents that broke again, as far as they were folded.
 */
export async function mend({ store, views, projections }: Parts, signal: AbortSignal): Promise<void> {
  const marked = await views.broken()
  const mendings = projections.map((projection) => mendingOf(projection, marked)).filter(({ ids }) => ids.size > 0)
  if (mendings.length === 0) return

  const checkpoint = await views.checkpoint()
  for await (const events of log(store, checkpoint, signal))
    for (const mending of mendings) foldFurther(mending, events)
  if (signal.aborted) return

  await write(views, {
    documents: mendings.map(({ projection, documents }) => ({
      view: projection.name,
      documents: [...documents.values()],
    })),
    broken: mendings.flatMap(({ broken }) => [...broken.values()]),
    mended: mendings.flatMap(({ projection, ids, broken }) =>
      [...ids].filter((id) => !broken.has(id)).map((id) => ({ view: projection.name, id })),
    ),
    history: [],
    checkpoint,
  })
}

function mendingOf(projection: Projection<ViewDocument>, marked: readonly BrokenDocument[]): Mending {
  const ids = marked.filter(({ view }) => view === projection.name).map(({ id }) => id)
  return { projection, ids: new Set(ids), documents: new Map(), broken: new Map() }
}

function foldFurther({ projection, ids, documents, broken }: Mending, events: readonly RecordedEvent[]): void {
  const folded = fold(events, [touch(projection, events, ids)], new Map([[projection.name, { documents, broken }]]))
  for (const view of folded.documents) for (const document of view.documents) documents.set(document.id, document)
  for (const document of folded.broken) broken.set(document.id, document)
}

/** The events of the log from the first one up to a position. */
async function* log(store: EventStore, until: Position, signal: AbortSignal): AsyncGenerator<RecordedEvent[]> {
  if (until === START) return
  const enough = new AbortController()
  try {
    for await (const batch of store.subscribe(START, { signal: AbortSignal.any([signal, enough.signal]) })) {
      yield batch.events.filter((event) => event.position <= until)
      if (batch.position >= until) return
    }
  } finally {
    enough.abort()
  }
}
