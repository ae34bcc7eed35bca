// The commands of an order and the outcome of each.
import type {
  Coordination,
  OrderEvent,
  OrderLine,
  RejectionReason,
  RevisionRejectionReason,
} from '../../events/catalogue.ts'
import { type Cents, formatMoney, MAX_CENTS } from '../../events/money.ts'
import { CREDIT, REASONS, stockOf } from '../../events/placement.ts'
import type { Decider, Refusal } from '../../kernel/deciding/decider.ts'
import { stockChanges } from './stock-changes.ts'

/**
 * The placement of an order goes on with every product that the order has ever been over, since some of it may still be reserved. All of
 * them are in one event, which has to fit in an append, also when all ids are the longest.
 */
export const MAX_PRODUCTS_EVER = 5_000

export type OrderCommand =
  | {
      type: 'PlaceOrder'
      orderId: string
      customerId: string
      content: OrderContent
      /** The order's own date (RFC 3339, UTC, milliseconds), where it has one. */
      placedAt?: string | undefined
      /** Without it, orchestration. */
      coordination?: Coordination
    }
  | { type: 'ApproveOrder'; orderId: string }
  | { type: 'RejectOrder'; orderId: string; reason: RejectionReason }
  | { type: 'CancelOrder'; orderId: string; reason?: string | undefined; expectedVersion?: number | undefined }
  | { type: 'ShipOrder'; orderId: string; trackingCode?: string | undefined; expectedVersion?: number | undefined }
  | { type: 'RecordPayment'; orderId: string; expectedVersion?: number | undefined }
  | { type: 'ReviseOrder'; orderId: string; content: OrderContent; expectedVersion?: number | undefined }
  | { type: 'ApplyRevision'; orderId: string; revision: number }
  | { type: 'RejectRevision'; orderId: string; revision: number; reason: RevisionRejectionReason }
  | OrderNoteCommand

/** A plain total has no lines. */
type OrderContent = { lines: QuotedLine[] } | { total: Cents }

/**
 * The decision of an order that is coordinated by choreography. An order that is decided already records nothing more.
 */
type OrderNoteCommand =
  /** `deadline` in RFC 3339. */
  | { type: 'AwaitReservations'; orderId: string; deadline: string }
  | { type: 'NoteReservation'; orderId: string; step: string; refusedBecause?: RejectionReason }
  /** `now` in epoch milliseconds. */
  | { type: 'TimeOutOrder'; orderId: string; now: number }

/** A line with the price that was agreed or quoted; none was to be had for a product that is not in the range. */
export interface QuotedLine {
  productId: string
  quantity: number
  unitPrice?: Cents | undefined
}

export type Order =
  | { status: 'UNPLACED' }
  | {
      status: 'PENDING' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'SHIPPED' | 'PAID'
      customerId: string
      total: Cents
      coordination?: 'choreography'
      /** Kept as long as they can be revised. */
      lines: readonly OrderLine[]
      /** How many revisions have been requested. */
      revisions: number
      /** The new content from the newest revision, until that is decided. */
      pending?: { lines: OrderLine[]; total: Cents } | undefined
      /** Once it has been revised: the products that it was over before, of which it may have some still. */
      former?: ReadonlySet<string> | undefined
      /** By choreography only, while the order is PENDING. */
      awaited?: Awaited
    }

/** The open answers of an order: it is decided when none is left. */
interface Awaited {
  open: Set<string>
  refusals: Set<RejectionReason>
  /** RFC 3339. */
  deadline?: string
}

export const order: Decider<{ command: OrderCommand; state: Order; event: OrderEvent }> = {
  beginsWith: 'PlaceOrder',
  initialState: () => ({ status: 'UNPLACED' }),

  decide(command, order, version = 0) {
    const { orderId } = command
    if (command.type === 'PlaceOrder') {
      if (order.status !== 'UNPLACED') {
        return {
          code: 'ALREADY_EXISTS',
          message: `orderId must be a new id: ${orderId} is placed already.`,
          path: ['orderId'],
        }
      }
      const { customerId, placedAt, coordination } = command
      const priced = pricedContent(command.content)
      if ('code' in priced) return priced
      const coordinated = coordination === 'choreography' && { coordination }
      const dated = placedAt !== undefined && { placedAt }
      return [{ type: 'OrderPlaced', data: { orderId, customerId, ...priced, ...dated, ...coordinated } }]
    }

    if (order.status === 'UNPLACED') {
      return {
        code: 'NOT_FOUND',
        message: `orderId must be the id of a placed order: there is no ${orderId}.`,
        path: ['orderId'],
      }
    }
    const facts = factsOf(orderId, order)
    switch (command.type) {
      case 'ApproveOrder':
        if (order.status === 'APPROVED') return []
        return order.status === 'PENDING' ? [{ type: 'OrderApproved', data: facts }] : cannot('be approved', order)

      case 'RejectOrder':
        if (order.status === 'REJECTED') return []
        return order.status === 'PENDING'
          ? [{ type: 'OrderRejected', data: { ...facts, reason: command.reason } }]
          : cannot('be rejected', order)

      case 'CancelOrder': {
        if (isStale(command, version)) return stale(command, version)
        if (order.status !== 'PENDING' && order.status !== 'APPROVED') return cannot('be cancelled', order)
        const { reason } = command
        const overtaken = order.pending && { revision: order.revisions }
        return [{ type: 'OrderCancelled', data: { ...facts, ...(reason !== undefined && { reason }), ...overtaken } }]
      }

      case 'ShipOrder': {
        if (isStale(command, version)) return stale(command, version)
        if (order.status !== 'APPROVED') return cannot('be shipped', order)
        if (order.pending) return awaitsRevision('be shipped', order)
        const { trackingCode } = command
        return [{ type: 'OrderShipped', data: trackingCode === undefined ? facts : { ...facts, trackingCode } }]
      }

      case 'RecordPayment':
        if (isStale(command, version)) return stale(command, version)
        return order.status === 'SHIPPED' ? [{ type: 'OrderPaid', data: facts }] : cannot('be paid', order)

      case 'ReviseOrder': {
        if (isStale(command, version)) return stale(command, version)
        if (order.status !== 'APPROVED') return cannot('be revised', order)
        if (order.pending) return awaitsRevision('be revised', order)
        const revised = pricedContent(command.content)
        if ('code' in revised) return revised
        const { lines, total: revisedTotal } = revised
        const products = productsEver(order, lines).size
        if (products > MAX_PRODUCTS_EVER) return tooMany(products)
        const stock = stockChanges(order.lines, lines)
        const revision = order.revisions + 1
        return [{ type: 'OrderRevisionRequested', data: { ...facts, revision, lines, revisedTotal, stock } }]
      }

      case 'ApplyRevision': {
        const { revision } = command
        if (!isPending(order, revision)) return notPending(revision)
        return [{ type: 'OrderRevised', data: { ...facts, ...order.pending, revision } }]
      }

      case 'RejectRevision': {
        const { revision, reason } = command
        if (!isPending(order, revision)) return notPending(revision)
        return [{ type: 'OrderRevisionRejected', data: { ...facts, revision, reason } }]
      }

      case 'AwaitReservations':
        return order.awaited ? [{ type: 'ReservationsAwaited', data: { ...facts, deadline: command.deadline } }] : []

      case 'NoteReservation': {
        const { step, refusedBecause } = command
        const { awaited } = order
        if (!awaited?.open.has(step)) return []
        const noted: OrderEvent = {
          type: 'ReservationNoted',
          data: refusedBecause === undefined ? { ...facts, step } : { ...facts, step, refusedBecause },
        }
        if (awaited.open.size > 1) return [noted]
        const reason = REASONS.find((reason) => reason === refusedBecause || awaited.refusals.has(reason))
        return [
          noted,
          reason ? { type: 'OrderRejected', data: { ...facts, reason } } : { type: 'OrderApproved', data: facts },
        ]
      }

      case 'TimeOutOrder': {
        const deadline = order.awaited?.deadline
        if (deadline === undefined || command.now < Date.parse(deadline)) return []
        return [{ type: 'OrderRejected', data: { ...facts, reason: 'TIMED_OUT' } }]
      }

      default:
        throw new Error(`An order knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(order, { type, data }) {
    if (type === 'OrderPlaced') {
      const { customerId, total, coordination, lines } = data
      const placed = { status: 'PENDING', customerId, total, lines, revisions: 0 } as const
      if (coordination === undefined) return placed
      const open = new Set([CREDIT, ...lines.map(({ productId }) => stockOf(productId))])
      return { ...placed, coordination, awaited: { open, refusals: new Set() } }
    }
    if (order.status === 'UNPLACED') return order
    switch (type) {
      case 'ReservationsAwaited':
        if (order.awaited) order.awaited.deadline = data.deadline
        return order
      case 'ReservationNoted':
        order.awaited?.open.delete(data.step)
        if (data.refusedBecause) order.awaited?.refusals.add(data.refusedBecause)
        return order
      case 'OrderRevisionRequested': {
        const { revision, lines, revisedTotal } = data
        return { ...order, revisions: revision, pending: { lines, total: revisedTotal } }
      }
      case 'OrderRevised':
        return { ...order, lines: data.lines, total: data.total, pending: undefined, former: productsEver(order) }
      case 'OrderRevisionRejected':
        return { ...order, pending: undefined }
      case 'OrderApproved': {
        const { awaited: _, ...approved } = order
        return { ...approved, status: 'APPROVED' }
      }
      case 'OrderRejected':
      case 'OrderCancelled':
      case 'OrderShipped':
      case 'OrderPaid': {
        const { awaited: _, ...over } = order
        return { ...over, status: statusAfter[type], lines: [], pending: undefined, former: undefined }
      }
      default:
        throw new Error(`An order knows no event ${type satisfies never}`)
    }
  },

  /** A line with the longest id takes 150 bytes. */
  weight(order) {
    if (order.status === 'UNPLACED') return 0
    const { lines, pending, former, awaited } = order
    return (lines.length + (pending?.lines.length ?? 0) + (former?.size ?? 0) + (awaited?.open.size ?? 0)) / 2
  },
}

function factsOf(orderId: string, { customerId, total, coordination }: PlacedOrder) {
  return { orderId, customerId, total, ...(coordination && { coordination }) }
}

function pricedContent(content: OrderContent): { lines: OrderLine[]; total: Cents } | Refusal {
  return 'total' in content ? { lines: [], total: content.total } : pricedLines(content.lines)
}

function pricedLines(quoted: readonly QuotedLine[]): { lines: OrderLine[]; total: Cents } | Refusal {
  const lines: OrderLine[] = []
  let total = 0
  for (const [index, { productId, quantity, unitPrice }] of quoted.entries()) {
    const path = ['content', 'lines', String(index)]
    if (unitPrice === undefined) {
      const message = `${path.join('.')}.productId must be the id of a product in the range: there is no ${productId}.`
      return { code: 'NOT_FOUND', message, path: [...path, 'productId'] }
    }
    total += quantity * unitPrice
    if (total > MAX_CENTS) {
      const message = `${path.join('.')}.quantity brings the total of the order above ${formatMoney(MAX_CENTS)}, the maximum.`
      return { code: 'INVALID_INPUT', message, path: [...path, 'quantity'] }
    }
    lines.push({ productId, quantity, unitPrice })
  }
  return { lines, total }
}

/** The products that an order has been over until now, and those of more lines. */
function productsEver({ former = new Set(), lines }: PlacedOrder, more: readonly OrderLine[] = []): Set<string> {
  return new Set([...former, ...[...lines, ...more].map(({ productId }) => productId)])
}

function tooMany(products: number): Refusal {
  const message = `content.lines would bring the order to ${products} different products since it was placed. The maximum is ${MAX_PRODUCTS_EVER}.`
  return { code: 'INVALID_INPUT', message, path: ['content', 'lines'] }
}

type PlacedOrder = Exclude<Order, { status: 'UNPLACED' }>

/** After these, nothing of an order can be revised. */
const statusAfter = {
  OrderRejected: 'REJECTED',
  OrderCancelled: 'CANCELLED',
  OrderShipped: 'SHIPPED',
  OrderPaid: 'PAID',
} as const satisfies Partial<Record<OrderEvent['type'], PlacedOrder['status']>>

/** The states that allow each operation, as a sentence for a client that tried it in another state. */
const possible = {
  'be approved': 'Only a PENDING order can be approved.',
  'be rejected': 'Only a PENDING order can be rejected.',
  'be cancelled': 'Only a PENDING or APPROVED order can be cancelled.',
  'be shipped': 'Only an APPROVED order can be shipped.',
  'be paid': 'Only a SHIPPED order can be paid.',
  'be revised': 'Only an APPROVED order can be revised.',
}

function cannot(what: keyof typeof possible, order: PlacedOrder): Refusal {
  return { code: 'ILLEGAL_STATE', message: `The order is ${order.status}. ${possible[what]}`, path: ['orderId'] }
}

function awaitsRevision(what: 'be shipped' | 'be revised', { revisions }: PlacedOrder): Refusal {
  const message = `Revision ${revisions} of the order is pending. The order can ${what} after that revision is applied or rejected.`
  return { code: 'ILLEGAL_STATE', message, path: ['orderId'] }
}

function isPending(order: PlacedOrder, revision: number): order is PlacedOrder & { pending: object } {
  return order.pending !== undefined && order.revisions === revision
}

function notPending(revision: number): Refusal {
  return { code: 'ILLEGAL_STATE', message: `Revision ${revision} of the order is not pending.`, path: ['orderId'] }
}

interface Expecting {
  expectedVersion?: number | undefined
}

function isStale({ expectedVersion }: Expecting, version: number): boolean {
  return expectedVersion !== undefined && expectedVersion !== version
}

function stale({ expectedVersion }: Expecting, version: number): Refusal {
  const expected = String(expectedVersion)
  const actual = String(version)
  return {
    code: 'CONFLICT',
    message: `expectedVersion is ${expected}, but the order is at version ${actual}. Read the order again.`,
    path: ['expectedVersion'],
    expected,
    actual,
  }
}
