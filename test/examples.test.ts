// The example operations run in their order as a story: on a desk that was empty each has the outcome that it is there to show.
import { expect, test } from 'vitest'
import { exampleOperations } from '../schema/operations.ts'
import { ask } from './client.ts'
import { sharedDesk } from './shared-desk.ts'
import { subscribe } from './subscriber.ts'

const desk = sharedDesk()
const examples = exampleOperations()
const mutations = examples.filter(({ kind }) => kind === 'mutation')
const subscriptions = examples.filter(({ kind }) => kind === 'subscription')

/** The state that must be reached before an example can have its outcome: sagas take their time. */
const before: Record<string, () => Promise<void>> = {
  Order: () => until('ord_demo', 'status', 'APPROVED'),
  ReviseOrder: () => until('ord_demo', 'status', 'APPROVED'),
  ShipOrder: () => until('ord_demo', 'revision { state endedAt }', { state: 'APPLIED', endedAt: expect.any(String) }),
  Customer: async () => {
    await until('ord_demo', 'placement { state endedAt }', { state: 'APPROVED', endedAt: expect.any(String) })
    await until('ord_demo_total', 'placement { state endedAt }', { state: 'CANCELLED', endedAt: expect.any(String) })
  },
}

const POSITION = expect.stringMatching(/^[a-z0-9]{12}-\d+$/)
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const accepted = { userErrors: [], receipt: { version: expect.any(Number), position: POSITION } }
const onePage = (...nodes: object[]) => ({
  nodes,
  pageInfo: { hasNextPage: false },
  totalCount: { value: nodes.length, exact: true },
  asOf: POSITION,
})

const outcomes: Record<string, object> = {
  RegisterCustomer: {
    registerCustomer: {
      customer: {
        id: 'cus_demo',
        name: 'Ada Lovelace Engines',
        creditLimit: '150000.00',
        availableCredit: '150000.00',
      },
      receipt: { commandId: 'demo-register-customer', duplicate: false, version: 1, position: POSITION },
      userErrors: [],
    },
  },
  AddProduct: {
    addProduct: {
      product: { id: 'prd_demo', name: 'Standing desk, oak', price: '420.00', inStock: 400, available: 400 },
      receipt: { commandId: 'demo-add-product', duplicate: false, version: 2, position: POSITION },
      userErrors: [],
    },
  },
  ReceiveStock: { receiveStock: { ...accepted, product: { inStock: 550, reserved: 0, available: 550 } } },
  ChangePrice: { changePrice: { ...accepted, product: { price: '400.00', version: 4 } } },
  ChangeCreditLimit: {
    changeCreditLimit: {
      ...accepted,
      customer: { creditLimit: '250000.00', reservedCredit: '0.00', availableCredit: '250000.00' },
    },
  },
  PlaceOrder: {
    placeOrder: {
      order: {
        id: 'ord_demo',
        status: expect.stringMatching(/^(PENDING|APPROVED)$/),
        total: '123800.00',
        lines: [
          { productId: 'prd_demo', quantity: 300, unitPrice: '400.00' },
          { productId: 'prd_demo', quantity: 10, unitPrice: '380.00' },
        ],
      },
      receipt: { commandId: 'demo-place-order', duplicate: false, version: 1, position: POSITION },
      userErrors: [],
    },
  },
  PlaceOrderByTotal: { placeOrder: { ...accepted, order: { id: 'ord_demo_total', total: '1999.99' } } },
  Order: {
    order: {
      id: 'ord_demo',
      customerId: 'cus_demo',
      customer: { id: 'cus_demo', name: 'Ada Lovelace Engines' },
      status: 'APPROVED',
      rejectionReason: null,
      cancellationReason: null,
      trackingCode: null,
      lines: [
        { product: { id: 'prd_demo', available: 240 }, quantity: 300, unitPrice: '400.00' },
        { product: { id: 'prd_demo', available: 240 }, quantity: 10, unitPrice: '380.00' },
      ],
      total: '123800.00',
      placement: {
        state: 'APPROVED',
        steps: {
          edges: [{ node: { name: 'credit' } }, { node: { name: 'stock prd_demo' } }],
          nodes: [
            { name: 'credit', state: 'DONE', at: INSTANT, detail: null },
            { name: 'stock prd_demo', state: 'DONE', at: INSTANT, detail: null },
          ],
          pageInfo: { hasNextPage: false },
        },
        startedAt: INSTANT,
        endedAt: null,
      },
      revision: null,
      history: { nodes: expect.arrayContaining([expect.objectContaining({ type: 'OrderApproved' })]) },
      version: 2,
      position: POSITION,
      placedAt: INSTANT,
      createdAt: INSTANT,
      updatedAt: INSTANT,
    },
  },
  ReviseOrder: {
    reviseOrder: {
      ...accepted,
      order: {
        id: 'ord_demo',
        status: 'APPROVED',
        revision: {
          number: 1,
          state: expect.stringMatching(/^(PENDING|APPLIED)$/),
          lines: [
            { productId: 'prd_demo', quantity: 300, unitPrice: '400.00' },
            { productId: 'prd_demo', quantity: 5, unitPrice: '380.00' },
          ],
          total: '121900.00',
        },
      },
    },
  },
  ShipOrder: { shipOrder: { ...accepted, order: { status: 'SHIPPED', trackingCode: '1Z999AA10123456784' } } },
  RecordPayment: { recordPayment: { ...accepted, order: { id: 'ord_demo', status: 'PAID' } } },
  CancelOrder: {
    cancelOrder: { ...accepted, order: { status: 'CANCELLED', cancellationReason: 'Ordered twice by mistake' } },
  },
  Customer: {
    customer: {
      name: 'Ada Lovelace Engines',
      creditLimit: '250000.00',
      reservedCredit: '0.00',
      availableCredit: '250000.00',
      recentOrders: [
        { orderId: 'ord_demo_total', status: 'CANCELLED', total: '1999.99', placedAt: INSTANT },
        { orderId: 'ord_demo', status: 'PAID', total: '121900.00', placedAt: INSTANT },
      ],
      orders: {
        nodes: [{ id: 'ord_demo', status: 'PAID', total: '121900.00' }],
        pageInfo: { hasNextPage: false },
        totalCount: { value: 1, exact: true },
      },
      history: { nodes: expect.arrayContaining([expect.objectContaining({ type: 'CreditReserved' })]) },
    },
  },
  Customers: {
    customers: onePage({ id: 'cus_demo', creditLimit: '250000.00', availableCredit: '250000.00', createdAt: INSTANT }),
  },
  Orders: {
    orders: onePage(
      { id: 'ord_demo', status: 'PAID', total: '121900.00', customer: { name: 'Ada Lovelace Engines' } },
      { id: 'ord_demo_total', status: 'CANCELLED', total: '1999.99', customer: { name: 'Ada Lovelace Engines' } },
    ),
  },
  Product: { product: { id: 'prd_demo', price: '400.00', inStock: 245, reserved: 0, available: 245 } },
  Products: { products: onePage({ id: 'prd_demo', name: 'Standing desk, oak', price: '400.00', available: 245 }) },
  RecentValuableCustomers: { recentValuableCustomers: onePage({ id: 'cus_demo', recentOrders: [{}, {}] }) },
  Node: { node: { __typename: 'Order', id: 'ord_demo', status: 'PAID' } },
  Events: {
    events: {
      nodes: [
        { type: 'OrderPlaced', version: 1, commandId: 'demo-place-order', correlationId: 'demo-place-order' },
        { type: 'OrderApproved', version: 2, correlationId: 'demo-place-order' },
        { type: 'OrderRevisionRequested', version: 3, commandId: 'demo-revise-order' },
        { type: 'OrderRevised', version: 4, correlationId: 'demo-revise-order' },
        { type: 'OrderShipped', version: 5, commandId: 'demo-ship-order' },
        { type: 'OrderPaid', version: 6, commandId: 'demo-record-payment' },
      ],
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    },
  },
  Parked: { parked: { nodes: [], pageInfo: { hasNextPage: false }, totalCount: { value: 0, exact: true } } },
  RetryParked: {
    retryParked: { parked: null, receipt: null, userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }] },
  },
  DiscardParked: {
    discardParked: { parked: null, receipt: null, userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'] }] },
  },
  Desk: { desk: { currency: 'EUR', version: expect.stringMatching(/^\d+\.\d+\.\d+$/), position: POSITION } },
}

/** The messages that subscribers get of a story that is complete: the state, or, of feeds, everything after `since`. */
const told: Record<string, object[]> = {
  OrderChanged: [{ kind: 'SNAPSHOT', order: { status: 'PAID', placement: { state: 'APPROVED' } }, position: POSITION }],
  CustomerChanged: [{ kind: 'SNAPSHOT', customer: { reservedCredit: '0.00', availableCredit: '250000.00' } }],
  CustomerOrdersChanged: [
    {
      kind: 'SNAPSHOT',
      orders: [
        { id: 'ord_demo_total', status: 'CANCELLED', total: '1999.99' },
        { id: 'ord_demo', status: 'PAID', total: '121900.00' },
      ],
    },
  ],
  ProductChanged: [{ kind: 'SNAPSHOT', product: { price: '400.00', inStock: 245, reserved: 0, available: 245 } }],
  OrdersFeed: [
    {
      __typename: 'OrderEvent',
      order: { id: 'ord_demo', status: 'PAID', total: '121900.00' },
      event: { type: 'OrderPlaced', summary: expect.stringContaining('ord_demo'), recordedAt: INSTANT },
      position: POSITION,
    },
  ],
  EventsRecorded: [{ __typename: 'Event', stream: 'order-ord_demo', type: 'OrderPlaced', position: POSITION }],
}

const firstAnswers = new Map<string, Receipts>()
let beginning: string

/** None where the command is refused. */
type Receipts = Record<
  string,
  { receipt: { version: number; position: string; duplicate?: boolean } | null; userErrors?: object[] } | null
>

test('every outcome belongs to an example, and every subscription has messages that it expects', () => {
  const names = new Set(examples.map(({ name }) => name))
  expect([...Object.keys(outcomes), ...Object.keys(told)].filter((name) => !names.has(name))).toEqual([])
  expect(subscriptions.map(({ name }) => name).filter((name) => told[name] === undefined)).toEqual([])
})

test.each(examples.filter(({ kind }) => kind !== 'subscription'))('$name: $title', async (example) => {
  await before[example.name]?.()
  const data = await ask<Receipts>(desk.url(), example.document, example.variables)
  const expected = outcomes[example.name]
  if (expected) expect(data).toMatchObject(expected)
  // An example that states no outcome must at least be accepted.
  else expect(Object.values(data).flatMap((field) => field?.userErrors ?? [])).toEqual([])
  if (example.kind === 'mutation') firstAnswers.set(example.name, data)
  if (example.name === 'RegisterCustomer') beginning = data.registerCustomer?.receipt?.position ?? ''
})

test.each(subscriptions)('$name: $title', async ({ name, document, variables }) => {
  const isFeed = name === 'OrdersFeed' || name === 'EventsRecorded'
  const since = isFeed ? { since: beginning } : {}
  const subscriber = subscribe(desk.url(), document, { ...variables, ...since })
  const expected = told[name] ?? []
  const messages = await subscriber.until(({ length }) => length >= expected.length)
  expect(messages.slice(0, expected.length)).toMatchObject(expected)
})

test('a second run of the mutations has the receipts of the first, and changes nothing', async () => {
  const recorded = await recordedEvents()
  expect(recorded.length).toBeGreaterThan(15)
  for (const { name, document, variables } of mutations) {
    // Not every example asks whether its command was a duplicate.
    const asking = document.replace('receipt {', 'receipt {\n      duplicate')
    const again = await ask<Receipts>(desk.url(), asking, variables)
    const [first] = Object.values(firstAnswers.get(name) ?? {})
    const [second] = Object.values(again)
    expect(second?.receipt).toEqual(first?.receipt && { ...first.receipt, duplicate: true })
  }
  expect(await recordedEvents()).toEqual(recorded)
})

async function until(orderId: string, field: string, expected: unknown): Promise<void> {
  const name = field.split(' ')[0] ?? field
  const value = async () => {
    const { order } = await ask<{ order: Record<string, unknown> }>(
      desk.url(),
      `query ($orderId: ID!) { order(id: $orderId) { ${field} } }`,
      { orderId },
    )
    return order[name]
  }
  await expect.poll(value).toEqual(expected)
}

/** Everything that is recorded, save how far readers of the log have come. */
async function recordedEvents(): Promise<string[]> {
  const { events } = await ask<{
    events: { nodes: { id: string; type: string; stream: string }[]; pageInfo: { hasNextPage: boolean } }
  }>(desk.url(), '{ events(first: 100) { nodes { id type stream } pageInfo { hasNextPage } } }')
  expect(events.pageInfo.hasNextPage).toBe(false)
  return events.nodes
    .filter(({ type }) => type !== 'CheckpointStored')
    .map(({ id, type, stream }) => `${stream} ${type} ${id}`)
}
