// A desk that is killed again and again while orders are placed and cancelled keeps everything that it promised.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from './client.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { type Inspected, inspect } from './folded.ts'
import { heldAtEnd, overdrafts } from './invariants.ts'

const KILLS = 6
const CUSTOMERS = 5
const PRODUCTS = 8
const CLIENTS = 24

interface Acknowledged {
  commandId: string
  stream: string
  version: number
}

let directory: string
let desk: DeskProcess
const acknowledged: Acknowledged[] = []
let placed = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-kill-'))
  desk = await startDeskProcess(directory)
  for (let n = 0; n < CUSTOMERS; n++) {
    await command('registerCustomer', 'RegisterCustomerInput', {
      commandId: `customer-${n}`,
      customerId: `cus_${n}`,
      name: `Customer ${n}`,
      creditLimit: '5000.00',
    })
  }
  for (let n = 0; n < PRODUCTS; n++) {
    await command('addProduct', 'AddProductInput', {
      commandId: `product-${n}`,
      productId: `prd_${n}`,
      name: `Product ${n}`,
      price: '10.00',
      stock: 400,
    })
  }
})

afterAll(async () => {
  await desk.end('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

test('nothing acknowledged is lost, every order is decided, and the views equal a fold of the log', async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = acknowledged.length + 150
    const stop = new AbortController()
    const clients = Array.from({ length: CLIENTS }, () => customer(stop.signal))
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(enough)
    await desk.end('SIGKILL')
    desk = await startDeskProcess(directory)
    stop.abort()
    await Promise.all(clients)
  }
  await expect.poll(pendingOrders, { timeout: 60_000 }).toBe(0)
  await expect.poll(openPlacements, { timeout: 60_000 }).toBe(0)
  expect(await desk.end('SIGTERM')).toBe(0)

  const after = await inspect(directory)
  expect(lost(after)).toEqual([])
  expect(recordedTwice(after)).toEqual([])
  expect(after.stored).toEqual(after.folded)
  expect(overdrafts(after.events)).toEqual([])
  expect(heldAtEnd(after.events)).toEqual([])
})

/** Places orders, and cancels some, until it is told to stop; a command without an answer is sent again as it was. */
async function customer(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const n = placed++
    const orderId = `ord_${n}`
    const lines = [0, 1, 2].map((line) => ({ productId: `prd_${(n + line * 3) % PRODUCTS}`, quantity: 1 + (n % 3) }))
    const content = n % 7 === 0 ? { total: '75.00' } : { lines }
    await command('placeOrder', 'PlaceOrderInput', {
      commandId: `place-${n}`,
      orderId,
      customerId: n % 50 === 0 ? 'cus_nobody' : `cus_${n % CUSTOMERS}`,
      content,
    })
    if (n % 3 === 0) await command('cancelOrder', 'CancelOrderInput', { commandId: `cancel-${n}`, orderId })
  }
}

async function command(mutation: string, type: string, input: Record<string, unknown>): Promise<void> {
  const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) {
    receipt { commandId version } userErrors { code } } }`
  for (;;) {
    try {
      const data = await ask<Record<string, { receipt: { commandId: string; version: number } | null }>>(
        desk.url,
        document,
        { input },
      )
      const receipt = data[mutation]?.receipt
      if (receipt) acknowledged.push({ ...receipt, stream: streamOf(input) })
      return
    } catch {
      // Killed, or not there yet: the desk that comes next gets the same command.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function streamOf({ orderId, customerId, productId }: Record<string, unknown>): string {
  if (orderId) return `order-${orderId}`
  return customerId ? `customer-${customerId}` : `product-${productId}`
}

async function pendingOrders(): Promise<number> {
  const data = await ask<{ orders: { totalCount: { value: number } } }>(
    desk.url,
    '{ orders(first: 0, filter: { statusIn: [PENDING] }) { totalCount { value } } }',
  )
  return data.orders.totalCount.value
}

/** Cancelled and rejected orders whose reservations are not given back yet. */
async function openPlacements(): Promise<number> {
  let open = 0
  let after: string | null = null
  do {
    const data: {
      orders: {
        nodes: { placement: { state: string } }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    } = await ask(
      desk.url,
      `query ($after: String) { orders(first: 100, after: $after, filter: { statusIn: [CANCELLED, REJECTED] }) {
        nodes { placement { state } } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    open += data.orders.nodes.filter(({ placement }) => placement.state === 'COMPENSATING').length
    after = data.orders.pageInfo.hasNextPage ? data.orders.pageInfo.endCursor : null
  } while (after)
  return open
}

function lost({ events }: Inspected): Acknowledged[] {
  const recorded = new Set(
    events.map(({ stream, metadata, revision }) => `${stream} ${metadata.commandId} ${revision + 1}`),
  )
  return acknowledged.filter(({ stream, commandId, version }) => !recorded.has(`${stream} ${commandId} ${version}`))
}

/** Commands of clients lead to one event each, except for a product that is added with its stock. */
function recordedTwice({ events }: Inspected): string[] {
  const seen = new Set<string>()
  return events.flatMap(({ stream, type, metadata }) => {
    if (!metadata.commandId) return []
    const key = `${stream} ${type} ${metadata.commandId}`
    if (seen.has(key)) return [key]
    seen.add(key)
    return []
  })
}
