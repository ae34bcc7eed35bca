// The Customer Order View: a customer, the credit, and the latest orders with their state, in one document.
import type { Cents } from '../../events/money.ts'
import type { RecordedEvent } from '../../events/store/event-store.ts'
import { changed, type VersionedDocument, viewOf } from '../projection.ts'
import type { OrderStatus } from './orders.ts'
import { wordsOf } from './words.ts'

export interface CustomerDocument extends VersionedDocument {
  name: string
  creditLimit: Cents
  reservedCredit: Cents
  /** The newest first, at most 50. */
  recentOrders: readonly CustomerOrder[]
  /** Over all orders, also those that are no longer among the recent ones; not there when nothing has been shipped. */
  largestShippedTotal?: Cents
  /** The folded words of the name, for searching by their beginning. */
  words: readonly string[]
}

export interface CustomerOrder {
  orderId: string
  status: OrderStatus
  total: Cents
  /** The order's own date. */
  placedAt: string
}

const MAX_RECENT_ORDERS = 50

export const customers = viewOf<CustomerDocument>('customer', {
  name: 'customers',
  version: 5,
  queriedBy: { words: 'prefix', creditLimit: 'range', createdAt: 'range', largestShippedTotal: 'range' },
  orderedBy: { createdAt: 'text' },

  documentsOf(event) {
    switch (event.type) {
      // The books of placements and revisions: what they lead to is recorded by those who do it.
      case 'PlacementStarted':
      case 'PlacementAmended':
      case 'RevisionStarted':
      case 'ReservationsAwaited':
      case 'ReservationNoted':
        return []
      default:
        return 'customerId' in event.data ? [event.data.customerId] : []
    }
  },

  evolve(customer, event) {
    if (event.type === 'CustomerRegistered') {
      return {
        id: event.data.customerId,
        name: event.data.name,
        creditLimit: event.data.creditLimit,
        reservedCredit: 0,
        recentOrders: [],
        words: wordsOf(event.data.name),
        version: 0,
        position: event.position,
        createdAt: event.recordedAt,
        updatedAt: event.recordedAt,
      }
    }
    // An order, and the refusal of its credit, may name a customer that nobody has registered.
    if (!customer) return undefined

    switch (event.type) {
      case 'CreditLimitChanged':
        return changed(customer, event, { creditLimit: event.data.creditLimit })
      case 'CreditReserved':
        return changed(customer, event, {
          reservedCredit: customer.reservedCredit + event.data.amount,
          recentOrders: withOvertaken(customer.recentOrders, event),
        })
      case 'CreditReleased':
        return changed(customer, event, { reservedCredit: customer.reservedCredit - event.data.amount })
      case 'CreditReservationRaised':
        return changed(customer, event, { reservedCredit: customer.reservedCredit + event.data.by })
      case 'CreditReservationLowered':
        return changed(customer, event, { reservedCredit: customer.reservedCredit - event.data.by })

      case 'OrderPlaced':
        return changed(customer, event, { recentOrders: withNewest(customer.recentOrders, event) })
      case 'OrderApproved':
        return withStatus(customer, event, 'APPROVED')
      case 'OrderRejected':
        return withStatus(customer, event, 'REJECTED')
      case 'OrderCancelled':
        return withStatus(customer, event, 'CANCELLED')
      case 'OrderShipped':
        return withShippedTotal(withStatus(customer, event, 'SHIPPED'), event)
      case 'OrderPaid':
        return withStatus(customer, event, 'PAID')
      case 'OrderRevised':
        return withOrder(customer, event, { total: event.data.total })

      default:
        return customer
    }
  },
})

type EventOf<Type extends RecordedEvent['type']> = Extract<RecordedEvent, { type: Type }>
type OrderDecision = EventOf<'OrderApproved' | 'OrderRejected' | 'OrderCancelled' | 'OrderShipped' | 'OrderPaid'>

function withNewest(recent: readonly CustomerOrder[], { data, recordedAt }: EventOf<'OrderPlaced'>): CustomerOrder[] {
  const { orderId, total, placedAt = recordedAt } = data
  const newest: CustomerOrder = { orderId, status: 'PENDING', total, placedAt }
  return [newest, ...recent.slice(0, MAX_RECENT_ORDERS - 1)]
}

/** An order may be placed just before its customer is registered: its credit is the first that the customer's document hears of it. */
function withOvertaken(recent: readonly CustomerOrder[], { data, recordedAt }: EventOf<'CreditReserved'>) {
  if (recent.length >= MAX_RECENT_ORDERS || recent.some(({ orderId }) => orderId === data.orderId)) return recent
  const overtaken: CustomerOrder = {
    orderId: data.orderId,
    status: 'PENDING',
    total: data.amount,
    placedAt: recordedAt,
  }
  return [overtaken, ...recent]
}

function withStatus(customer: CustomerDocument, event: OrderDecision, status: OrderStatus): CustomerDocument {
  return withOrder(customer, event, { status })
}

function withOrder(
  customer: CustomerDocument,
  event: OrderDecision | EventOf<'OrderRevised'>,
  fields: Partial<CustomerOrder>,
): CustomerDocument {
  const { orderId } = event.data
  if (!customer.recentOrders.some((order) => order.orderId === orderId)) return customer
  const recentOrders = customer.recentOrders.map((order) =>
    order.orderId === orderId ? { ...order, ...fields } : order,
  )
  return changed(customer, event, { recentOrders })
}

function withShippedTotal(customer: CustomerDocument, event: EventOf<'OrderShipped'>): CustomerDocument {
  const { largestShippedTotal: largest = -1 } = customer
  if (event.data.total <= largest) return customer
  return changed(customer, event, { largestShippedTotal: event.data.total })
}
