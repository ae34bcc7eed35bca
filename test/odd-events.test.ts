// Anything that somebody writes into the log beside the desk harms at most what it is about.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../kernel/sqlite/database.ts'
import { scriptedServer } from '../kernel/store/eventstoredb/scripted-server.given.ts'
import { serve } from '../kernel/store/eventstoredb/scripted-server-over-grpc.given.ts'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import { ask, send } from './client.ts'
import { accepted } from './mutate.ts'
import { placeOf } from './place.ts'
import { untilReady } from './readiness.ts'

let dataDirectory: string
let desk: Desk
let orders = 0

/** The logs that a desk can have, each with how somebody else writes into it. */
const logs: [name: string, open: () => Promise<{ eventstoreUrl?: string; write: Write; close(): void }>][] = [
  ['the embedded log', openEmbedded],
  ['a stand-in for EventStoreDB', openStandIn],
]

describe.each(logs)('in %s', (_, open) => {
  let write: Write
  let closeLog = () => {}

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-odd-'))
    const opened = await open()
    write = opened.write
    closeLog = opened.close
    await start(opened.eventstoreUrl)
    await accepted(desk.url, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '1000000.00' })
    await accepted(desk.url, 'registerCustomer', { customerId: 'cus_2', name: 'Bob', creditLimit: '1000000.00' })
  }, 60_000)

  afterAll(async () => {
    await desk.close()
    closeLog()
    await rm(dataDirectory, { recursive: true, force: true })
  }, 60_000)

  describe('foreign events are skipped, and the order whose stream they are in goes on', () => {
    test.each<[what: string, stream: (orderId: string) => string, row: Partial<Row>]>([
      ['without metadata', order, { metadata: '' }],
      ['with metadata of somebody else', order, { metadata: '{"by":"hand"}' }],
      ['with metadata that is no object', order, { metadata: '[2]' }],
      ['with a commandId that is a number', order, { metadata: '{"commandId":5,"schemaVersion":2}' }],
      ['with a version that is a text', order, { metadata: '{"schemaVersion":"1"}' }],
      ['with bytes', order, { data: Buffer.from([0, 255, 1]), metadata: Buffer.from([7]) }],
      ['with bytes and metadata of a desk', order, { data: Buffer.from([0, 255, 1]), metadata: OURS }],
      ['that is large', order, { data: JSON.stringify('x'.repeat(3_000_000)), metadata: '{}' }],
      ['in a stream of another name', () => 'somethingElse', { metadata: OURS }],
      ['in a category without an id', () => 'order', { metadata: OURS }],
      ['in a category with an empty id', () => 'order-', { metadata: OURS }],
      ['in a stream of an id that is none', () => 'order-bad id!', { metadata: OURS }],
    ])('%s', async (_, stream, row) => {
      const orderId = await approvedOrder()
      await write(stream(orderId), { type: 'OrderShipped', data: JSON.stringify(facts(orderId)), ...row })
      const { version } = await accepted(desk.url, 'cancelOrder', { orderId })
      await expect.poll(() => orderOf(orderId)).toMatchObject({ status: 'CANCELLED', version })
      await expect.poll(isReady).toBe(true)
    })

    test('they are counted', async () => {
      await expect.poll(metrics).toMatch(/^creditline_foreign_events 12$/m)
    })

    test('a version that a client was shown is the one that it may expect', async () => {
      const orderId = await approvedOrder()
      await write(order(orderId), { type: 'Note', data: '{}', metadata: '' })
      await accepted(desk.url, 'shipOrder', { orderId })
      await expect.poll(async () => (await orderOf(orderId))?.status).toBe('SHIPPED')
      const { version = 0 } = (await orderOf(orderId)) ?? {}
      await accepted(desk.url, 'recordPayment', { orderId, expectedVersion: version })
    })

    test('an order can be placed in a stream that has only foreign events', async () => {
      const orderId = `ord_${++orders}`
      for (let count = 0; count < 150; count++)
        await write(order(orderId), { type: 'Note', data: '{}', metadata: '{}' })
      await placed(orderId)
      await expect.poll(async () => (await orderOf(orderId))?.status).toBe('APPROVED')
    })
  })

  describe('an event that the desk cannot read harms only its own document and order', () => {
    test.each<[what: string, stream: (orderId: string) => string, row: (orderId: string) => Partial<Row>]>([
      ['of a newer release', order, () => ({ type: 'OrderArchived', data: '{}' })],
      ['of a newer version', order, (id) => ({ data: json(facts(id)), metadata: '{"schemaVersion":99}' })],
      ['with an order id that is a number', order, (id) => ({ data: json({ ...facts(id), orderId: 5 }) })],
      ['with a total that is a text', order, (id) => ({ data: json({ ...facts(id), total: '5.00' }) })],
      ['without data', order, () => ({ data: 'null' })],
      ['about another order', order, () => ({ data: json(facts('ord_1')) })],
      ['that is no JSON any more', order, () => ({ data: '{"orderId":' })],
      [
        'of another category',
        order,
        () => ({ type: 'CreditReleased', data: json({ customerId: 'cus_1', orderId: 'ord_1', amount: 0 }) }),
      ],
      ['in the stream of its placement', (id) => `placement-${id}`, () => ({ type: 'PlacementForgotten', data: '{}' })],
    ])('%s', async (_, stream, row) => {
      const orderId = await approvedOrder()
      await write(stream(orderId), { type: 'OrderShipped', metadata: OURS, ...row(orderId) })
      await expect.poll(() => errorOf(orderId)).toBe('VIEW_BROKEN')
      const other = await approvedOrder()
      await accepted(desk.url, 'shipOrder', { orderId: other })
      await expect.poll(async () => (await orderOf(other))?.status).toBe('SHIPPED')
      expect(await isReady()).toBe(true)
    })

    test('a command for it is UNAVAILABLE, and the error names the stream and the event, and says that no other try helps', async () => {
      const orderId = await approvedOrder()
      await write(order(orderId), { type: 'OrderArchived', data: '{}', metadata: OURS })
      await expect.poll(() => errorOf(orderId)).toBe('VIEW_BROKEN')
      const { errors } = await send(desk.url, SHIP, { input: { orderId } })
      expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: false } }])
      expect(errors?.[0]?.message).toContain(
        'Another try does not help: the operator of the desk has to repair the stream',
      )
      expect(errors?.[0]?.message).toMatch(
        new RegExp(`order-${orderId} cannot be folded at its event 3 \\(OrderArchived`),
      )
    })

    test('lists answer with all other orders', async () => {
      const [bad] = [await approvedOrder(), await approvedOrder()]
      const before = await listed()
      expect(before.orders).toContain(bad)
      await write(order(bad), { type: 'OrderShipped', data: json({ ...facts(bad), total: '5.00' }), metadata: OURS })
      await expect.poll(() => errorOf(bad)).toBe('VIEW_BROKEN')
      const others = before.orders.filter((id) => id !== bad)
      expect(await listed()).toEqual({ orders: others, ofCustomer: others, total: before.total - 1 })
    })

    test('its order is parked', async () => {
      const orderId = await approvedOrder()
      await write(order(orderId), { type: 'OrderArchived', data: '{}', metadata: OURS })
      const parked = async () => {
        const { parked } = await ask<{ parked: { nodes: { id: string; error: string }[] } }>(desk.url, PARKED)
        return parked.nodes.find(({ id }) => id === `placement-${orderId}`)?.error
      }
      await expect.poll(parked).toContain('a newer one has written it')
    })

    test('a customer whose stream has one is broken, and customers beside it are not', async () => {
      await write('customer-cus_2', { type: 'OrderShipped', data: json(facts('ord_1')), metadata: OURS })
      await expect
        .poll(async () => (await send(desk.url, CUSTOMER, { id: 'cus_2' })).errors?.[0]?.extensions?.code)
        .toBe('VIEW_BROKEN')
      expect((await send(desk.url, CUSTOMER, { id: 'cus_1' })).errors).toBeUndefined()
    })

    test('the audit log shows what was recorded, and why it could not be read', async () => {
      const { events } = await ask<{ events: { nodes: { type: string; summary: string }[] } }>(
        desk.url,
        '{ events(first: 100, filter: { typeIn: ["OrderArchived"] }) { nodes { type summary data } } }',
      )
      expect(events.nodes[0]).toMatchObject({
        type: 'OrderArchived',
        summary: expect.stringContaining('this release knows no OrderArchived'),
      })
    })
  })
})

const OURS = JSON.stringify({ commandId: 'c', digest: 'd', correlationId: 'c', schemaVersion: 2 })
const facts = (orderId: string) => ({ orderId, customerId: 'cus_1', total: 500 })

const SHIP = 'mutation ($input: ShipOrderInput!) { shipOrder(input: $input) { userErrors { message } } }'
const PARKED = '{ parked(first: 100) { nodes { id error } } }'
const LISTS = `{
  orders(first: 100) { nodes { id } totalCount { value } }
  customer(id: "cus_1") { orders(first: 100) { nodes { id } } }
}`
const CUSTOMER = 'query ($id: ID!) { customer(id: $id) { name } }'
const ORDER = 'query ($id: ID!) { order(id: $id) { status version } }'

interface Row {
  type: string
  data: string | Uint8Array
  metadata: string | Uint8Array
}

type Write = (stream: string, row: Partial<Row>) => Promise<void>

/** As anybody could who has the file: the desk knows nothing of it. */
async function openEmbedded() {
  let log: Database | undefined
  const write: Write = async (stream, { type = 'Note', data = '{}', metadata = '{}' }) => {
    log ??= await openDatabase(join(dataDirectory, 'events.db'), { synchronous: 'NORMAL' })
    const insert = log.prepare(
      `INSERT INTO events (sid, position, revision, id, type, recorded_at, metadata, data)
       SELECT sid, (SELECT max(position) + 1 FROM events),
         (SELECT coalesce(max(revision), -1) + 1 FROM events WHERE events.sid = streams.sid), ?, ?, ?, ?, ?
       FROM streams WHERE name = ?`,
    )
    const name = log.prepare('INSERT INTO streams (name, category) VALUES (?, ?) ON CONFLICT DO NOTHING')
    log.transaction(() => {
      name.run(stream, stream.split('-')[0] ?? '')
      insert.run(randomUUID(), type, Date.now(), metadata, data, stream)
    })
  }
  return { write, close: () => log?.close() }
}

/** As anybody could who may write to the server. */
async function openStandIn() {
  const server = scriptedServer()
  const served = await serve(server)
  const write: Write = async (stream, { type = 'Note', data = '{}', metadata = '{}' }) => {
    server.write(`odd.${stream}`, {
      type,
      isJson: typeof data === 'string',
      data: Buffer.from(data),
      metadata: Buffer.from(metadata),
    } as never)
  }
  return { eventstoreUrl: served.url, write, close: served.kill }
}

async function start(eventstoreUrl?: string): Promise<void> {
  const listening = { host: '127.0.0.1', port: 0, logLevel: 'silent' } as const
  desk = await startDesk({ ...placeOf(dataDirectory, {}).settings, ...listening, eventstoreUrl, namespace: 'odd' })
  await untilReady(desk.url)
}

async function approvedOrder(): Promise<string> {
  const orderId = `ord_${++orders}`
  await placed(orderId)
  await expect.poll(async () => (await orderOf(orderId))?.status, { timeout: 5_000 }).toBe('APPROVED')
  return orderId
}

async function placed(orderId: string): Promise<void> {
  await accepted(desk.url, 'placeOrder', { orderId, customerId: 'cus_1', content: { total: '5.00' } })
}

async function orderOf(id: string) {
  return (await ask<{ order: { status: string; version: number } | null }>(desk.url, ORDER, { id })).order
}

async function errorOf(id: string) {
  return (await send(desk.url, ORDER, { id })).errors?.[0]?.extensions?.code
}

/** The ids of all orders and of all of the customer's orders, as lists show them. */
async function listed() {
  type Ids = { nodes: { id: string }[] }
  const { orders, customer } = await ask<{
    orders: Ids & { totalCount: { value: number } }
    customer: { orders: Ids }
  }>(desk.url, LISTS)
  const [all = [], ofCustomer = []] = [orders, customer.orders].map(({ nodes }) => nodes.map(({ id }) => id))
  return { orders: all, ofCustomer, total: orders.totalCount.value }
}

async function isReady(): Promise<boolean> {
  return (await fetch(`${desk.url}/health/ready`)).status === 200
}

async function metrics(): Promise<string> {
  return (await fetch(`${desk.url}/metrics`)).text()
}

function order(orderId: string): string {
  return `order-${orderId}`
}

function json(value: unknown): string {
  return JSON.stringify(value)
}
