// The result of an import, counted over the file's own orders.
import { type Cents, formatMoney, parseMoney } from '../../events/money.ts'
import type { Imported } from './import.ts'
import type { OrderState } from './operations.ts'
import type { Plan } from './plan.ts'

/** The object that `--json` prints. */
export interface Summary {
  /** Rows of the file, without the header. */
  rows: number
  rowsSkipped: Plan['rowsSkipped']
  /** Rows whose price was rounded to whole cents. */
  pricesRounded: number
  customers: number
  products: number
  /** The file's orders that are on the desk, placed by this run or before. */
  ordersPlaced: number
  /** Approved and not cancelled since; shipped and paid ones were approved too. */
  approved: number
  rejected: Record<NonNullable<OrderState['rejectionReason']>, number>
  cancelled: number
  /** Money: what the approved orders come to. */
  approvedTotal: string
  /** How much of it an earlier import, or somebody else, had brought to the desk. */
  alreadyThere: Imported['alreadyThere']
  /** Customers, products and orders that the desk would not take. */
  refused: number
  seconds: number
}

/** @param seconds how long the import took */
export function summaryOf(plan: Plan, imported: Imported, seconds: number): Summary {
  const { orders, alreadyThere, refused } = imported
  const approved = orders.filter(({ status }) => status === 'APPROVED' || status === 'SHIPPED' || status === 'PAID')
  const rejectedFor = (reason: OrderState['rejectionReason']) =>
    orders.filter((order) => order.status === 'REJECTED' && order.rejectionReason === reason).length
  return {
    rows: plan.rows,
    rowsSkipped: plan.rowsSkipped,
    pricesRounded: plan.rounded.rows,
    customers: plan.customers.length,
    products: plan.products.length,
    ordersPlaced: orders.length,
    approved: approved.length,
    rejected: {
      CREDIT_LIMIT_EXCEEDED: rejectedFor('CREDIT_LIMIT_EXCEEDED'),
      OUT_OF_STOCK: rejectedFor('OUT_OF_STOCK'),
      UNKNOWN_CUSTOMER: rejectedFor('UNKNOWN_CUSTOMER'),
      UNKNOWN_PRODUCT: rejectedFor('UNKNOWN_PRODUCT'),
      TIMED_OUT: rejectedFor('TIMED_OUT'),
    },
    cancelled: orders.filter(({ status }) => status === 'CANCELLED').length,
    approvedTotal: formatMoney(approved.reduce((sum, { total }) => sum + centsOf(total), 0)),
    alreadyThere,
    refused: refused.length,
    seconds: Math.round(seconds * 1000) / 1000,
  }
}

/** The summary as lines for people. */
export function summaryText(summary: Summary): string {
  const { rows, rowsSkipped, customers, products, ordersPlaced, approved, rejected, cancelled, alreadyThere } = summary
  const lines = [
    `Rows read         ${rows}${counts(rowsSkipped, 'skipped')}`,
    ...(summary.pricesRounded > 0 ? [`Prices rounded    ${summary.pricesRounded}`] : []),
    `Customers         ${customers}${already(alreadyThere.customers)}`,
    `Products          ${products}${already(alreadyThere.products)}`,
    `Orders            ${ordersPlaced}${already(alreadyThere.orders)}`,
    `  approved        ${approved}, together ${summary.approvedTotal}`,
    `  rejected        ${total(rejected)}${counts(rejected)}`,
    `  cancelled       ${cancelled}`,
    `Refused           ${summary.refused}`,
    `Seconds           ${summary.seconds}`,
  ]
  return lines.join('\n')
}

function already(count: number): string {
  return count > 0 ? `, ${count} of them existed already` : ''
}

/** The counts that are not zero, e.g. `, skipped 43: malformed 1, price 42`. */
function counts(byReason: Readonly<Record<string, number>>, word?: string): string {
  const some = Object.entries(byReason).filter(([, count]) => count > 0)
  if (some.length === 0) return ''
  const reasons = some.map(([reason, count]) => `${reason} ${count}`).join(', ')
  return word ? `, ${word} ${total(byReason)}: ${reasons}` : `: ${reasons}`
}

function total(byReason: Readonly<Record<string, number>>): number {
  return Object.values(byReason).reduce((sum, count) => sum + count, 0)
}

function centsOf(money: string): Cents {
  const cents = parseMoney(money)
  if (cents === undefined) throw new Error(`The desk returned an order total that is not an amount: ${money}`)
  return cents
}
