// What a file asks of the desk: customers, products and orders, made of its accepted rows.
import type { OrderLine } from '../../events/catalogue.ts'
import type { Cents } from '../../events/money.ts'
import { type AcceptedRow, type Row, SKIP_REASONS, type SkippedRow, type SkipReason } from './rows.ts'
import { countSharers, type Shared } from './sharers.ts'

/** Ids are unique in each list, which is in the order of first appearance. */
export interface Plan {
  rows: number
  rowsSkipped: Record<SkipReason, number>
  /** The first few rows that are skipped for each reason. */
  skipped: Record<SkipReason, SkippedRow[]>
  customers: { customerId: string; name: string }[]
  products: { productId: string; name: string; price: Cents }[]
  orders: PlannedOrder[]
  /** Ids that stand for several of the file's own, which differ only in characters that ids cannot have; by the file's column. */
  merged: { InvoiceNo: Shared[]; StockCode: Shared[]; CustomerID: Shared[] }
  /** Orders whose rows name several customers, by their ids: the first is the order's. */
  ofSeveralCustomers: Shared[]
}

export interface PlannedOrder {
  orderId: string
  customerId: string
  lines: OrderLine[]
}

/** So many of the rows that are skipped for one reason are named. */
const SKIPPED_NAMED = 3

/** The longest name that the desk takes, in characters. */
const MAX_NAME_LENGTH = 200

/**
 * Counts and sorts rows. What has the same id is the same: the first row gives a customer's number, a product's price
 * and an order's customer; the first row that has one gives a customer's country and a product's description. An order
 * has a line for each of its rows, in file order.
 */
export async function planOf(rows: AsyncIterable<Row> | Iterable<Row>): Promise<Plan> {
  const customers = new Map<string, { number: string; country: string }>()
  const products = new Map<string, { code: string; description: string; price: Cents }>()
  const orders = new Map<string, PlannedOrder>()
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
  return {
    rows: count,
    rowsSkipped,
    skipped,
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
    if (first.length < SKIPPED_NAMED) first.push(row)
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
    order.lines.push({ productId, quantity, unitPrice })
    invoices.count(orderId, row.invoice)
    stockCodes.count(productId, row.stockCode)
    customerNumbers.count(customerId, row.customer)
    customersOfOrders.count(orderId, customerId)
  }
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
