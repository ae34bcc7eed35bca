// What query and subscription resolvers work with.
import DataLoader from 'dataloader'
import type { Feed } from './feed/feed.ts'
import type { Projection, ViewDocument } from './projection.ts'
import { clientError } from './resolvers/errors.ts'
import { DocumentBroken, type ViewStore } from './store/view-store.ts'
import { type CustomerDocument, customers } from './views/customers.ts'
import { type OrderDocument, orders } from './views/orders.ts'
import { type ParkedDocument, parked } from './views/parked.ts'
import { type ProductDocument, products } from './views/products.ts'

/** What all operations share. */
export interface Reads {
  views: ViewStore
  feed: Feed
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

/** Documents by id: the ids that are asked for in the same tick are read together, each once. */
export interface Loaders {
  customers: DataLoader<string, CustomerDocument | undefined>
  orders: DataLoader<string, OrderDocument | undefined>
  products: DataLoader<string, ProductDocument | undefined>
  parked: DataLoader<string, ParkedDocument | undefined>
}

const MAX_BATCH = 500

/** Loaders that have not loaded anything yet. A document that is broken rejects with VIEW_BROKEN, and only that one. */
export function createLoaders(views: Pick<ViewStore, 'get'>): Loaders {
  return {
    customers: loader(views, customers),
    orders: loader(views, orders),
    products: loader(views, products),
    parked: loader(views, parked),
  }
}

function loader<Document extends ViewDocument>(views: Pick<ViewStore, 'get'>, view: Projection<Document>) {
  return new DataLoader<string, Document | undefined>((ids) => readEach(views, view, ids), { maxBatchSize: MAX_BATCH })
}

async function readEach<Document extends ViewDocument>(
  views: Pick<ViewStore, 'get'>,
  view: Projection<Document>,
  ids: readonly string[],
): Promise<(Document | undefined | Error)[]> {
  try {
    return await views.get(view, ids)
  } catch (error) {
    if (!(error instanceof DocumentBroken) || !ids.includes(error.id)) throw error
    const broken = clientError(error) as Error
    const others = ids.filter((id) => id !== error.id)
    const read = await readEach(views, view, others)
    return ids.map((id) => (id === error.id ? broken : read[others.indexOf(id)]))
  }
}
