// A wholesaler's orders come to a desk through the import: all of them are decided, and the sums are those of the file.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RecordedEvent } from '../events/catalogue.ts'
import { type Cents, formatMoney, parseMoney } from '../events/money.ts'
import { isLong } from '../kernel/rounds.given.ts'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import type { Summary } from '../server/import/summary.ts'
import { ask } from './client.ts'
import { inspect } from './folded.ts'
import { heldAtEnd, overdrafts } from './invariants.ts'
import { accepted } from './mutate.ts'
import { placeOf } from './place.ts'
import { untilReady } from './readiness.ts'
import { hasRealFile, REAL_FILE, smallFile, sum, type Tally, tally } from './wholesale-file.ts'

let directory: string
let desk: Desk | undefined

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-import-'))
  await writeFile(join(directory, 'small.csv'), smallFile())
})

afterEach(async () => {
  await desk?.close()
  desk = undefined
})

afterAll(() => rm(directory, { recursive: true, force: true }))

// The real file takes minutes: `npm run test:long` imports it.
describe.each(hasRealFile && isLong ? ['a small file', 'a real file'] : ['a small file'])('%s', (which) => {
  const real = which === 'a real file'
  const file = () => (real ? REAL_FILE : join(directory, 'small.csv'))
  const dataDirectory = (name: string) => join(directory, `${real ? 'real' : 'small'}-${name}`)

  test('every order is decided with the sums of the file, and a second import changes nothing', async () => {
    const counted = tally(file())
    const data = dataDirectory('plenty')
    const started = await start(data)
    const first = await runImport(file(), started.url)
    expect(first).toMatchObject({ code: 0, summary: plentiful(counted) })
    expect(first.summary.alreadyThere).toEqual({ customers: 0, products: 0, orders: 0 })
    await settled(started.url, counted.orderTotals.size)
    const totals = await ordersOf(started.url)
    expect(new Map(totals.map(({ id, total }) => [id.slice('ord_'.length), cents(total)]))).toEqual(counted.orderTotals)
    await stop()
    const before = await inspect(data)

    // A desk that has been started anew has to remember as well.
    const again = await start(data)
    const second = await runImport(file(), again.url)
    expect(second).toMatchObject({ code: 0, summary: plentiful(counted) })
    expect(second.summary.alreadyThere).toEqual({
      customers: counted.customerTotals.size,
      products: counted.products.size,
      orders: counted.orderTotals.size,
    })
    const other = await runImport(file(), again.url, '--credit-limit', '1.00', '--stock', '0')
    expect(other).toMatchObject({ code: 0, summary: plentiful(counted) })
    await stop()
    const after = await inspect(data)

    expect(facts(after.events)).toEqual(facts(before.events))
    expect(after.stored).toEqual(before.stored)
    expect(after.stored).toEqual(after.folded)
    expect(overdrafts(after.events)).toEqual([])
    expect(heldAtEnd(after.events)).toEqual([])
  })

  test('with little credit orders are rejected, and no customer is ever over the limit', async () => {
    const limit = 50_000
    const counted = tally(file())
    const data = dataDirectory('scarce')
    const { url } = await start(data)
    const { code, summary } = await runImport(file(), url, '--credit-limit', formatMoney(limit))
    expect(code).toBe(0)
    const rejected = summary.rejected.CREDIT_LIMIT_EXCEEDED
    expect(summary.rejected).toEqual({
      CREDIT_LIMIT_EXCEEDED: rejected,
      OUT_OF_STOCK: 0,
      UNKNOWN_CUSTOMER: 0,
      UNKNOWN_PRODUCT: 0,
      TIMED_OUT: 0,
    })
    expect(summary.approved + rejected).toBe(counted.orderTotals.size)
    expect(summary.approved).toBeGreaterThan(0)
    const alwaysTooMuch = [...counted.orderTotals.values()].filter((total) => total > limit).length
    expect(alwaysTooMuch).toBeGreaterThan(0)
    expect(rejected).toBeGreaterThanOrEqual(alwaysTooMuch)

    await settled(url, counted.orderTotals.size)
    const orders = await ordersOf(url)
    const approved = orders.filter(({ status }) => status === 'APPROVED')
    expect(summary.approvedTotal).toBe(formatMoney(sum(approved.map(({ total }) => cents(total)))))
    // Orders that fit as a whole are approved as a whole.
    const unlucky = orders.filter(({ status, customerId }) => {
      const wanted = counted.customerTotals.get(customerId.slice('cus_'.length)) ?? 0
      return status === 'REJECTED' && wanted <= limit
    })
    expect(unlucky).toEqual([])

    const customers = await customersOf(url)
    expect(customers).toHaveLength(counted.customerTotals.size)
    expect(customers.filter(({ reservedCredit }) => cents(reservedCredit) > limit)).toEqual([])
    expect(sum(customers.map(({ reservedCredit }) => cents(reservedCredit)))).toBe(cents(summary.approvedTotal))
    await stop()

    const { events } = await inspect(data)
    expect(overdrafts(events)).toEqual([])
    expect(heldAtEnd(events)).toEqual([])
  })
})

test('a file that was imported under a release without placedAt is on the desk already', async () => {
  const file = join(directory, 'dated.csv')
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
  await writeFile(
    file,
    `${header}\n1,P1,Thing,1,01/12/2010 08:26,1.00,1,France\n2,P1,Thing,1,2010-12-02 09:00:00,1.00,1,France\n`,
  )
  const { url } = await start(join(directory, 'dated'))
  // As that release has sent the first of the two orders.
  await accepted(url, 'placeOrder', {
    commandId: 'import-ord_1',
    orderId: 'ord_1',
    customerId: 'cus_1',
    content: { lines: [{ productId: 'prd_P1', quantity: 1, unitPrice: '1.00' }] },
  })
  const first = await runImport(file, url)
  expect(first.stderr).not.toContain('ord_')
  expect(first.summary).toMatchObject({ ordersPlaced: 2, alreadyThere: { orders: 1 }, refused: 0 })
  const again = await runImport(file, url)
  expect(again.stderr).not.toContain('ord_')
  expect(again.summary).toMatchObject({ ordersPlaced: 2, alreadyThere: { orders: 2 }, refused: 0 })
  const query = '{ orders(orderBy: { field: PLACED_AT, direction: ASC }) { nodes { id placedAt createdAt } } }'
  const { orders } = await ask<{ orders: { nodes: Record<string, string>[] } }>(url, query, {})
  const [second, undated] = orders.nodes
  expect(second).toMatchObject({ id: 'ord_2', placedAt: '2010-12-02T09:00:00.000Z' })
  expect(undated).toMatchObject({ id: 'ord_1', placedAt: undated?.createdAt })
})

test('an order that the desk refuses is named, and the others are placed', async () => {
  const file = join(directory, 'long.csv')
  const rows = (invoice: number, count: number) => `${invoice},P1,Thing,1,1.00,1,France\n`.repeat(count)
  await writeFile(
    file,
    `InvoiceNo,StockCode,Description,Quantity,UnitPrice,CustomerID,Country\n${rows(1, 2_001)}${rows(2, 2_000)}`,
  )
  const { url } = await start(join(directory, 'long'))
  const { code, summary, stderr } = await runImport(file, url)
  expect(stderr).toMatch(/^ord_1 was refused: content\.lines must have at most 2000 lines\. \(INVALID_INPUT\)$/m)
  expect(summary).toMatchObject({ ordersPlaced: 1, approved: 1, approvedTotal: '2000.00', refused: 1 })
  expect(code).toBe(1)
})

test('what does not come to the desk as the file has it is named on standard error, with its line', async () => {
  const file = join(directory, 'twice.csv')
  const header = 'InvoiceNo,StockCode,Description,Quantity,UnitPrice,CustomerID,Country'
  const free = '3,P1,Thing,1,0.00,1,France'
  const { url } = await start(join(directory, 'twice'))
  await accepted(url, 'placeOrder', { orderId: 'ord_3', customerId: 'cus_1', content: { total: '1.00' } })
  await writeFile(file, `${header}\n1,P1,Thing,1,1.00,1,France\n2,P1,Thing,1,1.00,1,France\n`)
  expect((await runImport(file, url)).stderr).not.toMatch(/ord_|Line/)

  await writeFile(
    file,
    `${header}\n${`${free}\n`.repeat(5)}1,P1,Thing,2,1.00,1,France\n2,P1,Thing,1,1.00,1,France\n3,P1,Thing,1,1.00,1,France\nZ/1,P1,Thing,1,1.00,1,France\nZ 1,P1,Thing,1,1.00,2,France\n`,
  )
  const { code, stderr, summary } = await runImport(file, url)
  const [remarks] = /Line [\s\S]*/.exec(stderr) ?? []
  expect(remarks?.trimEnd().split('\n')).toEqual([
    'Line 2 was skipped (price): UnitPrice is "0.00"',
    'Line 3 was skipped (price): UnitPrice is "0.00"',
    'Line 4 was skipped (price): UnitPrice is "0.00"',
    'and 2 more (price)',
    'ord_Z_1 stands for more than one InvoiceNo of the file: "Z/1" (1 row), "Z 1" (1 row)',
    'ord_Z_1 has rows of several customers and is charged to the first of them: "cus_1" (1 row), "cus_2" (1 row)',
    'ord_1 is left as it is on the desk: an earlier import has brought it with other content',
    'ord_3 is left as it is on the desk: it was not created by an import',
  ])
  expect(summary).toMatchObject({
    rows: 10,
    rowsSkipped: { price: 5 },
    ordersPlaced: 4,
    alreadyThere: { orders: 3 },
    refused: 0,
  })
  expect(code).toBe(0)
})

/** The part of the summary for credit and stock that are enough for everything, which is checked in the file first. */
function plentiful(counted: Tally): Partial<Summary> {
  expect(Math.max(...counted.customerTotals.values())).toBeLessThanOrEqual(10_000_000)
  expect(Math.max(...counted.quantities.values())).toBeLessThanOrEqual(1_000_000)
  return {
    rows: counted.rows,
    rowsSkipped: counted.rowsSkipped,
    customers: counted.customerTotals.size,
    products: counted.products.size,
    ordersPlaced: counted.orderTotals.size,
    approved: counted.orderTotals.size,
    rejected: { CREDIT_LIMIT_EXCEEDED: 0, OUT_OF_STOCK: 0, UNKNOWN_CUSTOMER: 0, UNKNOWN_PRODUCT: 0, TIMED_OUT: 0 },
    cancelled: 0,
    approvedTotal: formatMoney(sum(counted.orderTotals.values())),
    refused: 0,
  }
}

async function start(dataDirectory: string): Promise<Desk> {
  desk = await startDesk({ ...placeOf(dataDirectory).settings, host: '127.0.0.1', port: 0, logLevel: 'silent' })
  await untilReady(desk.url)
  return desk
}

async function stop(): Promise<void> {
  await desk?.close()
  desk = undefined
}

/** Runs the import as its users do, and reads the last line of its standard output. */
async function runImport(
  file: string,
  url: string,
  ...options: string[]
): Promise<{ code: number | null; summary: Summary; stderr: string }> {
  const args = [
    '--import',
    './server/typescript.mjs',
    'server/import/main.ts',
    file,
    '--url',
    `${url}/graphql`,
    '--json',
    ...options,
  ]
  const child = spawn(process.execPath, args)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const line = stdout.trimEnd().split('\n').at(-1)
  if (!line) throw new Error(`The import ended with ${code} and no summary:\n${stderr}`)
  return { code, summary: JSON.parse(line) as Summary, stderr }
}

/** Waits until the sagas have nothing left to do: rejected orders have given back what they had. */
async function settled(url: string, orders: number): Promise<void> {
  const states = async () =>
    (await ordersOf(url)).filter(({ status, placement }) => status === 'APPROVED' || placement?.endedAt)
  await expect.poll(async () => (await states()).length, { timeout: 60_000, interval: 200 }).toBe(orders)
}

interface OrderNode {
  id: string
  customerId: string
  status: string
  total: string
  placement: { endedAt: string | null } | null
}

const ORDERS = `query Orders($after: String) {
  page: orders(first: 100, after: $after) {
    nodes { id customerId status total placement { endedAt } } pageInfo { hasNextPage endCursor }
  }
}`

function ordersOf(url: string): Promise<OrderNode[]> {
  return everyNode(url, ORDERS)
}

const CUSTOMERS = `query Customers($after: String) {
  page: customers(first: 100, after: $after) { nodes { id reservedCredit } pageInfo { hasNextPage endCursor } }
}`

function customersOf(url: string): Promise<{ id: string; reservedCredit: string }[]> {
  return everyNode(url, CUSTOMERS)
}

interface NodePage<Node> {
  page: { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

async function everyNode<Node>(url: string, query: string): Promise<Node[]> {
  const nodes: Node[] = []
  let after: string | null = null
  do {
    const { page }: NodePage<Node> = await ask<NodePage<Node>>(url, query, { after })
    nodes.push(...page.nodes)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after !== null)
  return nodes
}

/** The events of the business: those that readers, holders of leases and snapshots leave in the log do not count. */
function facts(events: readonly RecordedEvent[]): string[] {
  return events
    .filter(({ stream }) => !/^(checkpoint|lease|snapshot)-/.test(stream))
    .map(({ id, type, stream }) => `${stream} ${type} ${id}`)
}

function cents(money: string): Cents {
  const amount = parseMoney(money)
  if (amount === undefined) throw new Error(`${money} is no money`)
  return amount
}
