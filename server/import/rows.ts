// Reads each row of a wholesaler's file as a line of an order, or as the reason why it is none.

import { type Cents, formatMoney, MAX_CENTS, parseMoney } from '../../events/money.ts'
import { counted } from '../../kernel/counted.ts'
import { BROKEN_OFF, type Csv, type CsvRecord, openCsv, SEPARATORS, type Separator } from './csv.ts'
import { UnreadableFile } from './file-text.ts'

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
  /** The invoice's date as the file has it, where it has one. */
  date?: string
  /** There where the price has more digits than cents can hold, and is rounded. */
  rounded?: Rounded
}

export interface Rounded {
  /** As of a skipped row. */
  line: number
  /** The price before and after rounding, such as `UnitPrice 1.005 became 1.01`. */
  how: string
}

export interface RowOptions {
  /** Skips rows whose price would have to be rounded. */
  exactPrices?: boolean
}

export interface SkippedRow {
  skipped: SkipReason
  /** Where the row begins in the file: 2 for the first one below the header. */
  line: number
  /** The fault of the row, such as `Quantity is "six"`. */
  why: string
}

export type Row = AcceptedRow | SkippedRow

/** The columns that are read, by the names that the UCI data set Online Retail gives them. Others may be there. */
const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'UnitPrice', 'CustomerID', 'Country'] as const
type Column = (typeof COLUMNS)[number] | 'InvoiceDate'

/** The names that the data set Online Retail II gives them, where they differ. */
const OTHER_NAMES: Partial<Record<Column, string>> = {
  InvoiceNo: 'Invoice',
  UnitPrice: 'Price',
  CustomerID: 'Customer ID',
}
const IDENTIFIERS: readonly Column[] = ['InvoiceNo', 'StockCode', 'CustomerID']

/** The most characters of a wrong field that are shown. */
const MAX_QUOTED = 40
const MAX_HEADER_QUOTED = 120

/** The API's bounds: characters of an id after its prefix, and the largest Int of GraphQL. */
const MAX_ID_LENGTH = 64
const MAX_QUANTITY = 2 ** 31 - 1
const LARGEST_PRICE = formatMoney(MAX_CENTS)

/**
 * The rows of a wholesaler's CSV file in file order, the header excepted. Its fields have commas, semicolons or tabs between them: whichever
 * makes the header name the most columns.
 * @throws UnreadableFile when it is not there, is not CSV, or lacks a column
 */
export async function* readRows(path: string, options: RowOptions = {}): AsyncGenerator<Row> {
  const csv = await openCsv(path, separatorOf)
  let judge: ((record: CsvRecord) => Row) | undefined
  for await (const record of csv.records) {
    if (judge) yield judge(record)
    else judge = rowJudge(path, csv, record.fields, options)
  }
  if (!judge) throw new UnreadableFile(`${path} is empty. Its first line must name the columns ${COLUMNS.join(', ')}.`)
}

/**
 * How the records below a header are read. Columns may stand in any order, their names in any case. The column InvoiceDate may be missing.
 * A row is skipped for the first reason that holds, in the order of SKIP_REASONS. Malformed is a row that has not one
 * field for each column, no invoice or product, a number that is none or is larger than the desk can hold, or an
 * identifier over 64 characters: a shortened one could be taken for another.
 */
function rowJudge(
  path: string,
  csv: Csv,
  header: CsvRecord['fields'],
  { exactPrices = false }: RowOptions,
): (record: CsvRecord) => Row {
  const names = header === BROKEN_OFF ? [] : header.map((name) => name.trim())
  const place = placesOf(path, csv, names)
  // Files have semicolons between fields where a comma separates the cents.
  const number = (text: string) => (csv.separator === ';' ? text.replace(',', '.') : text)
  return ({ line, fields }) => {
    const skipped = (reason: SkipReason, why: string): SkippedRow => ({ skipped: reason, line, why })
    if (fields === BROKEN_OFF) return skipped('malformed', 'the file ends within quotes')
    if (fields.length !== header.length) {
      return skipped('malformed', `the header has ${counted(header.length, 'field')}, this row has ${fields.length}`)
    }
    const field = (column: Column) => fields[place[column]] ?? ''
    const is = (column: Column) => `${names[place[column]]} is ${quoted(field(column))}`
    const invoice = field('InvoiceNo')
    const product = field('StockCode')
    const customer = field('CustomerID')
    const quantity = wholeNumber(number(field('Quantity')))
    const price = cents(number(field('UnitPrice')))
    const blank = (column: Column) => `${names[place[column]]} is blank`
    if (isBlank(invoice)) return skipped('malformed', blank('InvoiceNo'))
    if (isBlank(product)) return skipped('malformed', blank('StockCode'))
    const tooLong = IDENTIFIERS.find((column) => field(column).length > MAX_ID_LENGTH)
    if (tooLong) return skipped('malformed', `${is(tooLong)}, more than ${MAX_ID_LENGTH} characters`)
    if (quantity === undefined) return skipped('malformed', `${is('Quantity')}, no whole number up to ${MAX_QUANTITY}`)
    if (price === undefined) return skipped('malformed', `${is('UnitPrice')}, no amount up to ${LARGEST_PRICE}`)
    if (invoice.startsWith('C')) return skipped('creditNote', is('InvoiceNo'))
    if (isBlank(customer)) return skipped('noCustomer', blank('CustomerID'))
    if (quantity <= 0) return skipped('quantity', is('Quantity'))
    const { amount: unitPrice, isExact } = price
    if (unitPrice <= 0) return skipped('price', is('UnitPrice'))
    if (!isExact && exactPrices) return skipped('price', `${is('UnitPrice')}, with more than two digits`)
    const how = `${names[place.UnitPrice]} ${field('UnitPrice').trim()} became ${formatMoney(unitPrice)}`
    const date = field('InvoiceDate').trim()
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
      ...(date !== '' && { date }),
      ...(!isExact && { rounded: { line, how } }),
    }
  }
}

function separatorOf(firstLine: string): Separator {
  const columnsBy = (separator: Separator) => {
    const header = firstLine.split(separator).map((name) => name.replace(/^\s*"(.*)"\s*$/, '$1'))
    return COLUMNS.filter((column) => placeOf(column, header) >= 0).length
  }
  return [...SEPARATORS].sort((one, other) => columnsBy(other) - columnsBy(one))[0] ?? ','
}

/** -1 for a column that is not there. */
function placeOf(column: Column, header: readonly string[]): number {
  const names = header.map((name) => name.trim().toLowerCase())
  const place = names.indexOf(column.toLowerCase())
  return place < 0 ? names.indexOf(OTHER_NAMES[column]?.toLowerCase() ?? column.toLowerCase()) : place
}

function placesOf(path: string, { firstLine }: Csv, header: readonly string[]): Record<Column, number> {
  const places = COLUMNS.map((column) => [column, placeOf(column, header)] as const)
  const missing = places.filter(([, place]) => place < 0).map(([column]) => column)
  if (missing.length > 0) {
    throw new UnreadableFile(
      `${path} has no column ${missing.join(', ')}. Its first line must name the columns ${COLUMNS.join(', ')}, separated by commas, semicolons or tabs; it is ${quoted(firstLine, MAX_HEADER_QUOTED)}.`,
    )
  }
  return { ...Object.fromEntries(places), InvoiceDate: placeOf('InvoiceDate', header) } as Record<Column, number>
}

/** A field as one line that is not too long, for every content of the field. */
function quoted(text: string, most = MAX_QUOTED): string {
  return JSON.stringify(text.length <= most ? text : `${text.slice(0, most)}…`)
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

/**
 * A decimal number as cents, and whether they are all of it; a third fraction digit rounds half up. `undefined` when it is none or too
 * large.
 */
function cents(text: string): { amount: Cents; isExact: boolean } | undefined {
  const [, sign, units = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text.trim()) ?? []
  if (units + fraction === '') return undefined
  const down = parseMoney(`${units || '0'}.${fraction.slice(0, 2).padEnd(2, '0')}`) ?? Number.NaN
  const amount = down + (fraction.charAt(2) >= '5' ? 1 : 0)
  if (!(amount <= MAX_CENTS)) return undefined
  return { amount: sign ? -amount : amount, isExact: /^0*$/.test(fraction.slice(2)) }
}
