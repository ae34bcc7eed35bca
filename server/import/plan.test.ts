import { describe, expect, test } from 'vitest'
import { hasRealFile, REAL_FILE, tally } from '../../test/wholesale-file.ts'
import { planOf } from './plan.ts'
import { type AcceptedRow, readRows, type SkippedRow, type SkipReason } from './rows.ts'

describe('a plan has what the accepted rows name, once', () => {
  test('an invoice is one order with a line for each row, in file order, products repeated', async () => {
    const plan = await planOf([
      row({ orderId: 'ord_1', productId: 'prd_A', quantity: 3, unitPrice: 100 }),
      row({ orderId: 'ord_2', productId: 'prd_B', quantity: 1, unitPrice: 250 }),
      row({ orderId: 'ord_1', productId: 'prd_B', quantity: 2, unitPrice: 200 }),
      row({ orderId: 'ord_1', productId: 'prd_A', quantity: 1, unitPrice: 90 }),
    ])
    expect(plan.orders).toEqual([
      {
        orderId: 'ord_1',
        customerId: 'cus_1',
        lines: [
          { productId: 'prd_A', quantity: 3, unitPrice: 100 },
          { productId: 'prd_B', quantity: 2, unitPrice: 200 },
          { productId: 'prd_A', quantity: 1, unitPrice: 90 },
        ],
      },
      { orderId: 'ord_2', customerId: 'cus_1', lines: [{ productId: 'prd_B', quantity: 1, unitPrice: 250 }] },
    ])
    expect(plan.products.map(({ productId, price }) => [productId, price])).toEqual([
      ['prd_A', 100],
      ['prd_B', 250],
    ])
  })

  test('rows are counted, skipped ones by reason, and leave nothing else behind', async () => {
    const skipped = ['malformed', 'noCustomer', 'noCustomer', 'price'] as const
    const plan = await planOf([...skipped.map((reason) => skippedRow(reason, 2)), row({})])
    expect(plan.rows).toBe(5)
    expect(plan.rowsSkipped).toEqual({ malformed: 1, creditNote: 0, noCustomer: 2, quantity: 0, price: 1 })
    expect([plan.customers.length, plan.products.length, plan.orders.length]).toEqual([1, 1, 1])
  })

  test('the first three rows that are skipped for a reason are kept, of each reason', async () => {
    const plan = await planOf([
      ...[2, 3, 4, 5].map((line) => skippedRow('price', line)),
      row({}),
      skippedRow('malformed', 7),
    ])
    expect(plan.skipped.price.map(({ line }) => line)).toEqual([2, 3, 4])
    expect(plan.skipped.malformed).toEqual([skippedRow('malformed', 7)])
    expect(plan.skipped.quantity).toEqual([])
  })

  test('a customer is named by number and first country', async () => {
    const plan = await planOf([
      row({ country: '' }),
      row({ country: 'France' }),
      row({ country: 'Norway' }),
      row({ customerId: 'cus_2_0', customer: '2.0', country: '' }),
    ])
    expect(plan.customers).toEqual([
      { customerId: 'cus_1', name: 'Customer 1 (France)' },
      { customerId: 'cus_2_0', name: 'Customer 2.0' },
    ])
  })

  test('a product is named by its first description, and by its code when it has none', async () => {
    const plan = await planOf([
      row({ productId: 'prd_A', description: ' ' }),
      row({ productId: 'prd_A', description: 'LANTERN' }),
      row({ productId: 'prd_A', description: 'lantern' }),
      row({ productId: 'prd_a', description: '' }),
    ])
    expect(plan.products.map(({ productId, name }) => [productId, name])).toEqual([
      ['prd_A', 'LANTERN'],
      ['prd_a', 'a'],
    ])
  })

  test('a name is one line of at most 200 characters, and never ends inside a character', async () => {
    const plan = await planOf([
      row({ productId: 'prd_A', description: 'TWO\r\nLINES' }),
      row({ productId: 'prd_B', description: 'x'.repeat(300) }),
      row({ productId: 'prd_C', description: `${'x'.repeat(199)}\u{1F381}` }),
    ])
    expect(plan.products.map(({ name }) => name)).toEqual(['TWO LINES', 'x'.repeat(200), 'x'.repeat(199)])
  })
})

describe('an order has the date of its first row', () => {
  const dates = async (...rows: AcceptedRow[]) => (await planOf(rows)).orders.map(({ placedAt }) => placedAt)

  test('as the file has it, in the time zone of the file', async () => {
    const rows = [row({ date: '01/07/2010 08:26' }), row({ date: '02/07/2010 09:00' }), row({ orderId: 'ord_2' })]
    expect(await dates(...rows)).toEqual(['2010-07-01T08:26:00.000Z', undefined])
    const { orders } = await planOf(rows, 'Europe/London')
    expect(orders[0]?.placedAt).toBe('2010-07-01T07:26:00.000Z')
  })

  test('with the month first where a later date of the file says so', async () => {
    const later = row({ orderId: 'ord_2', date: '12/13/2010 8:26' })
    expect(await dates(row({ date: '12/1/2010 8:26' }), later)).toEqual([
      '2010-12-01T08:26:00.000Z',
      '2010-12-13T08:26:00.000Z',
    ])
  })

  test('and none where that cannot be read, which is kept', async () => {
    const plan = await planOf([row({ date: 'soon' }), row({ date: '01/07/2010 08:26' })])
    expect(plan.orders[0]).not.toHaveProperty('placedAt')
    expect(plan.undated).toEqual([{ orderId: 'ord_1', date: 'soon' }])
  })
})

test('rounded prices are counted, and the first three kept', async () => {
  const rounded = (line: number) => row({ rounded: { line, how: 'UnitPrice 1.005 became 1.01' } })
  const plan = await planOf([2, 3, 5, 6].map(rounded))
  expect(plan.rounded.rows).toBe(4)
  expect(plan.rounded.first.map(({ line }) => line)).toEqual([2, 3, 5])
})

describe('the names that share an id are kept, with their rows', () => {
  test('invoices, stock codes and customers that differ in characters that ids cannot have', async () => {
    const plan = await planOf([
      row({ orderId: 'ord_Z_1', invoice: 'Z/1', productId: 'prd_S_1', stockCode: 'S 1' }),
      row({ orderId: 'ord_Z_1', invoice: 'Z/1', productId: 'prd_S_1', stockCode: 'S_1' }),
      row({ orderId: 'ord_Z_1', invoice: 'Z 1', customerId: 'cus_1_0', customer: '1.0' }),
      row({ orderId: 'ord_2', invoice: '2', customerId: 'cus_1_0', customer: '1/0' }),
      row({ orderId: 'ord_2', invoice: '2' }),
    ])
    const once = (name: string) => ({ name, rows: 1 })
    expect(plan.merged).toEqual({
      InvoiceNo: [{ id: 'ord_Z_1', by: [{ name: 'Z/1', rows: 2 }, once('Z 1')] }],
      StockCode: [{ id: 'prd_S_1', by: [once('S 1'), once('S_1')] }],
      CustomerID: [{ id: 'cus_1_0', by: [once('1.0'), once('1/0')] }],
    })
    expect(plan.orders.map(({ orderId, lines }) => [orderId, lines.length])).toEqual([
      ['ord_Z_1', 3],
      ['ord_2', 2],
    ])
  })

  test('an invoice of several customers is charged to the first', async () => {
    const plan = await planOf([
      row({ orderId: 'ord_7', customerId: 'cus_1', customer: '1' }),
      row({ orderId: 'ord_7', customerId: 'cus_2', customer: '2' }),
      row({ orderId: 'ord_7', customerId: 'cus_2', customer: '2' }),
      row({ orderId: 'ord_8', customerId: 'cus_2', customer: '2' }),
    ])
    expect(plan.ofSeveralCustomers).toEqual([
      {
        id: 'ord_7',
        by: [
          { name: 'cus_1', rows: 1 },
          { name: 'cus_2', rows: 2 },
        ],
      },
    ])
    expect(plan.orders.map(({ orderId, customerId }) => [orderId, customerId])).toEqual([
      ['ord_7', 'cus_1'],
      ['ord_8', 'cus_2'],
    ])
    expect(plan.customers).toHaveLength(2)
  })

  test('nothing is, where all ids are of one each', async () => {
    const { merged, ofSeveralCustomers } = await planOf([row({}), row({}), row({ orderId: 'ord_2', invoice: '2' })])
    expect([merged, ofSeveralCustomers]).toEqual([{ InvoiceNo: [], StockCode: [], CustomerID: [] }, []])
  })
})

test.skipIf(!hasRealFile)('the plan of a real file agrees with a count by other means', async () => {
  const counted = tally(REAL_FILE)
  const plan = await planOf(readRows(REAL_FILE))
  expect(plan.rows).toBe(counted.rows)
  expect(plan.rowsSkipped).toEqual(counted.rowsSkipped)
  expect(plan.rowsSkipped.malformed).toBe(1)
  expect(plan.customers).toHaveLength(counted.customerTotals.size)
  expect(plan.products).toHaveLength(counted.products.size)
  const totals = plan.orders.map(
    ({ orderId, lines }) =>
      [orderId.slice(4), lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)] as const,
  )
  expect(new Map(totals)).toEqual(counted.orderTotals)
})

function skippedRow(skipped: SkipReason, line: number): SkippedRow {
  return { skipped, line, why: 'it is what it is' }
}

function row(fields: Partial<AcceptedRow>): AcceptedRow {
  return {
    orderId: 'ord_1',
    productId: 'prd_1',
    customerId: 'cus_1',
    invoice: '1',
    stockCode: '1',
    customer: '1',
    country: 'France',
    description: 'THING',
    quantity: 1,
    unitPrice: 100,
    ...fields,
  }
}
