// An order is approved when its credit and all of its stock are reserved; otherwise what was reserved is given back.
import type { DomainEvent, PlacementFacts, RecordedEvent, RejectionReason } from '../../events/catalogue.ts'
import { CREDIT, REASONS, stockOf } from '../../events/placement.ts'
import { ask, type SagaDefinition, type Step } from '../../kernel/deciding/saga/definition.ts'
import { quantities } from '../order/stock-changes.ts'

export const placement: SagaDefinition<PlacementFacts, RejectionReason, DomainEvent> = {
  name: 'placement',

  follows: 'order',
  startsWith: 'OrderPlaced',
  noticing: ['OrderCancelled', 'OrderShipped', 'OrderPaid'],
  amended: { by: 'OrderRevised', to: whatIsRevised },
  /** Orders by choreography are seen through by policies.ts. */
  idOf: ({ data }) => ('orderId' in data && !('coordination' in data) ? data.orderId : undefined),
  idOfStream: (stream) => stream.slice('order-'.length),
  about: (orderId) => ({ orderId }),

  begin: whatIsOrdered,
  together: (order) => [credit(order), ...order.stock.map((item) => stock(order, item))],
  whenDone: ({ orderId }) => ask(`order-${orderId}`, { type: 'ApproveOrder', orderId }),
  otherwise: ({ orderId }, reason) => ask(`order-${orderId}`, { type: 'RejectOrder', orderId, reason }),
  reasons: REASONS,
  whenLate: 'TIMED_OUT',
  cancelledBy: 'OrderCancelled',

  within: 60_000,
  window: 64,
}

/** The customer's credit is reserved until the order is paid. */
function credit({ orderId, customerId, total }: PlacementFacts): Step {
  const customer = `customer-${customerId}` as const
  return {
    name: CREDIT,
    reserve: ask(customer, { type: 'ReserveCredit', customerId, orderId, amount: total }),
    refusedBy: 'CreditReservationRefused',
    undo: ask(customer, { type: 'ReleaseCredit', customerId, orderId }),
    settledOn: 'OrderPaid',
    settle: ask(customer, { type: 'ReleaseCredit', customerId, orderId }),
  }
}

/** A product's stock is reserved until the order is shipped, and leaves the shelves with it. */
function stock({ orderId }: PlacementFacts, { productId, quantity }: Piece): Step {
  const product = `product-${productId}` as const
  return {
    name: stockOf(productId),
    reserve: ask(product, { type: 'ReserveStock', productId, orderId, quantity }),
    refusedBy: 'StockReservationRefused',
    undo: ask(product, { type: 'ReleaseStock', productId, orderId }),
    settledOn: 'OrderShipped',
    settle: ask(product, { type: 'ShipStock', productId, orderId, quantity }),
  }
}

export function whatIsOrdered(event: RecordedEvent): PlacementFacts {
  if (event.type !== 'OrderPlaced') throw new Error(`A placement cannot begin with ${event.type}`)
  const { orderId, customerId, total, lines } = event.data
  return { orderId, customerId, total, stock: summed(lines) }
}

/** A revision has reserved what is new. Of what is left out nothing is shipped, and what may still be reserved is given back. */
export function whatIsRevised({ stock }: PlacementFacts, event: RecordedEvent): PlacementFacts {
  if (event.type !== 'OrderRevised') throw new Error(`A placement is not amended by ${event.type}`)
  const { orderId, customerId, total, lines } = event.data
  const before = stock.map(({ productId }) => ({ productId, quantity: 0 }))
  return { orderId, customerId, total, stock: summed([...before, ...lines]) }
}

/** The same product may be on several lines: it is reserved once, for all of them. */
function summed(pieces: readonly Piece[]): Piece[] {
  return [...quantities(pieces)].map(([productId, quantity]) => ({ productId, quantity }))
}

type Piece = PlacementFacts['stock'][number]
