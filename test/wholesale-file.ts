// A wholesaler's file to import, and what is in it, found out by other means than the import's own.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Three weeks of a real wholesaler. It is not part of the project: tests that want it do without where it is missing. */
export const REAL_FILE = fileURLToPath(new URL('../../shared/data/online-retail-2010-12.csv', import.meta.url))
export const hasRealFile = existsSync(REAL_FILE)

/** A file of a few customers, in Latin-1, with a row for each reason to be skipped. */
export function smallFile(): Buffer {
  const rows = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country']
  for (let invoice = 1; invoice <= 60; invoice += 1) {
    for (let line = 0; line <= invoice % 4; line += 1) {
      const product = `P${(invoice * 7 + line) % 11}`
      const price = `${(invoice % 5) + 1}.${line}5`
      rows.push(`${invoice},${product},"Caf\u00e9, ${product}",${invoice},,${price},${invoice % 6},R\u00e9union`)
    }
  }
  rows.push('C61,P1,Back again,-2,,1.00,1,France')
  rows.push('62,P1,Nobody,2,,1.00,,France')
  rows.push('63,P1,Lost,-2,,1.00,1,France')
  rows.push('64,P1,For nothing,2,,0.00,1,France')
  rows.push('65,P1,Bro')
  return Buffer.from(rows.join('\n'), 'latin1')
}

export interface Tally {
  rows: number
  rowsSkipped: { malformed: number; creditNote: number; noCustomer: number; quantity: number; price: number }
  products: Set<string>
  /** In cents: by invoice, and by customer. */
  orderTotals: Map<string, number>
  customerTotals: Map<string, number>
  /** By product: how many are ordered. */
  quantities: Map<string, number>
}

/** Counts a file whose columns stand in their usual order, line by line. */
export function tally(path: string): Tally {
  const lines = readFileSync(path, 'latin1').split('\n').slice(1)
  if (lines.at(-1) === '') lines.pop()
  const rowsSkipped = { malformed: 0, creditNote: 0, noCustomer: 0, quantity: 0, price: 0 }
  const products = new Set<string>()
  const orderTotals = new Map<string, number>()
  const customerTotals = new Map<string, number>()
  const quantities = new Map<string, number>()
  for (const line of lines) {
    // Commas inside quotes are none, for the moment.
    const fields = line.replace(/"(?:[^"]|"")*"/g, (quoted) => quoted.replaceAll(',', ';')).split(',')
    const [invoice = '', product = '', , quantityText = '', , priceText = '', customer = ''] = fields
    const quantity = Number.parseFloat(quantityText)
    const cents = Math.round(Number.parseFloat(priceText) * 100)
    if (fields.length !== 8 || Number.isNaN(quantity) || Number.isNaN(cents)) rowsSkipped.malformed += 1
    else if (invoice[0] === 'C') rowsSkipped.creditNote += 1
    else if (customer === '') rowsSkipped.noCustomer += 1
    else if (quantity <= 0) rowsSkipped.quantity += 1
    else if (cents <= 0) rowsSkipped.price += 1
    else {
      products.add(product)
      orderTotals.set(invoice, (orderTotals.get(invoice) ?? 0) + quantity * cents)
      customerTotals.set(customer, (customerTotals.get(customer) ?? 0) + quantity * cents)
      quantities.set(product, (quantities.get(product) ?? 0) + quantity)
    }
  }
  return { rows: lines.length, rowsSkipped, products, orderTotals, customerTotals, quantities }
}

export function sum(amounts: Iterable<number>): number {
  let total = 0
  for (const amount of amounts) total += amount
  return total
}
