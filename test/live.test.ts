// Subscriptions over real WebSockets: what is there, then what changes; and after a lost connection neither a gap nor a repeat.
import { describe, expect, test } from 'vitest'
import { ask } from './client.ts'
import { accepted } from './mutate.ts'
import { sharedDesk } from './shared-desk.ts'
import { type Subscriber, subscribe } from './subscriber.ts'

const desk = sharedDesk()
let number = 0

interface Change {
  kind: 'SNAPSHOT' | 'CHANGED'
  position: string
}

type OrderChange = Change & { order: { id: string; status: string; version: number; position: string } | null }
type CustomerChange = Change & { customer: { name: string; creditLimit: string; reservedCredit: string } | null }
type OrdersChange = Change & { orders: { id: string; status: string }[] }
type ProductChange = Change & { product: { price: string; inStock: number; available: number } | null }

const ORDER = `subscription ($id: ID!, $since: Position) {
  change: orderChanged(orderId: $id, since: $since) { kind position order { id status version position } } }`
const CUSTOMER = `subscription ($id: ID!, $since: Position) {
  change: customerChanged(customerId: $id, since: $since) { kind position customer { name creditLimit reservedCredit } } }`
const ORDERS = `subscription ($id: ID!, $since: Position) {
  change: customerOrdersChanged(customerId: $id, since: $since) { kind position orders { id status } } }`
const PRODUCT = `subscription ($id: ID!, $since: Position) {
  change: productChanged(productId: $id, since: $since) { kind position product { price inStock available } } }`

interface FeedEvent {
  __typename: 'Event'
  id: string
  position: string
  type: string
  stream: string
}

interface OrderEvent {
  __typename: 'OrderEvent'
  position: string
  event: { id: string; type: string; position: string }
  order: { id: string; status: string; version: number }
}

const EVENTS = `subscription ($filter: EventFilter, $since: Position) {
  item: eventsRecorded(filter: $filter, since: $since) { __typename ... on Event { id position type stream } } }`
const ORDERS_FEED = `subscription ($filter: OrderFeedFilter, $since: Position) {
  item: ordersFeed(filter: $filter, since: $since) {
    __typename ... on OrderEvent { position event { id type position } order { id status version } } } }`

const resuming = { resumeFrom: ({ position }: { position: string }) => position }

describe('a state', () => {
  test('is sent as it is found, then after every change: a customer', async () => {
    const id = fresh('cus')
    const subscriber = subscribe<CustomerChange>(desk.url(), CUSTOMER, { id })
    await subscriber.until(({ length }) => length === 1)
    await register(id)
    await subscriber.until((messages) => messages.at(-1)?.customer?.creditLimit === '1000.00')
    await accepted(desk.url(), 'changeCreditLimit', { customerId: id, creditLimit: '2000.00' })
    await subscriber.until((messages) => messages.at(-1)?.customer?.creditLimit === '2000.00')
    expect(subscriber.messages).toMatchObject([
      { kind: 'SNAPSHOT', customer: null },
      { kind: 'CHANGED', customer: { name: 'Ada', creditLimit: '1000.00' } },
      { kind: 'CHANGED', customer: { name: 'Ada', creditLimit: '2000.00' } },
    ])
    expectToGrow(subscriber)
  })

  test('is sent as it is found, then after every change: a product', async () => {
    const id = fresh('prd')
    await addProduct(id, 5)
    const subscriber = subscribe<ProductChange>(desk.url(), PRODUCT, { id })
    await subscriber.until(({ length }) => length === 1)
    await accepted(desk.url(), 'changePrice', { productId: id, price: '2.00' })
    await subscriber.until((messages) => messages.at(-1)?.product?.price === '2.00')
    await accepted(desk.url(), 'receiveStock', { productId: id, quantity: 3 })
    await subscriber.until((messages) => messages.at(-1)?.product?.inStock === 8)
    expect(subscriber.messages).toMatchObject([
      { kind: 'SNAPSHOT', product: { price: '1.00', inStock: 5, available: 5 } },
      { kind: 'CHANGED', product: { price: '2.00', inStock: 5, available: 5 } },
      { kind: 'CHANGED', product: { price: '2.00', inStock: 8, available: 8 } },
    ])
    expectToGrow(subscriber)
  })

  test('is sent as it is found, then after every change: an order, from before it is placed', async () => {
    const customerId = fresh('cus')
    await register(customerId)
    const id = fresh('ord')
    const subscriber = subscribe<OrderChange>(desk.url(), ORDER, { id })
    await subscriber.until(({ length }) => length === 1)
    await place(id, customerId)
    await subscriber.until((messages) => messages.at(-1)?.order?.status === 'APPROVED')
    await accepted(desk.url(), 'shipOrder', { orderId: id })
    await subscriber.until((messages) => messages.at(-1)?.order?.status === 'SHIPPED')
    const statuses = subscriber.messages.map(({ order }) => order?.status ?? null)
    // The order changes also when its credit is reserved; states in between may be left out.
    expect([...new Set(statuses)].filter((status) => status !== 'PENDING')).toEqual([null, 'APPROVED', 'SHIPPED'])
    expect(subscriber.messages.map(({ kind }) => kind).lastIndexOf('SNAPSHOT')).toBe(0)
    expectToGrow(subscriber)
  })

  test('is sent as it is found, then after every change: the orders of a customer', async () => {
    const customerId = fresh('cus')
    await register(customerId)
    const [first, second, third] = [fresh('ord'), fresh('ord'), fresh('ord')]
    await placeAndWait(first, customerId)
    await placeAndWait(second, customerId)
    const subscriber = subscribe<OrdersChange>(desk.url(), ORDERS, { id: customerId })
    await subscriber.until(({ length }) => length === 1)
    expect(subscriber.messages).toMatchObject([
      {
        kind: 'SNAPSHOT',
        orders: [
          { id: second, status: 'APPROVED' },
          { id: first, status: 'APPROVED' },
        ],
      },
    ])
    await place(third, customerId)
    await accepted(desk.url(), 'cancelOrder', { orderId: first })
    await subscriber.until((messages) => {
      const shown = newest(messages)
      return shown.get(first) === 'CANCELLED' && shown.get(third) === 'APPROVED'
    })
    const changes = subscriber.messages.slice(1)
    expect(changes.every(({ kind }) => kind === 'CHANGED')).toBe(true)
    expect(changes.flatMap(({ orders }) => orders.map(({ id }) => id))).not.toContain(second)
    expectToGrow(subscriber)
  })

  test('that is resumed is sent only when it is newer than what the client has', async () => {
    const id = fresh('prd')
    await addProduct(id, 1)
    const before = subscribe<ProductChange>(desk.url(), PRODUCT, { id })
    const [snapshot] = await before.until(({ length }) => length === 1)
    await before.stop()

    const waiting = subscribe<ProductChange>(desk.url(), PRODUCT, { id, since: snapshot?.position })
    await accepted(desk.url(), 'receiveStock', { productId: id, quantity: 1 })
    await waiting.until(({ length }) => length > 0)
    expect(waiting.messages).toMatchObject([{ product: { inStock: 2 } }])

    const late = subscribe<ProductChange>(desk.url(), PRODUCT, { id, since: snapshot?.position })
    await late.until(({ length }) => length > 0)
    expect(late.messages).toMatchObject([{ product: { inStock: 2 } }])
  })

  test('is the newest in the end for clients that lose their connection again and again', async () => {
    const customerId = fresh('cus')
    await register(customerId)
    const orderIds = Array.from({ length: 30 }, () => fresh('ord'))
    const orders = subscribe<OrdersChange>(desk.url(), ORDERS, { id: customerId }, resuming)
    const customer = subscribe<CustomerChange>(desk.url(), CUSTOMER, { id: customerId }, resuming)
    for (const [n, orderId] of orderIds.entries()) {
      await place(orderId, customerId)
      if (n % 3 === 1) orders.drop()
      if (n % 5 === 2) customer.drop()
    }
    for (const orderId of orderIds) await accepted(desk.url(), 'cancelOrder', { orderId })
    await orders.until((messages) => {
      const shown = newest(messages)
      return orderIds.every((id) => shown.get(id) === 'CANCELLED')
    })
    await customer.until((messages) => messages.at(-1)?.customer?.reservedCredit === '0.00')
    expect(orders.closeCodes.length).toBeGreaterThan(3)
    expectToGrow(orders)
    expectToGrow(customer)
  })
})

describe('a feed', () => {
  test('sends every event once and in log order, as the audit log has it, across lost connections', async () => {
    const since = await position()
    const everything = subscribe<FeedEvent>(desk.url(), EVENTS, { since }, resuming)
    const ofOrders = subscribe<OrderEvent>(desk.url(), ORDERS_FEED, { since }, resuming)
    const undisturbed = subscribe<FeedEvent>(desk.url(), EVENTS, { since })
    await trade(40, () => {
      everything.drop()
      ofOrders.drop()
    })
    const log = await recorded(since)
    const last = log.at(-1)?.id
    await everything.until((messages) => messages.some(({ id }) => id === last))
    await undisturbed.until((messages) => messages.some(({ id }) => id === last))
    expect(upTo(last, everything.messages)).toEqual(log.map(({ id }) => id))
    expect(upTo(last, undisturbed.messages)).toEqual(log.map(({ id }) => id))
    expect(everything.closeCodes.length).toBeGreaterThan(3)

    const orderEvents = log.filter(({ stream }) => stream.startsWith('order-'))
    expect(orderEvents.length).toBeGreaterThanOrEqual(80)
    await ofOrders.until(({ length }) => length >= orderEvents.length)
    expect(ofOrders.messages.map(({ event }) => event.id)).toEqual(orderEvents.map(({ id }) => id))
    expect(ofOrders.closeCodes.length).toBeGreaterThan(3)
    // The order may be further than the event, but never behind it.
    const versions = new Map(log.map(({ id, version }) => [id, version]))
    for (const { event, order, position } of ofOrders.messages) {
      expect(order.version).toBeGreaterThanOrEqual(versions.get(event.id) ?? Number.POSITIVE_INFINITY)
      expect(position).toBe(event.position)
    }
  })

  test('sends everything once also to a client that comes back to a desk that was started anew', async () => {
    const since = await position()
    const subscriber = subscribe<FeedEvent>(desk.url, EVENTS, { since }, resuming)
    await trade(5)
    await subscriber.until(({ length }) => length > 5)
    await desk.start()
    await trade(5)
    const log = await recorded(since)
    const last = log.at(-1)?.id
    await subscriber.until((messages) => messages.some(({ id }) => id === last))
    expect(upTo(last, subscriber.messages)).toEqual(log.map(({ id }) => id))
    expect(subscriber.closeCodes).toContain(1001)
  })

  test('tells what comes from now on when it is not told since when', async () => {
    const productId = fresh('prd')
    const old = await addProduct(productId, 1)
    const filter = { stream: `product-${productId}` }
    const subscriber = subscribe<FeedEvent>(desk.url(), EVENTS, { filter })
    // Nothing says when a subscription has begun: deliveries come until one is seen.
    const delivery = { productId, quantity: 1 }
    await expect
      .poll(async () => {
        await accepted(desk.url(), 'receiveStock', delivery)
        return subscriber.messages.length
      })
      .toBeGreaterThan(0)
    const newestDelivery = await accepted(desk.url(), 'receiveStock', delivery)
    await subscriber.until((messages) => messages.some(({ position }) => position === newestDelivery.position))
    const log = (await recorded(old.position)).filter(({ stream }) => stream === filter.stream)
    const told = subscriber.messages.map(({ id }) => id)
    expect(told.length).toBeGreaterThan(1)
    expect(told).toEqual(log.map(({ id }) => id).slice(-told.length))
  })

  test('sends what its filter asks for, and nothing else', async () => {
    const since = await position()
    const [mine, other] = [fresh('cus'), fresh('cus')]
    const [desired, undesired] = [fresh('prd'), fresh('prd')]
    for (const id of [mine, other]) await register(id)
    for (const id of [desired, undesired]) await addProduct(id, 100)
    const orders = { a: fresh('ord'), b: fresh('ord'), c: fresh('ord') }
    const line = (productId: string) => ({ lines: [{ productId, quantity: 1 }] })
    await placeAndWait(orders.a, mine, line(desired))
    await placeAndWait(orders.b, mine, line(undesired))
    await placeAndWait(orders.c, other, line(desired))
    await accepted(desk.url(), 'shipOrder', { commandId: `ship-${orders.a}`, orderId: orders.a })
    const end = await accepted(desk.url(), 'shipOrder', { orderId: orders.c })

    const log = (await recorded(since)).filter(({ position }) => placeOf(position) <= placeOf(end.position))
    const expectations: [object, string[]][] = [
      [
        { customerId: mine },
        [
          `${orders.a} OrderPlaced`,
          `${orders.a} OrderApproved`,
          `${orders.b} OrderPlaced`,
          `${orders.b} OrderApproved`,
          `${orders.a} OrderShipped`,
        ],
      ],
      [
        { productId: desired },
        [
          `${orders.a} OrderPlaced`,
          `${orders.a} OrderApproved`,
          `${orders.c} OrderPlaced`,
          `${orders.c} OrderApproved`,
          `${orders.a} OrderShipped`,
          `${orders.c} OrderShipped`,
        ],
      ],
      [{ customerId: mine, productId: desired, typeIn: ['OrderShipped'] }, [`${orders.a} OrderShipped`]],
    ]
    for (const [filter, expected] of expectations) {
      const { messages } = subscribe<OrderEvent>(desk.url(), ORDERS_FEED, { filter, since })
      const told = () => messages.map(({ order, event }) => `${order.id} ${event.type}`)
      await expect.poll(told).toEqual(expected)
    }

    const eventFilters: [object, (event: Recorded) => boolean][] = [
      [{ stream: `order-${orders.a}` }, ({ stream }) => stream === `order-${orders.a}`],
      [
        { typeIn: ['StockReserved', 'OrderShipped'] },
        ({ type }) => type === 'StockReserved' || type === 'OrderShipped',
      ],
      [{ commandId: `ship-${orders.a}` }, ({ commandId }) => commandId === `ship-${orders.a}`],
      [{ correlationId: `ship-${orders.a}` }, ({ correlationId }) => correlationId === `ship-${orders.a}`],
    ]
    for (const [filter, matches] of eventFilters) {
      const expected = log.filter(matches).map(({ id }) => id)
      expect(expected.length).toBeGreaterThan(0)
      const subscriber = subscribe<FeedEvent>(desk.url(), EVENTS, { filter, since })
      await subscriber.until(({ length }) => length >= expected.length)
      expect(subscriber.messages.map(({ id }) => id).slice(0, expected.length)).toEqual(expected)
    }
  })
})

test('a position that the log does not have is refused by every subscription, as a query refuses it', async () => {
  const answer = await ask<{ desk: { position: string } }>(desk.url(), '{ desk { position } }')
  const [log, newest] = answer.desk.position.split('-')
  const since = `${log}-${Number(newest) + 1_000_000}`
  const all = [ORDER, CUSTOMER, ORDERS, PRODUCT].map((query, at) => [
    query,
    { id: `${['ord', 'cus', 'cus', 'prd'][at]}_x` },
  ])
  const refused = [...all, [EVENTS, {}], [ORDERS_FEED, {}]].map(
    ([query, variables]) => subscribe(desk.url(), query as string, { ...(variables as object), since }).ended,
  )
  for (const errors of await Promise.all(refused)) {
    expect(errors).toMatchObject([
      { message: expect.stringContaining('since'), extensions: { code: 'NOT_YET_VISIBLE', retryable: true } },
    ])
  }
})

test('many subscribers on sockets of their own are all told the same', async () => {
  const since = await position()
  const productId = fresh('prd')
  await addProduct(productId, 0)
  const filter = { stream: `product-${productId}` }
  const feeds = Array.from({ length: 40 }, () => subscribe<FeedEvent>(desk.url(), EVENTS, { filter, since }))
  const states = Array.from({ length: 40 }, () => subscribe<ProductChange>(desk.url(), PRODUCT, { id: productId }))
  for (let n = 0; n < 20; n++) await accepted(desk.url(), 'receiveStock', { productId, quantity: 1 })
  const log = (await recorded(since)).filter(({ stream }) => stream === filter.stream).map(({ id }) => id)
  expect(log).toHaveLength(21)
  for (const { until, messages } of feeds) {
    await until(({ length }) => length >= log.length)
    expect(messages.map(({ id }) => id)).toEqual(log)
  }
  for (const { until } of states) await until((messages) => messages.at(-1)?.product?.inStock === 20)
})

test('a desk that stops closes its subscribers with 1001, so that they come back', async () => {
  const subscribers = [
    subscribe<FeedEvent>(desk.url(), EVENTS),
    subscribe<ProductChange>(desk.url(), PRODUCT, { id: 'prd_none' }),
  ]
  const states = subscribers[1]
  await states?.until(({ length }) => length === 1)
  await desk.stop()
  for (const { ended, closeCodes } of subscribers) {
    await ended
    expect(closeCodes).toEqual([1001])
  }
  await desk.start()
})

/** Every message can be resumed from, so their positions never go back. */
function expectToGrow({ messages }: Subscriber<Change>): void {
  const places = messages.map(({ position }) => placeOf(position))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
}

/** The status of each order, as a client shows it that puts every message over what it has. */
function newest(messages: readonly OrdersChange[]): Map<string, string> {
  return new Map(messages.flatMap(({ orders }) => orders.map(({ id, status }) => [id, status] as const)))
}

/** The ids of the messages up to an event; events that readers of the log note afterwards may follow. */
function upTo(last: string | undefined, messages: readonly FeedEvent[]): string[] {
  const ids = messages.map(({ id }) => id)
  return ids.slice(0, ids.lastIndexOf(last ?? '') + 1)
}

/** Several clients place orders and cancel some; returns when all of them are decided. */
async function trade(ordersToPlace: number, afterSome: () => void = () => {}): Promise<void> {
  const [customerId, productId] = [fresh('cus'), fresh('prd')]
  await register(customerId)
  await addProduct(productId, 1_000)
  const orderIds = Array.from({ length: ordersToPlace }, () => fresh('ord'))
  const waiting = [...orderIds]
  const client = async () => {
    for (let orderId = waiting.pop(); orderId; orderId = waiting.pop()) {
      await place(orderId, customerId, { lines: [{ productId, quantity: 1 }] })
      if (waiting.length % 4 === 0) await accepted(desk.url(), 'cancelOrder', { orderId })
      if (waiting.length % 6 === 0) afterSome()
    }
  }
  await Promise.all([client(), client(), client(), client()])
  for (const orderId of orderIds) await expect.poll(() => placementOf(orderId), { timeout: 30_000 }).not.toMatch(/ING/)
}

async function placementOf(orderId: string): Promise<string> {
  const query = 'query ($orderId: ID!) { order(id: $orderId) { status placement { state } } }'
  const { order } = await ask<{ order: { status: string; placement: { state: string } } }>(desk.url(), query, {
    orderId,
  })
  return `${order.status} ${order.placement.state}`
}

interface Recorded {
  id: string
  type: string
  stream: string
  version: number
  position: string
  commandId: string | null
  correlationId: string | null
}

/** The audit log after a position. */
async function recorded(since: string): Promise<Recorded[]> {
  const found: Recorded[] = []
  let after: string | null = null
  do {
    const page: { events: { nodes: Recorded[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } = await ask(
      desk.url(),
      `query ($after: String) { events(first: 100, after: $after) {
        nodes { id type stream version position commandId correlationId } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    found.push(...page.events.nodes)
    after = page.events.pageInfo.hasNextPage ? page.events.pageInfo.endCursor : null
  } while (after)
  return found.filter(({ position }) => placeOf(position) > placeOf(since))
}

async function position(): Promise<string> {
  return (await ask<{ desk: { position: string } }>(desk.url(), '{ desk { position } }')).desk.position
}

/** Where a position is in its log: inside it is a number. */
function placeOf(position: string): number {
  return Number(position.split('-')[1])
}

function fresh(prefix: 'cus' | 'ord' | 'prd'): string {
  return `${prefix}_${++number}`
}

function register(customerId: string) {
  return accepted(desk.url(), 'registerCustomer', { customerId, name: 'Ada', creditLimit: '1000.00' })
}

function addProduct(productId: string, stock: number) {
  return accepted(desk.url(), 'addProduct', { productId, name: 'Lamp', price: '1.00', stock })
}

function place(orderId: string, customerId: string, content: object = { total: '1.00' }) {
  return accepted(desk.url(), 'placeOrder', { orderId, customerId, content })
}

async function placeAndWait(orderId: string, customerId: string, content?: object): Promise<void> {
  await place(orderId, customerId, content)
  await expect.poll(() => placementOf(orderId)).toBe('APPROVED APPROVED')
}
