// What a row of a wholesaler's file is to the desk: a line of an order, or why it is none.
import { type Cents, MAX_CENTS, parseMoney } from '../../events/money.ts'
import { BROKEN_OFF, records, UnreadableFile } from './csv.ts'

export const SKIP_REASONS = ['malformed', 'creditNote', 'noCustomer', 'quantity', 'price'] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** A row that becomes an order line. Ids are as the desk takes them; `customer` is the number as the file has it. */
export interface AcceptedRow {
  orderId: string
  productId: string
  customerId: string
  customer: string
  country: string
  description: string
  quantity: number
  unitPrice: Cents
}

export type Row = AcceptedRow | SkipReason

/** The columns that are read, by the names that the UCI Online Retail data set gives them. Others may be there. */
const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'UnitPrice', 'CustomerID', 'Country'] as const
type Column = (typeof COLUMNS)[number]

/** The API's bounds: characters of an id after its prefix, and the largest Int of GraphQL. */
const MAX_ID_LENGTH = 64
const MAX_QUANTITY = 2 ** 31 - 1

/**
 * The rows of a wholesaler's CSV file in file order, the header excepted.
 * @throws UnreadableFile when it is not there, is not CSV, or lacks a column
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  let judge: ((record: readonly string[]) => Row) | undefined
  for await (const record of records(path)) {
    if (record === BROKEN_OFF) yield 'malformed'
    else if (judge) yield judge(record)
    else judge = rowJudge(path, record)
  }
  if (!judge)
    throw new UnreadableFile(`${path} is empty: its first line should name the columns ${COLUMNS.join(', ')}.`)
}

/**
 * How the records below a header are read. Columns may stand in any order, their names in any case.
 * A row is skipped for the first reason that holds, in the order of SKIP_REASONS. Malformed is a row that has not one
 * field for each column, no invoice or product, a number that is none or is larger than the desk can hold, or an
 * identifier over 64 characters: a shortened one could be taken for another.
 */
function rowJudge(path: string, header: readonly string[]): (record: readonly string[]) => Row {
  const place = placesOf(path, header)
  return (record) => {
    if (record.length !== header.length) return 'malformed'
    const field = (column: Column) => record[place[column]] ?? ''
    const invoice = field('InvoiceNo')
    const product = field('StockCode')
    const customer = field('CustomerID')
    const quantity = wholeNumber(field('Quantity'))
    const unitPrice = cents(field('UnitPrice'))
    if (isBlank(invoice) || isBlank(product) || quantity === undefined || unitPrice === undefined) return 'malformed'
    if ([invoice, product, customer].some((text) => text.length > MAX_ID_LENGTH)) return 'malformed'
    if (invoice.startsWith('C')) return 'creditNote'
    if (isBlank(customer)) return 'noCustomer'
    if (quantity <= 0) return 'quantity'
    if (unitPrice <= 0) return 'price'
    return {
      orderId: `ord_${idPart(invoice)}`,
      productId: `prd_${idPart(product)}`,
      customerId: `cus_${idPart(customer)}`,
      customer,
      country: field('Country'),
      description: field('Description'),
      quantity,
      unitPrice,
    }
  }
}

function placesOf(path: string, header: readonly string[]): Record<Column, number> {
  const names = header.map((name) => name.trim().toLowerCase())
  const places = COLUMNS.map((column) => [column, names.indexOf(column.toLowerCase())] as const)
  const missing = places.filter(([, place]) => place < 0).map(([column]) => column)
  if (missing.length > 0) {
    throw new UnreadableFile(
      `${path} has no column ${missing.join(', ')}. Its first line should name the columns ${COLUMNS.join(', ')}.`,
    )
  }
  return Object.fromEntries(places) as Record<Column, number>
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function idPart(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_')
}

/** A whole number, also one that a spreadsheet wrote as `6.0`; `undefined` when it is none or too large. */
function wholeNumber(text: string): number | undefined {
  const number = /^-?\d+(\.0+)?$/.test(text.trim()) ? Number(text) : Number.NaN
  return Math.abs(number) <= MAX_QUANTITY ? number : undefined
}

/** A decimal number as cents, exactly, a third fraction digit rounding half up; `undefined` when it is none or too large. */
function cents(text: string): Cents | undefined {
  const [, sign, units = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text.trim()) ?? []
  if (units + fraction === '') return undefined
  const down = parseMoney(`${units || '0'}.${fraction.slice(0, 2).padEnd(2, '0')}`) ?? Number.NaN
  const amount = down + (fraction.charAt(2) >= '5' ? 1 : 0)
  if (!(amount <= MAX_CENTS)) return undefined
  return sign ? -amount : amount
}
