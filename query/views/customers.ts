// The Customer Order View: a customer, the credit, and the latest orders with their state, in one document.
import { customerEvents, orderEvents, type RecordedEvent } from '../../events/catalogue.ts'
import type { Cents } from '../../events/money.ts'
import { listed } from '../../kernel/projecting/listed-events.ts'
import { changed, NOT_BEGUN, type VersionedDocument } from '../../kernel/projecting/projection.ts'
import type { OrderStatus } from './orders.ts'
import { viewOf } from './view-of.ts'
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
  version: 6,
  queriedBy: { words: 'prefix', creditLimit: 'range', createdAt: 'range', largestShippedTotal: 'range' },
  orderedBy: { createdAt: 'text' },
  // An order may be placed before its customer is registered, and either may be recorded first.
  hidesUntilBegun: true,
  events: {
    customer: listed(
      customerEvents,
      [
        'CustomerRegistered',
        'CreditLimitChanged',
        'CreditReserved',
        'CreditReleased',
        'CreditReservationRaised',
        'CreditReservationLowered',
      ],
      ['CreditReservationRefused', 'CreditRaiseRefused'],
    ),
    order: listed(
      orderEvents,
      ['OrderPlaced', 'OrderApproved', 'OrderRejected', 'OrderCancelled', 'OrderShipped', 'OrderPaid', 'OrderRevised'],
      ['OrderRevisionRequested', 'OrderRevisionRejected', 'ReservationsAwaited', 'ReservationNoted'],
    ),
  },

  documentsOf: (event) => ('customerId' in event.data ? [event.data.customerId] : []),

  evolve(before, event) {
    if (event.type === 'CustomerRegistered') return registered(before, event)
    const customer = before ?? (event.type === 'OrderPlaced' ? unregistered(event) : undefined)
    // Refusals and releases of credit may name a customer that nobody has registered.
    if (!customer) return undefined

    switch (event.type) {
      case 'CreditLimitChanged':
        return changed(customer, event, { creditLimit: event.data.creditLimit })
      case 'CreditReserved':
        return changed(customer, event, {
          reservedCredit: customer.reservedCredit + event.data.amount,
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

/** The orders that were placed before the registration are kept. */
function registered(
  before: CustomerDocument | undefined,
  { data, position, recordedAt }: EventOf<'CustomerRegistered'>,
): CustomerDocument {
  return {
    id: data.customerId,
    name: data.name,
    creditLimit: data.creditLimit,
    reservedCredit: 0,
    recentOrders: before?.recentOrders ?? [],
    ...(before?.largestShippedTotal !== undefined && { largestShippedTotal: before.largestShippedTotal }),
    words: wordsOf(data.name),
    version: 0,
    position,
    createdAt: recordedAt,
    updatedAt: recordedAt,
  }
}

/** A place for the orders of a customer that is not registered yet, and may never be. */
function unregistered({ data, position, recordedAt }: EventOf<'OrderPlaced'>): CustomerDocument {
  return {
    id: data.customerId,
    name: '',
    creditLimit: 0,
    reservedCredit: 0,
    recentOrders: [],
    words: [],
    version: 0,
    position,
    createdAt: NOT_BEGUN,
    updatedAt: recordedAt,
  }
}

function withNewest(recent: readonly CustomerOrder[], { data, recordedAt }: EventOf<'OrderPlaced'>): CustomerOrder[] {
  const { orderId, total, placedAt = recordedAt } = data
  const newest: CustomerOrder = { orderId, status: 'PENDING', total, placedAt }
  return [newest, ...recent.slice(0, MAX_RECENT_ORDERS - 1)]
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
