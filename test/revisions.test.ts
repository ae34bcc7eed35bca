// Revisions of orders as a client asks for them and sees them: applied, rejected, beaten by a cancellation, shipped over what they are over.
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { ask } from './client.ts'
import { accepted, refused } from './mutate.ts'
import { type SharedDesk, sharedDesk } from './shared-desk.ts'
import { subscribe } from './subscriber.ts'

let desk: SharedDesk

describe.each(['orchestration', 'choreography'] as const)('of an order placed by %s', (coordination) => {
  const own = sharedDesk({ coordination })
  beforeAll(() => {
    desk = own
  })

  describe('a revision', () => {
    test('that can be had is applied: reserved, shipped and paid is what the order is over then', async () => {
      const { orderId, line, shows } = await approved()
      await accepted(desk.url(), 'reviseOrder', { orderId, content: { lines: [line('lamp', 1), line('desk', 2)] } })
      await shows({
        order: 'APPROVED over 25.00',
        revision: '1 APPLIED, ended',
        steps: ['credit DONE', 'stock lamp DONE', 'stock desk DONE'],
        credit: 'reserved 25.00, available 75.00',
        stock: ['lamp 10 in stock, 1 reserved', 'desk 2 in stock, 2 reserved'],
      })
      await accepted(desk.url(), 'shipOrder', { orderId })
      await shows({
        order: 'SHIPPED over 25.00',
        credit: 'reserved 25.00, available 75.00',
        stock: ['lamp 9 in stock, 0 reserved', 'desk 0 in stock, 0 reserved'],
      })
      await accepted(desk.url(), 'recordPayment', { orderId })
      await shows({ order: 'PAID over 25.00', credit: 'reserved 0.00, available 100.00' })
    })

    test.each([
      ['OUT_OF_STOCK', [{ of: 'lamp', quantity: 11, unitPrice: '0.00' }], 'stock lamp REFUSED'],
      ['CREDIT_LIMIT_EXCEEDED', [{ of: 'lamp', quantity: 10, unitPrice: '10.01' }], 'credit REFUSED'],
      ['UNKNOWN_PRODUCT', [{ of: 'nothing', quantity: 1, unitPrice: '1.00' }], 'stock nothing REFUSED'],
    ])('that cannot be had is rejected, and the order is as it was: %s', async (reason, lines, refusal) => {
      const { orderId, line, shows } = await approved()
      const content = { lines: lines.map(({ of, ...rest }) => ({ ...line(of, 1), ...rest })) }
      await accepted(desk.url(), 'reviseOrder', { orderId, content })
      await shows({
        order: 'APPROVED over 15.00',
        revision: `1 REJECTED: ${reason}, ended`,
        steps: expect.arrayContaining([refusal]),
        credit: 'reserved 15.00, available 85.00',
        stock: ['lamp 10 in stock, 3 reserved', 'desk 2 in stock, 0 reserved'],
      })
    })

    test('takes the list price where none is given, and may make a plain total of lines', async () => {
      const { orderId, line, shows, version } = await approved()
      await accepted(desk.url(), 'reviseOrder', { orderId, content: { lines: [line('desk', 1)] } })
      await shows({ order: 'APPROVED over 10.00', revision: '1 APPLIED, ended' })
      const expectedVersion = await version()
      await accepted(desk.url(), 'reviseOrder', { orderId, content: { total: '7.00' }, expectedVersion })
      await shows({
        order: 'APPROVED over 7.00',
        revision: '2 APPLIED, ended',
        credit: 'reserved 7.00, available 93.00',
        stock: ['lamp 10 in stock, 0 reserved', 'desk 2 in stock, 0 reserved'],
      })
    })

    test('that is cancelled with its order leaves nothing reserved', async () => {
      const { orderId, line, shows } = await approved()
      await accepted(desk.url(), 'reviseOrder', { orderId, content: { lines: [line('lamp', 5), line('desk', 2)] } })
      await accepted(desk.url(), 'cancelOrder', { orderId })
      await shows({
        order: expect.stringContaining('CANCELLED'),
        revision: expect.stringMatching(/^1 (CANCELLED|APPLIED), ended$/),
        credit: 'reserved 0.00, available 100.00',
        stock: ['lamp 10 in stock, 0 reserved', 'desk 2 in stock, 0 reserved'],
      })
    })

    test('reaches the subscribers of the order', async () => {
      const { orderId, line } = await approved()
      const query = `subscription ($orderId: ID!) {
        orderChanged(orderId: $orderId) { order { status total revision { state endedAt } } } }`
      const subscriber = subscribe<{ order: { total: string; revision: { state: string; endedAt: string } | null } }>(
        desk.url(),
        query,
        { orderId },
      )
      await subscriber.until(({ length }) => length === 1)
      await accepted(desk.url(), 'reviseOrder', { orderId, content: { lines: [line('desk', 2)] } })
      await subscriber.until((messages) => messages.at(-1)?.order.revision?.endedAt != null)
      expect(subscriber.messages.at(-1)).toMatchObject({ order: { total: '20.00', revision: { state: 'APPLIED' } } })
    })
  })

  describe('refused is', () => {
    test('a revision of an order that is not APPROVED', async () => {
      const { orderId, shows } = await approved()
      await accepted(desk.url(), 'cancelOrder', { orderId })
      expect(await refused(desk.url(), 'reviseOrder', { orderId, content: { total: '1.00' } })).toMatchObject({
        code: 'ILLEGAL_STATE',
        message: 'The order is CANCELLED. Only an APPROVED order can be revised.',
        path: ['input', 'orderId'],
      })
      await shows({ revision: 'none' })
    })

    test('a line without a price for a product that is unknown, and an order that is', async () => {
      const { orderId, line } = await approved()
      const content = { lines: [line('lamp', 1), line('nothing', 1)] }
      expect(await refused(desk.url(), 'reviseOrder', { orderId, content })).toMatchObject({
        code: 'NOT_FOUND',
        path: ['input', 'content', 'lines', '1', 'productId'],
      })
      const unknown = { orderId: 'ord_nowhere', content: { total: '1.00' } }
      expect(await refused(desk.url(), 'reviseOrder', unknown)).toMatchObject({ code: 'NOT_FOUND' })
    })

    test('a version that the order does not have any more', async () => {
      const { orderId, version } = await approved()
      const actual = await version()
      const input = { orderId, content: { total: '1.00' }, expectedVersion: actual - 1 }
      expect(await refused(desk.url(), 'reviseOrder', input)).toMatchObject({
        __typename: 'Conflict',
        actual: String(actual),
      })
    })
  })
})

interface Shown {
  order?: string
  revision?: string
  steps?: string[]
  credit?: string
  stock?: string[]
}

/** An approved order of 3 lamps at 5.00 by a customer who may owe 100.00; there are 10 lamps, and 2 desks at 10.00. */
async function approved() {
  const run = randomUUID()
  const [orderId, customerId] = [`ord_${run}`, `cus_${run}`]
  const idOf = (name: string) => `prd_${name}_${run}`
  const line = (name: string, quantity: number) => ({ productId: idOf(name), quantity })
  await accepted(desk.url(), 'registerCustomer', { customerId, name: 'Ada', creditLimit: '100.00' })
  await accepted(desk.url(), 'addProduct', { productId: idOf('lamp'), name: 'Lamp', price: '5.00', stock: 10 })
  await accepted(desk.url(), 'addProduct', { productId: idOf('desk'), name: 'Desk', price: '10.00', stock: 2 })
  await accepted(desk.url(), 'placeOrder', { orderId, customerId, content: { lines: [line('lamp', 3)] } })

  const answered = () => ask<Answer>(desk.url(), QUERY, { orderId, customerId, lamp: idOf('lamp'), desk: idOf('desk') })

  async function shown() {
    const { order, customer, lamp, desk: other } = await answered()
    const { revision } = order
    const stockOf = (name: string, { inStock, reserved }: Stock) => `${name} ${inStock} in stock, ${reserved} reserved`
    return {
      order: `${order.status} over ${order.total}`,
      revision: revision
        ? `${revision.number} ${revision.state}${revision.reason ? `: ${revision.reason}` : ''}${revision.endedAt ? ', ended' : ''}`
        : 'none',
      steps: revision?.steps.nodes.map(({ name, state }) => `${name.replace(/prd_(\w+)_.*/, '$1')} ${state}`),
      credit: `reserved ${customer.reservedCredit}, available ${customer.availableCredit}`,
      stock: [stockOf('lamp', lamp), stockOf('desk', other)],
    }
  }
  const shows = (expected: Shown) => expect.poll(shown).toMatchObject(expected)
  await shows({ order: 'APPROVED over 15.00' })
  /** By choreography it counts the answers of the placement, too. */
  const version = async () => (await answered()).order.version
  return { orderId, line, shows, version }
}

interface Stock {
  inStock: number
  reserved: number
}

interface Answer {
  order: {
    status: string
    total: string
    version: number
    revision: {
      number: number
      state: string
      reason: string | null
      endedAt: string | null
      steps: { nodes: { name: string; state: string }[] }
    } | null
  }
  customer: { reservedCredit: string; availableCredit: string }
  lamp: Stock
  desk: Stock
}

const QUERY = `query ($orderId: ID!, $customerId: ID!, $lamp: ID!, $desk: ID!) {
  order(id: $orderId) { status total version revision { number state reason endedAt steps { nodes { name state } } } }
  customer(id: $customerId) { reservedCredit availableCredit }
  lamp: product(id: $lamp) { inStock reserved }
  desk: product(id: $desk) { inStock reserved } }`
