// The plan of an import: customers, products and orders, made of the accepted rows of a file.
import type { OrderLine } from '../../events/catalogue.ts'
import type { Cents } from '../../events/money.ts'
import { type Dates, datesIn } from './dates.ts'
import { type AcceptedRow, type Rounded, type Row, SKIP_REASONS, type SkippedRow, type SkipReason } from './rows.ts'
import { countSharers, type Shared } from './sharers.ts'

/** Ids are unique in each list, which is in the order of first appearance. */
export interface Plan {
  rows: number
  rowsSkipped: Record<SkipReason, number>
  /** The first few rows that are skipped for each reason. */
  skipped: Record<SkipReason, SkippedRow[]>
  /** How many rows have a price that was rounded, and the first few of them. */
  rounded: { rows: number; first: Rounded[] }
  customers: { customerId: string; name: string }[]
  products: { productId: string; name: string; price: Cents }[]
  orders: PlannedOrder[]
  /** Ids that stand for several of the file's own, which differ only in characters that ids cannot have; by the file's column. */
  merged: { InvoiceNo: Shared[]; StockCode: Shared[]; CustomerID: Shared[] }
  /** Orders whose rows name several customers, by their ids: the first is the order's. */
  ofSeveralCustomers: Shared[]
  /** Orders whose date is none that can be read, with the date as the file has it. */
  undated: { orderId: string; date: string }[]
}

export interface PlannedOrder {
  orderId: string
  customerId: string
  lines: OrderLine[]
  /** RFC 3339, UTC; not there where the file has no date for it, or none that can be read. */
  placedAt?: string
}

/** The most rows that a remark names of those that are skipped for one reason, and of those whose price is rounded. */
const ROWS_NAMED = 3

/** The longest name that the desk takes, in characters. */
const MAX_NAME_LENGTH = 200

/**
 * Counts and sorts rows. Rows with the same id name the same thing: the first row gives a customer's number, a product's price
 * and an order's customer and date; the first row that has one gives a customer's country and a product's description. An order
 * has a line for each of its rows, in file order.
 * @param timeZone of the dates in the file
 */
export async function planOf(rows: AsyncIterable<Row> | Iterable<Row>, timeZone = 'UTC'): Promise<Plan> {
  const customers = new Map<string, { number: string; country: string }>()
  const products = new Map<string, { code: string; description: string; price: Cents }>()
  const orders = new Map<string, PlannedOrder>()
  const dates = datesIn(timeZone)
  const dateOf = new Map<string, string>()
  const rounded: Plan['rounded'] = { rows: 0, first: [] }
  const invoices = countSharers()
  const stockCodes = countSharers()
  const customerNumbers = countSharers()
  const customersOfOrders = countSharers()
  const rowsSkipped = forEachReason(() => 0)
  const skipped = forEachReason((): SkippedRow[] => [])
  let count = 0

  for await (const row of rows) {
    count += 1
    if ('skipped' in row) skip(row)
    else accept(row)
  }
  const undated = dateOrders(orders, dateOf, dates)
  return {
    rows: count,
    rowsSkipped,
    skipped,
    rounded,
    undated,
    customers: [...customers].map(([customerId, { number, country }]) => ({
      customerId,
      name: nameOf(country.trim() ? `Customer ${number} (${country})` : `Customer ${number}`),
    })),
    products: [...products].map(([productId, { code, description, price }]) => ({
      productId,
      name: nameOf(description.trim() ? description : code),
      price,
    })),
    orders: [...orders.values()],
    merged: { InvoiceNo: invoices.shared(), StockCode: stockCodes.shared(), CustomerID: customerNumbers.shared() },
    ofSeveralCustomers: customersOfOrders.shared(),
  }

  function skip(row: SkippedRow): void {
    rowsSkipped[row.skipped] += 1
    const first = skipped[row.skipped]
    if (first.length < ROWS_NAMED) first.push(row)
  }

  function accept(row: AcceptedRow): void {
    const { customerId, productId, orderId, quantity, unitPrice } = row
    const customer = presentOr(customers, customerId, () => ({ number: row.customer, country: '' }))
    if (!customer.country.trim()) customer.country = row.country
    const product = presentOr(products, productId, () => ({
      code: productId.slice('prd_'.length),
      description: '',
      price: unitPrice,
    }))
    if (!product.description.trim()) product.description = row.description
    const order = presentOr(orders, orderId, () => ({ orderId, customerId, lines: [] }))
    if (row.date !== undefined) {
      dates.note(row.date)
      if (order.lines.length === 0) dateOf.set(orderId, row.date)
    }
    if (row.rounded) {
      rounded.rows += 1
      if (rounded.first.length < ROWS_NAMED) rounded.first.push(row.rounded)
    }
    order.lines.push({ productId, quantity, unitPrice })
    invoices.count(orderId, row.invoice)
    stockCodes.count(productId, row.stockCode)
    customerNumbers.count(customerId, row.customer)
    customersOfOrders.count(orderId, customerId)
  }
}

/** Called once all dates of the file are known: they decide how each of them is read. Returns the orders whose date is none. */
function dateOrders(orders: Map<string, PlannedOrder>, dateOf: ReadonlyMap<string, string>, dates: Dates) {
  const undated: Plan['undated'] = []
  for (const order of orders.values()) {
    const date = dateOf.get(order.orderId)
    if (date === undefined) continue
    const placedAt = dates.read(date)
    if (placedAt === undefined) undated.push({ orderId: order.orderId, date })
    else order.placedAt = placedAt
  }
  return undated
}

function forEachReason<Value>(value: () => Value): Record<SkipReason, Value> {
  return Object.fromEntries(SKIP_REASONS.map((reason) => [reason, value()])) as Record<SkipReason, Value>
}

function presentOr<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  return made
}

/** Text as a name: on one line, and cut where it is too long, but not inside a character. */
function nameOf(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ')
  return line.length <= MAX_NAME_LENGTH ? line : line.slice(0, MAX_NAME_LENGTH).replace(/[\uD800-\uDBFF]$/, '')
}
