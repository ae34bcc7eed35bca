// The list of views. Besides its own file, this is the only place that changes when a view is added.
import type { Projection, ViewDocument } from '../../kernel/projecting/projection.ts'
import { customers } from './customers.ts'
import { orders } from './orders.ts'
import { parked } from './parked.ts'
import { products } from './products.ts'

export const views: readonly Projection<ViewDocument>[] = [customers, orders, products, parked]
