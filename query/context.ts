// The dependencies of query and subscription resolvers.
import DataLoader from 'dataloader'
import type { Feed } from '../kernel/projecting/feed/feed.ts'
import { type Projection, shown, type ViewDocument } from '../kernel/projecting/projection.ts'
import { DocumentBroken, type ViewStore } from '../kernel/projecting/store/view-store.ts'
import type { Position } from '../kernel/store/position.ts'
import { isOfBroken, shownToClient } from './resolvers/errors.ts'
import { views as all, type DocumentOf, type ViewName } from './views/index.ts'

/** The dependencies that all operations share. */
export interface Reads {
  views: ViewStore
  feed: Feed
  /** Reads together what is asked for in one tick, by whichever operation or subscriber, each id once; keeps nothing. */
  documents: Loaders
  /** The newest position that the log has given out, views or no views. */
  logEnd(): Promise<Position>
  /** ISO 4217, e.g. `EUR`. */
  currency: string
  /** Of the software, e.g. `0.1.0`. */
  version: string
}

/** Each operation has a context of its own, and so has each message of a subscription: loaders keep what they have loaded. */
export interface QueryContext {
  readonly reads: Reads
  /** Replaced when newer documents must be seen. */
  loaders: Loaders
}

/** Documents by id. A document that is broken rejects with VIEW_BROKEN, and only that one. */
export type Loaders = { [View in ViewName]: DataLoader<string, DocumentOf<View> | undefined> }

/** A document of a view; undefined where there is none with the id. */
export type Loaded<View extends ViewName> = Awaited<ReturnType<Loaders[View]['load']>>

/** A document by its view and its id. @throws GraphQLError with the code VIEW_BROKEN, and what the view store throws */
export function load<View extends ViewName>(from: Loaders, view: View, id: string): Promise<Loaded<View>> {
  return from[view].load(id) as Promise<Loaded<View>>
}

/** The documents with these ids, without those that are broken or not there. @throws what the view store throws besides */
export async function loadUnbroken<View extends ViewName>(from: Loaders, view: View, ids: readonly string[]) {
  const unlessBroken = (error: unknown): undefined => {
    if (!isOfBroken(error)) throw error
  }
  const loaded = await Promise.all(ids.map((id) => load(from, view, id).catch(unlessBroken)))
  return loaded.filter((document) => document !== undefined)
}

const MAX_BATCH = 500

/** @returns what all operations of a gateway share */
export function readsOn(given: Omit<Reads, 'documents'>): Reads {
  const { views } = given
  // Each entry is the loader of the view with its name.
  const documents = Object.fromEntries(
    Object.entries(all).map(([name, view]) => [name, shared(views, view as Projection<ViewDocument>)]),
  ) as Loaders
  return { ...given, documents }
}

/** The loaders of one operation: they have not loaded anything yet, and keep what they load. */
export function createLoaders({ documents }: Reads): Loaders {
  return Object.fromEntries(
    Object.entries(documents).map(([name, shared]) => [name, keeping(shared as DataLoader<string, unknown>)]),
  ) as Loaders
}

function keeping<Document>(documents: DataLoader<string, Document>): DataLoader<string, Document> {
  return new DataLoader((ids) => documents.loadMany(ids))
}

function shared<Document extends ViewDocument>(views: Pick<ViewStore, 'get'>, view: Projection<Document>) {
  return new DataLoader<string, Document | undefined>(
    async (ids) => {
      const read = await readEach(views, view, new Set(ids))
      return ids.map((id) => read.get(id))
    },
    { cache: false, maxBatchSize: MAX_BATCH },
  )
}

async function readEach<Document extends ViewDocument>(
  views: Pick<ViewStore, 'get'>,
  view: Projection<Document>,
  ids: ReadonlySet<string>,
): Promise<Map<string, Document | undefined | Error>> {
  const wanted = [...ids]
  try {
    const documents = await views.get(view, wanted)
    return new Map(wanted.map((id, index) => [id, shown(documents[index])]))
  } catch (error) {
    if (!(error instanceof DocumentBroken) || !ids.has(error.id)) throw error
    const others = new Set(wanted.filter((id) => id !== error.id))
    return (await readEach(views, view, others)).set(error.id, shownToClient(error) as Error)
  }
}
