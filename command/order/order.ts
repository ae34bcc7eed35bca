// What can be asked of an order, and what the answer is.
import type { OrderEvent, OrderLine, RejectionReason } from '../../events/catalogue.ts'
import { type Cents, formatMoney, MAX_CENTS } from '../../events/money.ts'
import type { Decider, Refusal } from '../decider.ts'

export type OrderCommand =
  | { type: 'PlaceOrder'; orderId: string; customerId: string; content: { lines: QuotedLine[] } | { total: Cents } }
  | { type: 'ApproveOrder'; orderId: string }
  | { type: 'RejectOrder'; orderId: string; reason: RejectionReason }
  | { type: 'CancelOrder'; orderId: string; reason?: string | undefined; expectedVersion?: number | undefined }
  | { type: 'ShipOrder'; orderId: string; trackingCode?: string | undefined; expectedVersion?: number | undefined }
  | { type: 'RecordPayment'; orderId: string; expectedVersion?: number | undefined }

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
      /** How many events the order has. */
      version: number
    }

export const order: Decider<{ command: OrderCommand; state: Order; event: OrderEvent }> = {
  initialState: () => ({ status: 'UNPLACED' }),

  decide(command, order) {
    const { orderId } = command
    if (command.type === 'PlaceOrder') {
      if (order.status !== 'UNPLACED') {
        return { code: 'ALREADY_EXISTS', message: `${orderId} has been placed already.`, path: ['orderId'] }
      }
      const { customerId, content } = command
      if ('total' in content) {
        return [{ type: 'OrderPlaced', data: { orderId, customerId, total: content.total, lines: [] } }]
      }
      const priced = pricedLines(content.lines)
      return 'code' in priced ? priced : [{ type: 'OrderPlaced', data: { orderId, customerId, ...priced } }]
    }

    if (order.status === 'UNPLACED') {
      return { code: 'NOT_FOUND', message: `There is no order ${orderId}.`, path: ['orderId'] }
    }
    const facts = { orderId, customerId: order.customerId, total: order.total }
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
        if (isStale(command, order)) return stale(command, order)
        if (order.status !== 'PENDING' && order.status !== 'APPROVED') return cannot('be cancelled', order)
        const { reason } = command
        return [{ type: 'OrderCancelled', data: reason === undefined ? facts : { ...facts, reason } }]
      }

      case 'ShipOrder': {
        if (isStale(command, order)) return stale(command, order)
        if (order.status !== 'APPROVED') return cannot('be shipped', order)
        const { trackingCode } = command
        return [{ type: 'OrderShipped', data: trackingCode === undefined ? facts : { ...facts, trackingCode } }]
      }

      case 'RecordPayment':
        if (isStale(command, order)) return stale(command, order)
        return order.status === 'SHIPPED' ? [{ type: 'OrderPaid', data: facts }] : cannot('be paid', order)

      default:
        throw new Error(`An order knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(order, { type, data }) {
    if (type === 'OrderPlaced') {
      return { status: 'PENDING', customerId: data.customerId, total: data.total, version: 1 }
    }
    return order.status === 'UNPLACED' ? order : { ...order, status: statusAfter[type], version: order.version + 1 }
  },
}

function pricedLines(quoted: readonly QuotedLine[]): { lines: OrderLine[]; total: Cents } | Refusal {
  const lines: OrderLine[] = []
  let total = 0
  for (const [index, { productId, quantity, unitPrice }] of quoted.entries()) {
    const path = ['content', 'lines', String(index)]
    if (unitPrice === undefined) {
      return { code: 'NOT_FOUND', message: `There is no product ${productId}.`, path: [...path, 'productId'] }
    }
    total += quantity * unitPrice
    if (total > MAX_CENTS) {
      const message = `With this line the order comes to more than ${formatMoney(MAX_CENTS)}, the most it can be.`
      return { code: 'INVALID_INPUT', message, path: [...path, 'quantity'] }
    }
    lines.push({ productId, quantity, unitPrice })
  }
  return { lines, total }
}

type PlacedOrder = Exclude<Order, { status: 'UNPLACED' }>

const statusAfter = {
  OrderApproved: 'APPROVED',
  OrderRejected: 'REJECTED',
  OrderCancelled: 'CANCELLED',
  OrderShipped: 'SHIPPED',
  OrderPaid: 'PAID',
} as const satisfies Record<Exclude<OrderEvent['type'], 'OrderPlaced'>, PlacedOrder['status']>

/** From where each operation is possible, as a sentence for whoever tried it elsewhere. */
const possible = {
  'be approved': 'Only a PENDING order can be approved.',
  'be rejected': 'Only a PENDING order can be rejected.',
  'be cancelled': 'Only a PENDING or APPROVED order can be cancelled.',
  'be shipped': 'Only an APPROVED order can be shipped.',
  'be paid': 'Only a SHIPPED order can be paid.',
}

function cannot(what: keyof typeof possible, order: PlacedOrder): Refusal {
  return { code: 'ILLEGAL_STATE', message: `The order is ${order.status}. ${possible[what]}`, path: ['orderId'] }
}

interface Expecting {
  expectedVersion?: number | undefined
}

function isStale({ expectedVersion }: Expecting, order: PlacedOrder): boolean {
  return expectedVersion !== undefined && expectedVersion !== order.version
}

function stale({ expectedVersion }: Expecting, order: PlacedOrder): Refusal {
  const expected = String(expectedVersion)
  const actual = String(order.version)
  return {
    code: 'CONFLICT',
    message: `The order is at version ${actual}, not ${expected}.`,
    path: ['expectedVersion'],
    expected,
    actual,
  }
}
