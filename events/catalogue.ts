// Every event that Creditline records, by the stream that it is recorded in. A stored event is never changed.
import type { Cents } from './money.ts'

/** What can be recorded of a customer, in `customer-<customerId>`. */
export type CustomerEvent =
  | { type: 'CustomerRegistered'; data: { customerId: string; name: string; creditLimit: Cents } }
  | { type: 'CreditLimitChanged'; data: { customerId: string; creditLimit: Cents; previousLimit: Cents } }
  | { type: 'CreditReserved'; data: { customerId: string; orderId: string; amount: Cents } }
  | {
      type: 'CreditReservationRefused'
      data: {
        customerId: string
        orderId: string
        amount: Cents
        reason: 'UNKNOWN_CUSTOMER' | 'CREDIT_LIMIT_EXCEEDED' | 'ALREADY_RELEASED'
        available: Cents
      }
    }
  /** `amount` is what became free: zero when the release overtook its reservation and only left its mark. */
  | { type: 'CreditReleased'; data: { customerId: string; orderId: string; amount: Cents } }

/** What can be recorded of a product, in `product-<productId>`. */
export type ProductEvent =
  | { type: 'ProductAdded'; data: { productId: string; name: string; price: Cents } }
  | { type: 'PriceChanged'; data: { productId: string; price: Cents; previousPrice: Cents } }
  | { type: 'StockReceived'; data: { productId: string; quantity: number } }
  | { type: 'StockReserved'; data: { productId: string; orderId: string; quantity: number } }
  | {
      type: 'StockReservationRefused'
      data: {
        productId: string
        orderId: string
        quantity: number
        reason: 'UNKNOWN_PRODUCT' | 'OUT_OF_STOCK' | 'ALREADY_RELEASED'
        available: number
      }
    }
  /** `quantity` is what became free: zero when the release overtook its reservation and only left its mark. */
  | { type: 'StockReleased'; data: { productId: string; orderId: string; quantity: number } }
  | { type: 'StockShipped'; data: { productId: string; orderId: string; quantity: number } }

export interface OrderLine {
  productId: string
  quantity: number
  unitPrice: Cents
}

export type RejectionReason =
  | 'UNKNOWN_CUSTOMER'
  | 'UNKNOWN_PRODUCT'
  | 'CREDIT_LIMIT_EXCEEDED'
  | 'OUT_OF_STOCK'
  | 'TIMED_OUT'

/** What every order event carries, so that no reader has to look it up. */
interface OrderFacts {
  orderId: string
  customerId: string
  total: Cents
}

/** What can be recorded of an order, in `order-<orderId>`. An order by plain total has no lines. */
export type OrderEvent =
  | { type: 'OrderPlaced'; data: OrderFacts & { lines: OrderLine[] } }
  | { type: 'OrderApproved'; data: OrderFacts }
  | { type: 'OrderRejected'; data: OrderFacts & { reason: RejectionReason } }
  | { type: 'OrderCancelled'; data: OrderFacts & { reason?: string } }
  | { type: 'OrderShipped'; data: OrderFacts & { trackingCode?: string } }
  | { type: 'OrderPaid'; data: OrderFacts }

/** What a step of a saga has answered: `name` as in the saga's definition, `reason` where it was refused. */
export interface SagaReply {
  step: string
  answer: 'DONE' | 'REFUSED' | 'UNDONE' | 'SETTLED'
  reason?: string
}

/** What can be recorded of the saga that places an order, in `placement-<orderId>`. */
export type PlacementEvent =
  | {
      type: 'PlacementStarted'
      data: {
        orderId: string
        customerId: string
        total: Cents
        /** One entry for each product: the quantities of its lines, summed. */
        stock: { productId: string; quantity: number }[]
        /** RFC 3339: when an order that is not decided yet is rejected as TIMED_OUT. */
        deadline: string
        /** How many commands of this saga may be under way at once. */
        window: number
      }
    }
  /** One event for each batch: what participants answered, and which later events of the order were noticed. */
  | { type: 'RepliesReceived'; data: { orderId: string; replies: SagaReply[]; noticed: string[] } }
  | {
      type: 'PlacementDecided'
      data: { orderId: string; outcome: 'APPROVED' | 'REJECTED' | 'CANCELLED'; reason?: RejectionReason }
    }
  /** Every reservation is settled: nothing more will come. */
  | { type: 'PlacementEnded'; data: { orderId: string } }

/**
 * What the log records of itself: its identity in `log`, the places of its readers in `checkpoint-<reader>`, and who holds which
 * shares of some work in `lease-<name>`.
 */
export type LogEvent =
  | { type: 'LogCreated'; data: { logId: string } }
  | { type: 'CheckpointStored'; data: { reader: string; position: number } }
  /** `shares` are all that the holder has from now on. */
  | { type: 'LeaseRenewed'; data: { lease: string; holder: string; shares: number[] } }
  /** The holder leaves, and has no share any more. */
  | { type: 'LeaseReleased'; data: { lease: string; holder: string } }

export type DomainEvent = CustomerEvent | ProductEvent | OrderEvent | PlacementEvent | LogEvent

/** The first part of a stream's name: `customer` of `customer-cus_1`. */
export type Category = 'customer' | 'product' | 'order' | 'placement' | 'checkpoint' | 'lease' | 'log'

/** The current version of every event's data; a stored event of an older version is upcast when it is read. */
export const SCHEMA_VERSION = 1
