// The orders: their lines and state, and how far their placement, which reserves credit and stock, has come.
import {
  customerEvents,
  type OrderLine,
  orderEvents,
  type ProcessName,
  parkedEvents,
  placementEvents,
  productEvents,
  type RecordedEvent,
  type RejectionReason,
  revisionEvents,
} from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import { CREDIT, stockOf } from '../../events/placement.ts'
import { listed } from '../../kernel/projecting/listed-events.ts'
import { changed, documentTopic, type VersionedDocument } from '../../kernel/projecting/projection.ts'
import { type RevisionDocument, revised } from './revisions.ts'
import { closed, givingBack, operated, replaced, type StepDocument, type StepOutcome, withOutcome } from './steps.ts'
import { viewOf } from './view-of.ts'

export type OrderStatus = 'PENDING' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'SHIPPED' | 'PAID'

export interface OrderDocument extends VersionedDocument {
  customerId: string
  status: OrderStatus
  rejectionReason?: RejectionReason
  cancellationReason?: string
  trackingCode?: string
  /** None when the order was placed by a plain total. */
  lines: readonly OrderLine[]
  /** The products of the lines, each once. */
  productIds: readonly string[]
  total: Cents
  placement: PlacementDocument
  /** By choreography nobody tells when the placement ends: it follows from its steps. */
  choreographed?: true
  /** The newest one. */
  revision?: RevisionDocument
  /** The order's own date; when it was recorded, unless it came with another one. RFC 3339, UTC, milliseconds. */
  placedAt: string
}

export interface PlacementDocument {
  state: 'RESERVING' | 'APPROVED' | 'COMPENSATING' | 'REJECTED' | 'CANCELLED' | 'COMPENSATION_FAILED'
  steps: readonly StepDocument[]
  startedAt: string
  /** When every reservation was settled: given back, or shipped and paid. */
  endedAt?: string
  /** Since when it waits for an operator. */
  parkedSince?: string
}

export const orders = viewOf<OrderDocument>('order', {
  name: 'orders',
  version: 8,
  queriedBy: {
    customerId: 'exact',
    productIds: 'member',
    status: 'exact',
    total: 'range',
    placedAt: 'range',
    createdAt: 'range',
  },
  orderedBy: { createdAt: 'text', placedAt: 'text', updatedAt: 'text', total: 'number' },
  events: {
    order: listed(
      orderEvents,
      [
        'OrderPlaced',
        'OrderApproved',
        'OrderRejected',
        'OrderCancelled',
        'OrderShipped',
        'OrderPaid',
        'OrderRevisionRequested',
        'OrderRevised',
        'OrderRevisionRejected',
      ],
      ['ReservationsAwaited', 'ReservationNoted'],
    ),
    customer: listed(
      customerEvents,
      [
        'CreditReserved',
        'CreditReservationRefused',
        'CreditReleased',
        'CreditReservationRaised',
        'CreditRaiseRefused',
        'CreditReservationLowered',
      ],
      ['CustomerRegistered', 'CreditLimitChanged'],
    ),
    product: listed(
      productEvents,
      [
        'StockReserved',
        'StockReservationRefused',
        'StockReleased',
        'StockShipped',
        'StockReservationRaised',
        'StockRaiseRefused',
        'StockReservationLowered',
      ],
      ['ProductAdded', 'PriceChanged', 'StockReceived'],
    ),
    placement: listed(
      placementEvents,
      ['PlacementEnded'],
      // The saga's own books: what they lead to is recorded by those who do it.
      ['PlacementStarted', 'PlacementResumed', 'PlacementAmended', 'RepliesReceived', 'PlacementDecided'],
    ),
    revision: listed(
      revisionEvents,
      ['RevisionEnded'],
      ['RevisionStarted', 'RevisionResumed', 'RepliesReceived', 'RevisionDecided'],
    ),
    parked: listed(parkedEvents, ['SagaParked', 'SagaRetried', 'SagaDiscarded'], []),
  },

  documentsOf: (event) => ('orderId' in event.data ? [event.data.orderId] : []),

  topicsOf: (order) => [`${documentTopic('customers', order.customerId)}/orders`],

  evolve(before, event) {
    if (event.type === 'OrderPlaced') return placed(event)
    if (!before) return undefined
    const revision = revised(before.revision, event)
    const order = revision && revision !== before.revision ? changed(before, event, { revision }) : before

    switch (event.type) {
      case 'OrderApproved':
        return changed(order, event, {
          status: 'APPROVED',
          placement: { ...order.placement, state: unlessFailed(order, 'APPROVED') },
        })
      case 'OrderRejected':
        return gaveUpAt(event, order, { status: 'REJECTED', rejectionReason: event.data.reason })
      case 'OrderCancelled':
        return gaveUpAt(event, order, {
          status: 'CANCELLED',
          ...(event.data.reason !== undefined && { cancellationReason: event.data.reason }),
        })
      case 'OrderShipped':
        return changed(order, event, {
          status: 'SHIPPED',
          ...(event.data.trackingCode !== undefined && { trackingCode: event.data.trackingCode }),
        })
      case 'OrderPaid':
        return endedIfSettled(changed(order, event, { status: 'PAID', placement: paidFor(order) }), event)
      case 'OrderRevised':
        return changed(order, event, swapped(order, event))

      case 'CreditReserved':
        return withStep(order, event, CREDIT, reserved(order))
      case 'CreditReservationRefused':
        return withStep(order, event, CREDIT, refused(event))
      case 'CreditReleased':
        return withStep(order, event, CREDIT, creditReleased(order, event.data.amount))

      case 'StockReserved':
        return withStep(order, event, stockOf(event.data.productId), reserved(order))
      case 'StockReservationRefused':
        return withStep(order, event, stockOf(event.data.productId), refused(event))
      case 'StockReleased':
        return withStep(order, event, stockOf(event.data.productId), released(event.data.quantity))
      case 'StockShipped':
        return withStep(order, event, stockOf(event.data.productId), {
          state: 'DONE',
          settled: true,
          detail: 'shipped',
        })

      case 'PlacementEnded':
        return changed(order, event, { placement: ended(order, event.recordedAt) })

      case 'SagaParked':
      case 'SagaRetried':
      case 'SagaDiscarded':
        return isPlacement[event.data.saga] ? changed(order, event, { placement: parkedOrNot(order, event) }) : order
      default:
        return order
    }
  },
})

type EventOf<Type extends RecordedEvent['type']> = Extract<RecordedEvent, { type: Type }>

const NOTHING_RESERVED: StepOutcome = { state: 'COMPENSATED', settled: true, detail: 'nothing was reserved' }

/** Which steps a placement has follows from the order alone, whichever way its saga is coordinated. */
function placed({ data, position, recordedAt }: EventOf<'OrderPlaced'>): OrderDocument {
  const productIds = productsOf(data.lines)
  const steps = [CREDIT, ...productIds.map(stockOf)].map(
    (name): StepDocument => ({ name, state: 'REQUESTED', at: recordedAt }),
  )
  return {
    id: data.orderId,
    customerId: data.customerId,
    status: 'PENDING',
    lines: data.lines,
    productIds,
    total: data.total,
    placement: { state: 'RESERVING', steps, startedAt: recordedAt },
    ...(data.coordination === 'choreography' && { choreographed: true }),
    placedAt: data.placedAt ?? recordedAt,
    version: 0,
    position,
    createdAt: recordedAt,
    updatedAt: recordedAt,
  }
}

/** The placement settles what is new in a revised order, too: a revision has reserved it. */
function swapped({ placement }: OrderDocument, { data, recordedAt: at }: EventOf<'OrderRevised'>) {
  const productIds = productsOf(data.lines)
  const names = new Set([CREDIT, ...productIds.map(stockOf)])
  const dropped = ({ name }: StepDocument) => !names.has(name)
  // Not settled: what is still reserved of it is given back in the end.
  const by = { state: 'COMPENSATED', at, detail: `left out by revision ${data.revision}` } as const
  const kept = replaced(placement.steps, dropped, by).map(
    (step): StepDocument =>
      step.state === 'COMPENSATED' && !dropped(step) ? { name: step.name, state: 'DONE', at } : step,
  )
  const known = new Set(kept.map(({ name }) => name))
  const added = [...names].filter((name) => !known.has(name))
  const steps = [...kept, ...added.map((name): StepDocument => ({ name, state: 'DONE', at }))]
  return { lines: data.lines, productIds, total: data.total, placement: { ...placement, steps } }
}

function productsOf(lines: readonly OrderLine[]): string[] {
  return [...new Set(lines.map((line) => line.productId))]
}

function withStep(order: OrderDocument, event: RecordedEvent, name: string, outcome: StepOutcome): OrderDocument {
  const { placement } = order
  const steps = withOutcome(placement.steps, event, name, outcome)
  if (steps === placement.steps) return order
  return endedIfSettled(changed(order, event, { placement: { ...placement, steps } }), event)
}

/** An order can be cancelled, or rejected at its deadline, while a reservation is under way: that one is given back too. */
function reserved(order: OrderDocument): StepOutcome {
  return { state: gaveUp(order) ? 'COMPENSATING' : 'DONE' }
}

function refused({ data }: EventOf<'CreditReservationRefused' | 'StockReservationRefused'>): StepOutcome {
  switch (data.reason) {
    case 'ALREADY_RELEASED':
      return NOTHING_RESERVED
    case 'UNKNOWN_CUSTOMER':
      return { state: 'REFUSED', settled: true, detail: `${data.reason}: no customer ${data.customerId} is registered` }
    case 'UNKNOWN_PRODUCT':
      return { state: 'REFUSED', settled: true, detail: `${data.reason}: there is no product ${data.productId}` }
    case 'CREDIT_LIMIT_EXCEEDED':
      return {
        state: 'REFUSED',
        settled: true,
        detail: `${data.reason}: ${formatMoney(data.amount)} asked for, ${formatMoney(data.available)} available`,
      }
    case 'OUT_OF_STOCK':
      return {
        state: 'REFUSED',
        settled: true,
        detail: `${data.reason}: ${data.quantity} asked for, ${data.available} available`,
      }
  }
}

/** Payment frees the credit as well; nothing is undone by that. */
const FREED_BY_PAYMENT: StepOutcome = { state: 'DONE', settled: true, detail: 'given back after payment' }

function creditReleased({ status }: OrderDocument, freed: number): StepOutcome {
  return status === 'PAID' ? FREED_BY_PAYMENT : released(freed)
}

/** The release of the credit may be recorded before the payment. */
function paidFor({ placement }: OrderDocument): PlacementDocument {
  const steps = placement.steps.map((step) =>
    step.name === CREDIT && step.state === 'COMPENSATED' ? { ...step, ...FREED_BY_PAYMENT } : step,
  )
  return { ...placement, steps }
}

/** A failed compensation stays failed until an operator retries it, with every decision about the order. */
function unlessFailed<State>({ placement }: OrderDocument, state: State): State | 'COMPENSATION_FAILED' {
  return placement.state === 'COMPENSATION_FAILED' ? placement.state : state
}

function released(freed: number): StepOutcome {
  return freed === 0 ? NOTHING_RESERVED : { state: 'COMPENSATED', settled: true }
}

/** Where everything was refused there is nothing to give back. */
function gaveUpAt(event: RecordedEvent, order: OrderDocument, fields: Partial<OrderDocument>): OrderDocument {
  const steps = givingBack(order.placement.steps, event.recordedAt)
  const placement: PlacementDocument = { ...order.placement, state: unlessFailed(order, 'COMPENSATING'), steps }
  return endedIfSettled(changed(order, event, { ...fields, placement }), event)
}

function parkedOrNot(
  { placement }: OrderDocument,
  event: EventOf<'SagaParked' | 'SagaRetried' | 'SagaDiscarded'>,
): PlacementDocument {
  const { parkedSince: _, ...rest } = placement
  return { ...rest, ...operated(rest, event, 'COMPENSATING') }
}

function ended({ placement, status }: OrderDocument, endedAt: string): PlacementDocument {
  if (status !== 'REJECTED' && status !== 'CANCELLED') return { ...placement, endedAt }
  return { ...placement, state: status, steps: closed(placement.steps, NOTHING_RESERVED, endedAt), endedAt }
}

/** By choreography, a placement that was given up or paid has ended when each of its steps is settled. */
function endedIfSettled(order: OrderDocument, { recordedAt }: RecordedEvent): OrderDocument {
  const { choreographed, status, placement } = order
  if (!choreographed || placement.endedAt !== undefined || !(gaveUp(order) || status === 'PAID')) return order
  return placement.steps.every(({ settled }) => settled) ? { ...order, placement: ended(order, recordedAt) } : order
}

const isPlacement: Record<ProcessName, boolean> = { placement: true, choreography: true, revision: false }

function gaveUp(order: OrderDocument): boolean {
  return order.status === 'REJECTED' || order.status === 'CANCELLED'
}
