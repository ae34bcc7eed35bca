// Parts of an order, as their resolvers need them: with the order that they are of.
import type { PlacementDocument } from '../views/orders.ts'
import type { RevisionDocument } from '../views/revisions.ts'

interface OfOrder {
  orderId: string
}

export type PlacementOfOrder = PlacementDocument & OfOrder

export type RevisionOfOrder = RevisionDocument & OfOrder
