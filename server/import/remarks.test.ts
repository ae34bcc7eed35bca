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
  customers: [],
  products: [],
  orders: [],
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

test('ten orders that were there otherwise are named, and ten that were refused, and how many more there are', () => {
  const items = Array.from({ length: 12 }, (_, n) => ({ id: `ord_${n}`, message: 'this is why' }))
  const lines = remarks(plan, { ...imported, changed: items, refused: items.slice(0, 1) })
  expect(lines.slice(1, 3)).toEqual([
    'ord_0 is left as it is on the desk: this is why',
    'ord_1 is left as it is on the desk: this is why',
  ])
  expect(lines.slice(11)).toEqual(['and 2 more', 'ord_0 was refused: this is why'])
})
