// The life of an order from its placing to its end, with the credit and the stock that it holds on the way.
import { beforeAll, describe, expect, test } from 'vitest'
import { ask, send } from './client.ts'
import { accepted } from './mutate.ts'
import { type SharedDesk, sharedDesk } from './shared-desk.ts'
import { subscribe } from './subscriber.ts'

let desk: SharedDesk
let orders = 0

describe.each(['orchestration', 'choreography'] as const)('by %s an order', (coordination) => {
  const own = sharedDesk({ coordination })
  beforeAll(() => {
    desk = own
  })

  test('is placed, approved, shipped and paid', async () => {
    const { orderId, shows } = await placed({ quantity: 3 })
    await shows({
      status: 'APPROVED',
      credit: 'reserved 30.00, available 70.00',
      stock: '10 in stock, 3 reserved, 7 available',
      placement: 'APPROVED',
      steps: ['credit DONE', 'stock DONE'],
    })
    await accepted(desk.url(), 'shipOrder', { orderId, trackingCode: 'T1' })
    await shows({
      status: 'SHIPPED',
      credit: 'reserved 30.00, available 70.00',
      stock: '7 in stock, 0 reserved, 7 available',
      placement: 'APPROVED',
      steps: ['credit DONE', 'stock DONE (shipped)'],
    })
    await accepted(desk.url(), 'recordPayment', { orderId })
    await shows({
      status: 'PAID',
      credit: 'reserved 0.00, available 100.00',
      stock: '7 in stock, 0 reserved, 7 available',
      placement: 'APPROVED, ended',
      steps: ['credit DONE (given back after payment)', 'stock DONE (shipped)'],
    })
    const types = await eventTypes(orderId)
    expect(types).toEqual(['OrderPlaced', 'OrderApproved', 'OrderShipped', 'OrderPaid'])
  })

  test('is cancelled when it is APPROVED, and releases what it had', async () => {
    const { orderId, shows } = await placed({ quantity: 3 })
    await shows({ status: 'APPROVED', credit: 'reserved 30.00, available 70.00' })
    await accepted(desk.url(), 'cancelOrder', { orderId, reason: 'No longer wanted' })
    await shows({
      status: 'CANCELLED (No longer wanted)',
      credit: 'reserved 0.00, available 100.00',
      stock: '10 in stock, 0 reserved, 10 available',
      placement: 'CANCELLED, ended',
      steps: ['credit COMPENSATED', 'stock COMPENSATED'],
    })
  })

  test('is cancelled while it is PENDING, and never approved after that', async () => {
    let cancelledInTime = false
    // Whether the cancellation or the approval comes first is open: the one that is looked for comes within a few tries.
    for (let tries = 0; tries < 50 && !cancelledInTime; tries++) {
      const { orderId, shows } = await placed({ quantity: 3, cancelled: true })
      await shows({
        status: 'CANCELLED',
        credit: 'reserved 0.00, available 100.00',
        stock: '10 in stock, 0 reserved, 10 available',
        placement: 'CANCELLED, ended',
        steps: [
          expect.stringMatching(/^credit COMPENSATED( \(nothing was reserved\))?$/),
          expect.stringMatching(/^stock COMPENSATED( \(nothing was reserved\))?$/),
        ],
      })
      const types = await eventTypes(orderId)
      cancelledInTime = !types.includes('OrderApproved')
      if (cancelledInTime) expect(types).toEqual(['OrderPlaced', 'OrderCancelled'])
    }
    expect(cancelledInTime).toBe(true)
  })

  test('is rejected for lack of credit, and releases its stock', async () => {
    const { orderId, shows } = await placed({ quantity: 3, unitPrice: '40.00' })
    await shows({
      status: 'REJECTED (CREDIT_LIMIT_EXCEEDED)',
      credit: 'reserved 0.00, available 100.00',
      stock: '10 in stock, 0 reserved, 10 available',
      placement: 'REJECTED, ended',
      steps: [
        'credit REFUSED (CREDIT_LIMIT_EXCEEDED: 120.00 asked for, 100.00 available)',
        expect.stringMatching(/^stock COMPENSATED/),
      ],
    })
    expect(await eventTypes(orderId)).toEqual(['OrderPlaced', 'OrderRejected'])
  })

  test('is rejected for lack of stock, and releases its credit', async () => {
    const { shows } = await placed({ quantity: 11, unitPrice: '1.00' })
    await shows({
      status: 'REJECTED (OUT_OF_STOCK)',
      credit: 'reserved 0.00, available 100.00',
      stock: '10 in stock, 0 reserved, 10 available',
      placement: 'REJECTED, ended',
      steps: [expect.stringMatching(/^credit COMPENSATED/), 'stock REFUSED (OUT_OF_STOCK: 11 asked for, 10 available)'],
    })
  })

  test('by a plain total holds credit only', async () => {
    const { orderId, shows } = await placed({ total: '99.99' })
    await shows({ status: 'APPROVED', credit: 'reserved 99.99, available 0.01', steps: ['credit DONE'] })
    await accepted(desk.url(), 'shipOrder', { orderId })
    await accepted(desk.url(), 'recordPayment', { orderId })
    await shows({ status: 'PAID', credit: 'reserved 0.00, available 100.00', placement: 'APPROVED, ended' })
  })

  test('of nothing at all is approved, and ends like any other', async () => {
    const { orderId, shows } = await placed({ total: '0.00' })
    await shows({ status: 'APPROVED', credit: 'reserved 0.00, available 100.00' })
    await accepted(desk.url(), 'cancelOrder', { orderId })
    await shows({ status: 'CANCELLED', placement: 'CANCELLED, ended' })
  })

  test('keeps its credit when the limit is lowered below it, and nothing more can be reserved until it is paid', async () => {
    const { orderId, customerId, shows } = await placed({ total: '60.00' })
    await shows({ status: 'APPROVED' })
    await accepted(desk.url(), 'changeCreditLimit', { customerId, creditLimit: '50.00' })
    await shows({ status: 'APPROVED', credit: 'reserved 60.00, available 0.00' })
    const second = await placed({ customerId, total: '0.01' })
    await second.shows({ status: 'REJECTED (CREDIT_LIMIT_EXCEEDED)' })
    await accepted(desk.url(), 'shipOrder', { orderId })
    await accepted(desk.url(), 'recordPayment', { orderId })
    await shows({ status: 'PAID', credit: 'reserved 0.00, available 50.00' })
    const third = await placed({ customerId, total: '50.00' })
    await third.shows({ status: 'APPROVED', credit: 'reserved 50.00, available 0.00' })
  })

  test('and another one that want the last credit and the last stock: one has both, the other nothing', async () => {
    const first = await placed({ quantity: 10 })
    const second = await placed({ ...first, quantity: 10 })
    const whole = { credit: 'reserved 100.00, available 0.00', stock: '10 in stock, 10 reserved, 0 available' }
    const decided = async (orderId: string) => (await glance(orderId)).status
    await expect.poll(() => decided(first.orderId)).not.toBe('PENDING')
    await expect.poll(() => decided(second.orderId)).not.toBe('PENDING')
    // Each may have taken one of the two, and then neither is approved.
    const outcomes = [await decided(first.orderId), await decided(second.orderId)]
    const approved = outcomes.filter((status) => status === 'APPROVED').length
    expect(approved).toBeLessThanOrEqual(1)
    const nothing = { credit: 'reserved 0.00, available 100.00', stock: '10 in stock, 0 reserved, 10 available' }
    await first.shows(approved === 1 ? whole : nothing)
  })
})

describe('reading your own writes', () => {
  const own = sharedDesk()
  beforeAll(() => {
    desk = own
  })

  test('the payload of a command shows what the command did', async () => {
    const { orderId, customerId, productId, shows } = await placed({ quantity: 1 })
    await shows({ status: 'APPROVED' })
    const data = await ask<Record<string, unknown>>(
      desk.url(),
      `mutation ($orderId: ID!, $customerId: ID!, $productId: ID!) {
        limit: changeCreditLimit(input: { customerId: $customerId, creditLimit: "500.00" }) { customer { creditLimit } }
        price: changePrice(input: { productId: $productId, price: "7.00" }) { product { price } }
        stock: receiveStock(input: { productId: $productId, quantity: 5 }) { product { inStock price } }
        shipped: shipOrder(input: { orderId: $orderId }) { order { status version customer { creditLimit } } }
        paid: recordPayment(input: { orderId: $orderId }) { order { status version } }
      }`,
      { orderId, customerId, productId },
    )
    expect(data).toMatchObject({
      limit: { customer: { creditLimit: '500.00' } },
      price: { product: { price: '7.00' } },
      stock: { product: { inStock: 15, price: '7.00' } },
      shipped: { order: { status: 'SHIPPED', version: 3, customer: { creditLimit: '500.00' } } },
      paid: { order: { status: 'PAID', version: 4 } },
    })
  })

  test('a query with the position of a receipt sees the command, wherever it is looked for', async () => {
    for (let round = 0; round < 10; round++) {
      // Without a read model in the payload the receipt comes before the views are there.
      const name = `Reader${round}`
      const customer = await receiptOnly('registerCustomer', { name, creditLimit: '9.00' })
      const found = await ask<{ customers: { nodes: { name: string }[]; asOf: string } }>(
        desk.url(),
        `query ($atLeast: Position, $filter: CustomerFilter) {
          customers(atLeast: $atLeast, filter: $filter) { nodes { name } asOf } }`,
        { atLeast: customer.position, filter: { search: name } },
      )
      expect(found.customers.nodes).toEqual([{ name }])
      expect(placeOf(found.customers.asOf)).toBeGreaterThanOrEqual(placeOf(customer.position))

      const productId = `prd_reader_${round}`
      const added = await receiptOnly('addProduct', { productId, name: 'Lamp', price: '1.00' })
      const stocked = await receiptOnly('receiveStock', { productId, quantity: round + 1 })
      const { product, products } = await ask<Record<string, unknown>>(
        desk.url(),
        `query ($id: ID!, $added: Position, $stocked: Position) {
          products(first: 1, atLeast: $added) { nodes { id } }
          product(id: $id, atLeast: $stocked) { inStock version } }`,
        { id: productId, added: added.position, stocked: stocked.position },
      )
      expect(products).toEqual({ nodes: [{ id: productId }] })
      expect(product).toEqual({ inStock: round + 1, version: 2 })
    }
  })

  test('a position that the views do not reach in time is NOT_YET_VISIBLE, and can be asked for again', async () => {
    const { customerId, orderId, productId } = await placed({ quantity: 1 })
    const { position } = await receiptOnly('registerCustomer', { name: 'Ada', creditLimit: '1.00' })
    const future = `${position.split('-')[0]}-${Number.MAX_SAFE_INTEGER}`
    const fields = [
      `customer(id: "${customerId}", atLeast: $atLeast) { id }`,
      `order(id: "${orderId}", atLeast: $atLeast) { id }`,
      `product(id: "${productId}", atLeast: $atLeast) { id }`,
      'customers(atLeast: $atLeast) { asOf }',
      'orders(atLeast: $atLeast) { asOf }',
      'products(atLeast: $atLeast) { asOf }',
    ]
    const answers = await Promise.all(
      fields.map((field) =>
        send<{ field: unknown }>(desk.url(), `query ($atLeast: Position) { field: ${field} }`, { atLeast: future }),
      ),
    )
    for (const { data, errors } of answers) {
      expect(data?.field ?? null).toBeNull()
      expect(errors).toMatchObject([
        { message: expect.stringContaining('atLeast'), path: ['field'], extensions: { code: 'NOT_YET_VISIBLE' } },
      ])
    }
  })

  test.each([
    'customer(id: "cus_1", atLeast: $position) { id }',
    'order(id: "ord_1", atLeast: $position) { id }',
    'product(id: "prd_1", atLeast: $position) { id }',
    'customers(atLeast: $position) { asOf }',
    'orders(atLeast: $position) { asOf }',
    'products(atLeast: $position) { asOf }',
  ])('a position of another log is refused as such: %s', async (field) => {
    const foreign = 'abcdefghijkl-1'
    const literal = `{ ${field.replace('$position', `"${foreign}"`)} }`
    const variable = `query ($position: Position) { ${field} }`
    for (const { data, errors } of [
      await send(desk.url(), literal),
      await send(desk.url(), variable, { position: foreign }),
      await send(desk.url(), variable.replace('Position)', `Position = "${foreign}")`)),
    ]) {
      expect(data ?? null).toBeNull()
      expect(errors).toMatchObject([
        { message: expect.stringContaining(foreign), extensions: { code: 'POSITION_OF_ANOTHER_LOG' } },
      ])
    }
  })

  test.each([
    'customerChanged(customerId: "cus_1", since: $position) { position }',
    'orderChanged(orderId: "ord_1", since: $position) { position }',
    'customerOrdersChanged(customerId: "cus_1", since: $position) { position }',
    'productChanged(productId: "prd_1", since: $position) { position }',
    'ordersFeed(since: $position) { __typename }',
    'eventsRecorded(since: $position) { __typename }',
  ])('a subscription with a position of another log is refused as such: %s', async (field) => {
    const foreign = 'abcdefghijkl-1'
    const literal = subscribe(desk.url(), `subscription { ${field.replace('$position', `"${foreign}"`)} }`)
    const variable = subscribe(desk.url(), `subscription ($position: Position) { ${field} }`, { position: foreign })
    for (const { ended } of [literal, variable]) {
      expect(await ended).toMatchObject([
        { message: expect.stringContaining(foreign), extensions: { code: 'POSITION_OF_ANOTHER_LOG' } },
      ])
    }
  })

  test('text that is no position is another error, which says what one is', async () => {
    for (const position of ['', '1', 'abc', 'abcdefghijkl-', 'abcdefghijkl--1', 'abcdefghijkl-12345678901234567890']) {
      const { errors } = await send(
        desk.url(),
        'query ($position: Position) { customers(atLeast: $position) { asOf } }',
        { position },
      )
      expect(errors).toMatchObject([
        { message: expect.stringContaining('Position must be text'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    }
  })
})

interface Wanted {
  /** Made with a limit of 100.00 when missing. */
  customerId?: string
  /** Made with a price of 10.00 and 10 pieces when missing. */
  productId?: string
  quantity?: number
  unitPrice?: string
  total?: string
  /** Cancelled in the same request. */
  cancelled?: boolean
}

/** Places an order, of one line or of a plain total. */
async function placed({ quantity, unitPrice, total, cancelled, ...existing }: Wanted) {
  const number = ++orders
  const orderId = `ord_${number}`
  const customerId = existing.customerId ?? `cus_${number}`
  const productId = existing.productId ?? `prd_${number}`
  if (!existing.customerId) {
    await accepted(desk.url(), 'registerCustomer', { customerId, name: 'Ada', creditLimit: '100.00' })
  }
  if (!existing.productId) {
    await accepted(desk.url(), 'addProduct', { productId, name: 'Lamp', price: '10.00', stock: 10 })
  }
  const content = total === undefined ? { lines: [{ productId, quantity, unitPrice }] } : { total }
  const { place, cancel } = await ask<Record<string, { userErrors: unknown[] }>>(
    desk.url(),
    `mutation ($place: PlaceOrderInput!, $cancel: CancelOrderInput!, $cancelled: Boolean!) {
      place: placeOrder(input: $place) { userErrors { message } }
      cancel: cancelOrder(input: $cancel) @include(if: $cancelled) { userErrors { message } }
    }`,
    { place: { orderId, customerId, content }, cancel: { orderId }, cancelled: cancelled ?? false },
  )
  expect([...(place?.userErrors ?? []), ...(cancel?.userErrors ?? [])]).toEqual([])
  const shows = (expected: Partial<Glance>) => expect.poll(() => glance(orderId)).toMatchObject(expected)
  return { orderId, customerId, productId, shows }
}

/** An order and what it holds, in a form in which a difference is easily seen. */
interface Glance {
  status: string
  credit: string
  stock: string
  placement: string
  steps: unknown[]
}

interface OrderNode {
  status: string
  rejectionReason: string | null
  cancellationReason: string | null
  customer: { reservedCredit: string; availableCredit: string }
  lines: { product: { inStock: number; reserved: number; available: number } }[]
  placement: {
    state: string
    endedAt: string | null
    steps: { nodes: { name: string; state: string; detail: string | null }[] }
  }
}

async function glance(orderId: string): Promise<Glance> {
  const { order } = await ask<{ order: OrderNode }>(
    desk.url(),
    `query ($orderId: ID!) { order(id: $orderId) {
      status rejectionReason cancellationReason
      customer { reservedCredit availableCredit }
      lines { product { inStock reserved available } }
      placement { state endedAt steps { nodes { name state detail } } }
    } }`,
    { orderId },
  )
  const { customer, placement, lines } = order
  const [product] = lines.map(({ product }) => product)
  return {
    status: withDetail(order.status, order.rejectionReason ?? order.cancellationReason),
    credit: `reserved ${customer.reservedCredit}, available ${customer.availableCredit}`,
    stock: product
      ? `${product.inStock} in stock, ${product.reserved} reserved, ${product.available} available`
      : 'none',
    placement: `${placement.state}${placement.endedAt ? ', ended' : ''}`,
    steps: placement.steps.nodes.map(({ name, state, detail }) => withDetail(`${name.split(' ')[0]} ${state}`, detail)),
  }
}

function withDetail(text: string, detail: string | null): string {
  return detail === null ? text : `${text} (${detail})`
}

/** The events of an order, without those that note its placement. */
async function eventTypes(orderId: string): Promise<string[]> {
  const { events } = await ask<{ events: { nodes: { type: string }[] } }>(
    desk.url(),
    'query ($stream: String) { events(filter: { stream: $stream }) { nodes { type } } }',
    { stream: `order-${orderId}` },
  )
  return events.nodes.map(({ type }) => type).filter((type) => type.startsWith('Order'))
}

async function receiptOnly(mutation: string, input: object): Promise<{ position: string }> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`
  const { answer } = await ask<{ answer: { receipt: { position: string } } }>(
    desk.url(),
    `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { receipt { position } } }`,
    { input },
  )
  return answer.receipt
}

/** Where a position is in its log: inside it is a number. */
function placeOf(position: string): number {
  return Number(position.split('-')[1])
}
