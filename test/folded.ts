// The views of a data directory as they should be, by folding its log, and as they are.

import type { RecordedEvent } from '../events/catalogue.ts'
import { takerOf } from '../kernel/projecting/listed-events.ts'
import type { ViewDocument } from '../kernel/projecting/projection.ts'
import { logIdentity } from '../kernel/store/log-identity.ts'
import { START } from '../kernel/store/position.ts'
import { projections } from '../query/views/index.ts'
import { openEventStore, openViewStore } from '../server/desk/stores.ts'
import { openLog } from '../server/process/log.ts'
import { type Place, placeOf } from './place.ts'

export interface Inspected {
  events: RecordedEvent[]
  /** By view and id: the documents that a fold of the whole log gives, and those that are stored. */
  folded: Record<string, Record<string, ViewDocument>>
  stored: Record<string, Record<string, ViewDocument>>
}

/** Reads the data of a desk that has stopped, or has nothing to do. */
export async function inspect(dataDirectory: string, place: Place = placeOf(dataDirectory)): Promise<Inspected> {
  const store = await openEventStore(place.stores, openLog('warn'))
  const logId = await logIdentity(store)
  const views = await openViewStore(place.stores, logId)
  try {
    const head = await store.head()
    const ended = new AbortController()
    const events: RecordedEvent[] = []
    for await (const batch of store.subscribe(START, { signal: ended.signal })) {
      events.push(...batch.events)
      if (batch.position >= head) break
    }
    const folded = foldOf(events)
    const stored: Inspected['stored'] = {}
    for (const projection of projections) {
      const ids = Object.keys(folded[projection.name] ?? {})
      const documents = await views.get(projection, ids)
      stored[projection.name] = Object.fromEntries(
        documents.flatMap((document) => (document ? [[document.id, document]] : [])),
      )
    }
    return { events, folded, stored }
  } finally {
    await views.close()
    await store.close()
  }
}

/** Every view, folded from the first event on. */
function foldOf(events: readonly RecordedEvent[]): Inspected['folded'] {
  return Object.fromEntries(
    projections.map((projection) => {
      const documents: Record<string, ViewDocument> = {}
      for (const event of events.filter(takerOf(projection.events))) {
        for (const id of projection.documentsOf(event)) {
          const document = projection.evolve(documents[id], event)
          if (document) documents[id] = document
        }
      }
      // As a store keeps them: without fields that are undefined.
      return [projection.name, JSON.parse(JSON.stringify(documents))]
    }),
  )
}
