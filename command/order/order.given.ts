// The commands and events of order ord_1 of customer cus_1, for tests.
import type {
  OrderEvent,
  OrderLine,
  RejectionReason,
  RevisionRejectionReason,
  StockChange,
} from '../../events/catalogue.ts'
import type { OrderCommand, QuotedLine } from './order.ts'

const orderId = 'ord_1'
const customerId = 'cus_1'

export function line(productId: string, quantity: number, unitPrice: number): OrderLine {
  return { productId, quantity, unitPrice }
}

type PlaceOrder = Extract<OrderCommand, { type: 'PlaceOrder' }>

export function placeTotal(total: number): PlaceOrder {
  return { type: 'PlaceOrder', orderId, customerId, content: { total } }
}

export function placeLines(...lines: QuotedLine[]): PlaceOrder {
  return { type: 'PlaceOrder', orderId, customerId, content: { lines } }
}

/** The same order, by choreography. */
export function choreographed(event: OrderEvent): OrderEvent {
  return { ...event, data: { ...event.data, coordination: 'choreography' } } as OrderEvent
}

export function awaitReservations(deadline: string): OrderCommand {
  return { type: 'AwaitReservations', orderId, deadline }
}

export function note(step: string, refusedBecause?: RejectionReason): OrderCommand {
  return { type: 'NoteReservation', orderId, step, ...(refusedBecause && { refusedBecause }) }
}

export function timeOut(now: string): OrderCommand {
  return { type: 'TimeOutOrder', orderId, now: Date.parse(now) }
}

export function approve(): OrderCommand {
  return { type: 'ApproveOrder', orderId }
}

export function reject(reason: RejectionReason): OrderCommand {
  return { type: 'RejectOrder', orderId, reason }
}

export function cancel(also: { reason?: string; expectedVersion?: number } = {}): OrderCommand {
  return { type: 'CancelOrder', orderId, ...also }
}

export function ship(also: { trackingCode?: string; expectedVersion?: number } = {}): OrderCommand {
  return { type: 'ShipOrder', orderId, ...also }
}

export function recordPayment(also: { expectedVersion?: number } = {}): OrderCommand {
  return { type: 'RecordPayment', orderId, ...also }
}

export function reviseTotal(total: number, also: { expectedVersion?: number } = {}): OrderCommand {
  return { type: 'ReviseOrder', orderId, content: { total }, ...also }
}

export function reviseLines(...lines: QuotedLine[]): OrderCommand {
  return { type: 'ReviseOrder', orderId, content: { lines } }
}

export function applyRevision(revision: number): OrderCommand {
  return { type: 'ApplyRevision', orderId, revision }
}

export function rejectRevision(revision: number, reason: RevisionRejectionReason): OrderCommand {
  return { type: 'RejectRevision', orderId, revision, reason }
}

export function placed(total: number, ...lines: OrderLine[]): OrderEvent {
  return { type: 'OrderPlaced', data: { orderId, customerId, total, lines } }
}

export function awaited(total: number, deadline: string): OrderEvent {
  return choreographed({ type: 'ReservationsAwaited', data: { orderId, customerId, total, deadline } })
}

export function noted(total: number, step: string, refusedBecause?: RejectionReason): OrderEvent {
  const data = { orderId, customerId, total, step, ...(refusedBecause && { refusedBecause }) }
  return choreographed({ type: 'ReservationNoted', data })
}

export function approved(total: number): OrderEvent {
  return { type: 'OrderApproved', data: { orderId, customerId, total } }
}

export function rejected(total: number, reason: RejectionReason): OrderEvent {
  return { type: 'OrderRejected', data: { orderId, customerId, total, reason } }
}

export function cancelled(total: number, also: { reason?: string; revision?: number } = {}): OrderEvent {
  return { type: 'OrderCancelled', data: { orderId, customerId, total, ...also } }
}

export function shipped(total: number, also: { trackingCode?: string } = {}): OrderEvent {
  return { type: 'OrderShipped', data: { orderId, customerId, total, ...also } }
}

export function paid(total: number): OrderEvent {
  return { type: 'OrderPaid', data: { orderId, customerId, total } }
}

export function requested(
  revision: number,
  total: number,
  revisedTotal: number,
  also: { lines?: OrderLine[]; stock?: StockChange[] } = {},
): OrderEvent {
  const usual = { lines: [], stock: [] }
  return {
    type: 'OrderRevisionRequested',
    data: { orderId, customerId, total, revision, revisedTotal, ...usual, ...also },
  }
}

export function revised(revision: number, total: number, ...lines: OrderLine[]): OrderEvent {
  return { type: 'OrderRevised', data: { orderId, customerId, total, revision, lines } }
}

export function revisionRejected(revision: number, total: number, reason: RevisionRejectionReason): OrderEvent {
  return { type: 'OrderRevisionRejected', data: { orderId, customerId, total, revision, reason } }
}
