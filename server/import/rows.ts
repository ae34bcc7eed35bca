// What a row of a wholesaler's file is to the desk: a line of an order, or why it is none.
import { type Cents, formatMoney, MAX_CENTS, parseMoney } from '../../events/money.ts'
import { BROKEN_OFF, type CsvRecord, records, UnreadableFile } from './csv.ts'

export const SKIP_REASONS = ['malformed', 'creditNote', 'noCustomer', 'quantity', 'price'] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** A row that becomes an order line. Ids are as the desk takes them; `invoice`, `stockCode` and `customer` are as the file has them. */
export interface AcceptedRow {
  orderId: string
  productId: string
  customerId: string
  invoice: string
  stockCode: string
  customer: string
  country: string
  description: string
  quantity: number
  unitPrice: Cents
}

export interface SkippedRow {
  skipped: SkipReason
  /** Where the row begins in the file: 2 for the first one below the header. */
  line: number
  /** What is wrong with it, such as `Quantity is "six"`. */
  why: string
}

export type Row = AcceptedRow | SkippedRow

/** The columns that are read, by the names that the UCI Online Retail data set gives them. Others may be there. */
const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'UnitPrice', 'CustomerID', 'Country'] as const
type Column = (typeof COLUMNS)[number]
const IDENTIFIERS: readonly Column[] = ['InvoiceNo', 'StockCode', 'CustomerID']

/** So much of a field is shown of what is wrong. */
const MAX_QUOTED = 40

/** The API's bounds: characters of an id after its prefix, and the largest Int of GraphQL. */
const MAX_ID_LENGTH = 64
const MAX_QUANTITY = 2 ** 31 - 1
const LARGEST_PRICE = formatMoney(MAX_CENTS)

/**
 * The rows of a wholesaler's CSV file in file order, the header excepted.
 * @throws UnreadableFile when it is not there, is not CSV, or lacks a column
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  let judge: ((record: CsvRecord) => Row) | undefined
  for await (const record of records(path)) {
    if (judge) yield judge(record)
    else judge = rowJudge(path, record.fields)
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
function rowJudge(path: string, header: CsvRecord['fields']): (record: CsvRecord) => Row {
  const place = placesOf(path, header === BROKEN_OFF ? [] : header)
  return ({ line, fields }) => {
    const skipped = (reason: SkipReason, why: string): SkippedRow => ({ skipped: reason, line, why })
    if (fields === BROKEN_OFF) return skipped('malformed', 'the file ends within quotes')
    if (fields.length !== header.length) {
      return skipped('malformed', `the header has ${header.length} fields, this row has ${fields.length}`)
    }
    const field = (column: Column) => fields[place[column]] ?? ''
    const is = (column: Column) => `${column} is ${quoted(field(column))}`
    const invoice = field('InvoiceNo')
    const product = field('StockCode')
    const customer = field('CustomerID')
    const quantity = wholeNumber(field('Quantity'))
    const unitPrice = cents(field('UnitPrice'))
    if (isBlank(invoice)) return skipped('malformed', 'InvoiceNo is blank')
    if (isBlank(product)) return skipped('malformed', 'StockCode is blank')
    const tooLong = IDENTIFIERS.find((column) => field(column).length > MAX_ID_LENGTH)
    if (tooLong) return skipped('malformed', `${is(tooLong)}, more than ${MAX_ID_LENGTH} characters`)
    if (quantity === undefined) return skipped('malformed', `${is('Quantity')}, no whole number up to ${MAX_QUANTITY}`)
    if (unitPrice === undefined) return skipped('malformed', `${is('UnitPrice')}, no amount up to ${LARGEST_PRICE}`)
    if (invoice.startsWith('C')) return skipped('creditNote', is('InvoiceNo'))
    if (isBlank(customer)) return skipped('noCustomer', 'CustomerID is blank')
    if (quantity <= 0) return skipped('quantity', is('Quantity'))
    if (unitPrice <= 0) return skipped('price', is('UnitPrice'))
    return {
      orderId: `ord_${idPart(invoice)}`,
      productId: `prd_${idPart(product)}`,
      customerId: `cus_${idPart(customer)}`,
      invoice,
      stockCode: product,
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

/** A field as one line that is not too long, whatever is in it. */
function quoted(text: string): string {
  return JSON.stringify(text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`)
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
