import { expect, test } from 'vitest'
import type { Imported } from './import.ts'
import type { OrderState } from './operations.ts'
import type { Plan } from './plan.ts'
import { summaryOf, summaryText } from './summary.ts'

const plan: Plan = {
  rows: 9,
  rowsSkipped: { malformed: 1, creditNote: 0, noCustomer: 2, quantity: 0, price: 0 },
  skipped: { malformed: [], creditNote: [], noCustomer: [], quantity: [], price: [] },
  rounded: { rows: 0, first: [] },
  undated: [],
  customers: [{ customerId: 'cus_1', name: 'Customer 1' }],
  products: [{ productId: 'prd_1', name: 'LANTERN', price: 100 }],
  orders: [],
  merged: { InvoiceNo: [], StockCode: [], CustomerID: [] },
  ofSeveralCustomers: [],
}

const imported: Imported = {
  orders: [
    order('APPROVED', '10.10'),
    order('SHIPPED', '0.20'),
    order('PAID', '1000.00'),
    order('CANCELLED', '5.00'),
    order('REJECTED', '7.00', 'OUT_OF_STOCK'),
    order('REJECTED', '8.00', 'OUT_OF_STOCK'),
  ],
  alreadyThere: { customers: 1, products: 0, orders: 4 },
  changed: [{ id: 'ord_1', message: 'other content' }],
  refused: [{ id: 'ord_9', message: 'too many lines' }],
}

test('orders are counted by what became of them, and money is summed exactly', () => {
  expect(summaryOf(plan, imported, 1.23456)).toEqual({
    rows: 9,
    rowsSkipped: plan.rowsSkipped,
    pricesRounded: 0,
    customers: 1,
    products: 1,
    ordersPlaced: 6,
    approved: 3,
    rejected: { CREDIT_LIMIT_EXCEEDED: 0, OUT_OF_STOCK: 2, UNKNOWN_CUSTOMER: 0, UNKNOWN_PRODUCT: 0, TIMED_OUT: 0 },
    cancelled: 1,
    approvedTotal: '1010.30',
    alreadyThere: { customers: 1, products: 0, orders: 4 },
    refused: 1,
    seconds: 1.235,
  })
})

test('the lines for people say the same', () => {
  expect(summaryText(summaryOf(plan, imported, 1.23456))).toBe(`\
Rows read         9, skipped 3: malformed 1, noCustomer 2
Customers         1, 1 of them existed already
Products          1
Orders            6, 4 of them existed already
  approved        3, together 1010.30
  rejected        2: OUT_OF_STOCK 2
  cancelled       1
Refused           1
Seconds           1.235`)
})

test('the lines for people say how many prices were rounded, where there were some', () => {
  const some = summaryOf({ ...plan, rounded: { rows: 12, first: [] } }, imported, 1)
  expect(some.pricesRounded).toBe(12)
  expect(summaryText(some)).toContain('\nPrices rounded    12\n')
})

function order(status: OrderState['status'], total: string, rejectionReason: OrderState['rejectionReason'] = null) {
  return { id: 'ord_1', status, total, rejectionReason }
}
