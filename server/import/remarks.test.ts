import { expect, test } from 'vitest'
import type { Imported } from './import.ts'
import type { Plan } from './plan.ts'
import { remarks } from './remarks.ts'

const plan: Plan = {
  rows: 5,
  rowsSkipped: { malformed: 1, creditNote: 0, noCustomer: 0, quantity: 0, price: 0 },
  skipped: {
    malformed: [{ skipped: 'malformed', line: 7, why: 'StockCode is blank' }],
    creditNote: [],
    noCustomer: [],
    quantity: [],
    price: [],
  },
  rounded: { rows: 0, first: [] },
  undated: [],
  customers: [],
  products: [],
  orders: [],
  merged: { InvoiceNo: [], StockCode: [], CustomerID: [] },
  ofSeveralCustomers: [],
}

const imported: Imported = {
  orders: [],
  alreadyThere: { customers: 0, products: 0, orders: 0 },
  changed: [],
  refused: [],
}

test('nothing is said of an import that took everything', () => {
  const none = {
    ...plan,
    skipped: { ...plan.skipped, malformed: [] },
    rowsSkipped: { ...plan.rowsSkipped, malformed: 0 },
  }
  expect(remarks(none, imported)).toEqual([])
})

test('skipped rows are named by line and reason, and how many more there are of the same', () => {
  const prices = [2, 3, 9].map((line) => ({ skipped: 'price', line, why: 'UnitPrice is "0"' }) as const)
  const rowsSkipped = { ...plan.rowsSkipped, price: 40 }
  expect(remarks({ ...plan, rowsSkipped, skipped: { ...plan.skipped, price: prices } }, imported)).toEqual([
    'Line 7 was skipped (malformed): StockCode is blank',
    'Line 2 was skipped (price): UnitPrice is "0"',
    'Line 3 was skipped (price): UnitPrice is "0"',
    'Line 9 was skipped (price): UnitPrice is "0"',
    'and 37 more (price)',
  ])
})

test('rounded prices are named by line, and how many more there are', () => {
  const first = [{ line: 5, how: 'UnitPrice 1.005 became 1.01' }]
  expect(remarks({ ...plan, rounded: { rows: 8, first } }, imported).slice(1)).toEqual([
    'Line 5 has a price with more than two digits: UnitPrice 1.005 became 1.01',
    'and 7 more (rounded price)',
  ])
})

test('orders whose date cannot be read are named, and how many more there are', () => {
  const undated = Array.from({ length: 11 }, (_, n) => ({ orderId: `ord_${n}`, date: 'soon' }))
  const lines = remarks({ ...plan, undated }, imported).slice(1)
  expect(lines[0]).toBe('ord_0 has a date that cannot be read, and gets the time of its import: "soon"')
  expect(lines.slice(10)).toEqual(['and 1 more (date)'])
})

test('ids that stand for several of the file, and orders of several customers, are named with what shares them', () => {
  const zed = {
    id: 'ord_Z_1',
    by: [
      { name: 'Z/1', rows: 3 },
      { name: 'Z 1', rows: 1 },
    ],
  }
  const codes = {
    id: 'prd_S_1',
    by: ['S 1', 'S_1', 'S/1', 'S.1', 'S:1', 'S"1', 'S+1'].map((name) => ({ name, rows: 2 })),
  }
  const several = {
    id: 'ord_7',
    by: [
      { name: 'cus_1', rows: 1 },
      { name: 'cus_2', rows: 12 },
    ],
  }
  const merged = { InvoiceNo: [zed], StockCode: [codes], CustomerID: [] }
  const lines = remarks({ ...plan, merged, ofSeveralCustomers: [several] }, imported)
  expect(lines.slice(1)).toEqual([
    'ord_Z_1 stands for more than one InvoiceNo of the file: "Z/1" (3 rows), "Z 1" (1 row)',
    'prd_S_1 stands for more than one StockCode of the file: "S 1" (2 rows), "S_1" (2 rows), "S/1" (2 rows), "S.1" (2 rows), "S:1" (2 rows), and 2 more',
    'ord_7 has rows of several customers and is charged to the first of them: "cus_1" (1 row), "cus_2" (12 rows)',
  ])
})

test('ten of each of these are named, and how many more there are', () => {
  const shared = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      id: `id_${n}`,
      by: [
        { name: 'a', rows: 1 },
        { name: 'b', rows: 1 },
      ],
    }))
  const merged = { InvoiceNo: shared(11), StockCode: shared(12), CustomerID: shared(10) }
  const lines = remarks({ ...plan, merged, ofSeveralCustomers: shared(13) }, imported)
  expect(lines.filter((line) => line.startsWith('and'))).toEqual([
    'and 1 more (InvoiceNo)',
    'and 2 more (StockCode)',
    'and 3 more',
  ])
  expect(lines).toHaveLength(1 + 11 + 11 + 10 + 11)
})

test('ten orders that were there otherwise are named, and ten that were refused, and how many more there are', () => {
  const items = Array.from({ length: 12 }, (_, n) => ({ id: `ord_${n}`, message: 'this is why' }))
  const lines = remarks(plan, { ...imported, changed: items, refused: items.slice(0, 1) })
  expect(lines.slice(1, 3)).toEqual([
    'ord_0 is left as it is on the desk: this is why',
    'ord_1 is left as it is on the desk: this is why',
  ])
  expect(lines.slice(11)).toEqual(['and 2 more', 'ord_0 was refused: this is why'])
})
