// Remembers the documents that the projector wrote last. No other process writes, so the stored documents equal these
// and need no read.
import { LRUCache } from 'lru-cache'
import type { Projection, ViewDocument } from '../projection.ts'
import type { ViewStore } from '../store/view-store.ts'

/** In elements of lists, for each view: about 40 MB of documents, with one element or hundreds in their lists. */
const CAPACITY = 200_000

export interface WrittenLast {
  /** The documents of a view with these ids, in one read for those not remembered. Missing documents are left out. */
  load(view: Projection<ViewDocument>, ids: Iterable<string>): Promise<Map<string, ViewDocument>>
  remember(view: string, documents: readonly ViewDocument[]): void
  /** Call it when a write fails: the stored documents are unknown then. */
  forget(): void
}

/** Reads documents that were not written lately from the views. */
export function writtenLast(views: ViewStore): WrittenLast {
  const remembered = new Map<string, LRUCache<string, ViewDocument>>()

  return {
    async load(view, ids) {
      const documents = new Map<string, ViewDocument>()
      const missing: string[] = []
      for (const id of ids) {
        const document = remembered.get(view.name)?.get(id)
        if (document) documents.set(id, document)
        else missing.push(id)
      }
      const read = missing.length > 0 ? await views.get(view, missing) : []
      for (const document of read) if (document) documents.set(document.id, document)
      return documents
    },

    remember(view, documents) {
      let cache = remembered.get(view)
      if (!cache) {
        cache = new LRUCache({ maxSize: CAPACITY, sizeCalculation: elements })
        remembered.set(view, cache)
      }
      for (const document of documents) cache.set(document.id, document)
    },

    forget() {
      remembered.clear()
    },
  }
}

/** The size of a document depends on its lists. */
function elements(document: ViewDocument): number {
  let count = 1
  for (const value of Object.values(document)) if (Array.isArray(value)) count += value.length
  return count
}
