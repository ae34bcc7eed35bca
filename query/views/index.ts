// The list of views. Besides its own file, this is the only place of the read side that changes when a view is added.

import { SCHEMA_VERSION } from '../../events/upcasters.ts'
import type { Projection, ViewDocument } from '../../kernel/projecting/projection.ts'
import type { ViewSet } from '../../kernel/projecting/store/declared.ts'
import { customers } from './customers.ts'
import { orders } from './orders.ts'
import { parked } from './parked.ts'
import { products } from './products.ts'

export const views = { customers, orders, products, parked }

export type ViewName = keyof typeof views

/** The documents of a view. */
export type DocumentOf<View extends ViewName> =
  (typeof views)[View] extends Projection<infer Document extends ViewDocument, infer _> ? Document : never

/** The views as the projector and the stores take them. */
export const projections: readonly Projection<ViewDocument>[] = Object.values(views)

/** The views as a view store is opened with them. */
export const viewSet: Omit<ViewSet, 'logId'> = { schemaVersion: SCHEMA_VERSION, projections }
