// An order is approved when its credit and all of its stock are reserved; otherwise what was reserved is given back.
import type { Cents } from '../../events/money.ts'
import type { RecordedEvent, StreamName } from '../../events/store/event-store.ts'
import type { Command } from '../bus/command-bus.ts'
import type { Request, SagaDefinition, Step } from '../saga/definition.ts'

/** What the saga keeps of the order. */
export interface Placement {
  orderId: string
  customerId: string
  total: Cents
  /** One entry for each product. */
  stock: Item[]
}

interface Item {
  productId: string
  quantity: number
}

export const placement: SagaDefinition<Placement> = {
  name: 'placement',
  follows: 'order',
  startsWith: 'OrderPlaced',
  noticing: ['OrderCancelled', 'OrderShipped', 'OrderPaid'],
  begin: placed,
  together: (order) => [credit(order), ...order.stock.map((item) => stock(order, item))],
  whenDone: ({ orderId }) => ask(`order-${orderId}`, { type: 'ApproveOrder', orderId }),
  otherwise: ({ orderId }, reason) => ask(`order-${orderId}`, { type: 'RejectOrder', orderId, reason }),
  reasons: ['UNKNOWN_CUSTOMER', 'UNKNOWN_PRODUCT', 'CREDIT_LIMIT_EXCEEDED', 'OUT_OF_STOCK'],
  cancelledBy: 'OrderCancelled',
  within: 60_000,
  window: 64,
  idOf: ({ data }) => ('orderId' in data ? data.orderId : undefined),
  about: ({ orderId }) => ({ orderId }),
}

/** The customer's credit is reserved until the order is paid. */
function credit({ orderId, customerId, total }: Placement): Step {
  const customer = `customer-${customerId}` as const
  return {
    name: 'credit',
    reserve: ask(customer, { type: 'ReserveCredit', customerId, orderId, amount: total }),
    refusedBy: 'CreditReservationRefused',
    undo: ask(customer, { type: 'ReleaseCredit', customerId, orderId }),
    settledOn: 'OrderPaid',
    settle: ask(customer, { type: 'ReleaseCredit', customerId, orderId }),
  }
}

/** A product's stock is reserved until the order is shipped, and leaves the shelves with it. */
function stock({ orderId }: Placement, { productId, quantity }: Item): Step {
  const product = `product-${productId}` as const
  return {
    name: `stock ${productId}`,
    reserve: ask(product, { type: 'ReserveStock', productId, orderId, quantity }),
    refusedBy: 'StockReservationRefused',
    undo: ask(product, { type: 'ReleaseStock', productId, orderId }),
    settledOn: 'OrderShipped',
    settle: ask(product, { type: 'ShipStock', productId, orderId }),
  }
}

/** The same product may be on several lines: it is reserved once, for all of them. */
function placed(event: RecordedEvent): Placement {
  if (event.type !== 'OrderPlaced') throw new Error(`A placement cannot begin with ${event.type}`)
  const { orderId, customerId, total, lines } = event.data
  const quantities = new Map<string, number>()
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  return {
    orderId,
    customerId,
    total,
    stock: [...quantities].map(([productId, quantity]) => ({ productId, quantity })),
  }
}

function ask(stream: StreamName, command: Command): Request {
  return { stream, command }
}
