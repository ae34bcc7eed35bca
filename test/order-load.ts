// Customers that place orders, and cancel some, until they are stopped; and the promises that they may rely on afterwards.

import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { RecordedEvent } from '../events/catalogue.ts'
import { ask } from './client.ts'

const CUSTOMERS = 5
const PRODUCTS = 8
const TRY_AGAIN_AFTER_MS = 20

interface Acknowledged {
  commandId: string
  stream: string
  version: number
}

export interface OrderLoad {
  acknowledged: readonly Acknowledged[]
  /**
   * Has so many customers order at the same time until the returned function is called, which waits for their last commands.
   * @param most how many orders they place in all
   */
  run(clients: number, most?: number): () => Promise<void>
  /** Waits until so many more commands are acknowledged. */
  more(commands: number): Promise<void>
  /** Waits until every order is decided, and nothing is left to be given back. */
  settled(): Promise<void>
  /** Acknowledged commands that are not in the log. */
  lost(events: readonly RecordedEvent[]): Acknowledged[]
}

/**
 * Registers customers and products, for orders to come.
 * @param url of a desk, asked for each command: the next one may go to another gateway
 */
export async function orderLoad(url: () => string): Promise<OrderLoad> {
  const acknowledged: Acknowledged[] = []
  let placed = 0

  /** A command without an answer is sent again as it was. */
  async function command(mutation: string, type: string, input: Record<string, unknown>): Promise<void> {
    const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) {
      receipt { commandId version } userErrors { code } } }`
    for (;;) {
      try {
        type Answer = Record<string, { receipt: { commandId: string; version: number } | null }>
        const receipt = (await ask<Answer>(url(), document, { input }))[mutation]?.receipt
        if (receipt) acknowledged.push({ ...receipt, stream: streamOf(input) })
        return
      } catch {
        await pause(TRY_AGAIN_AFTER_MS)
      }
    }
  }

  async function customer(stop: AbortSignal, most: number): Promise<void> {
    while (!stop.aborted && placed < most) {
      const n = placed++
      const orderId = `ord_${n}`
      const lines = [0, 1, 2].map((line) => ({
        productId: `prd_${(n + line * 3) % PRODUCTS}`,
        quantity: 1 + (n % 3),
      }))
      await command('placeOrder', 'PlaceOrderInput', {
        commandId: `place-${n}`,
        orderId,
        customerId: n % 50 === 0 ? 'cus_nobody' : `cus_${n % CUSTOMERS}`,
        content: n % 7 === 0 ? { total: '75.00' } : { lines },
      })
      if (n % 3 === 0) await command('cancelOrder', 'CancelOrderInput', { commandId: `cancel-${n}`, orderId })
    }
  }

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

  return {
    acknowledged,
    run(clients, most = Number.POSITIVE_INFINITY) {
      const stop = new AbortController()
      const running = Array.from({ length: clients }, () => customer(stop.signal, most))
      return async () => {
        stop.abort()
        await Promise.all(running)
      }
    },
    async more(commands) {
      const enough = acknowledged.length + commands
      await expect.poll(() => acknowledged.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(enough)
    },
    async settled() {
      await expect.poll(() => unlessDown(() => pendingOrders(url())), { timeout: 120_000, interval: 200 }).toBe(0)
      await expect.poll(() => unlessDown(() => openPlacements(url())), { timeout: 120_000, interval: 200 }).toBe(0)
    },
    lost(events) {
      const recorded = new Set(
        events.map(({ stream, metadata, revision }) => `${stream} ${metadata.commandId} ${revision + 1}`),
      )
      return acknowledged.filter(({ stream, commandId, version }) => !recorded.has(`${stream} ${commandId} ${version}`))
    },
  }
}

/** Commands of clients lead to one event each, except for a product that is added with its stock. */
export function recordedTwice(events: readonly RecordedEvent[]): string[] {
  const seen = new Set<string>()
  return events.flatMap(({ stream, type, metadata }) => {
    if (!metadata.commandId) return []
    const key = `${stream} ${type} ${metadata.commandId}`
    if (seen.has(key)) return [key]
    seen.add(key)
    return []
  })
}

/** A gateway that cannot answer yet is asked again. */
async function unlessDown(question: () => Promise<number>): Promise<number | undefined> {
  return question().catch(() => undefined)
}

function streamOf({ orderId, customerId, productId }: Record<string, unknown>): string {
  if (orderId) return `order-${orderId}`
  return customerId ? `customer-${customerId}` : `product-${productId}`
}

async function pendingOrders(url: string): Promise<number> {
  const data = await ask<{ orders: { totalCount: { value: number } } }>(
    url,
    '{ orders(first: 0, filter: { statusIn: [PENDING] }) { totalCount { value } } }',
  )
  return data.orders.totalCount.value
}

interface PlacementsPage {
  orders: {
    nodes: { placement: { state: string } }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

/** Cancelled and rejected orders whose reservations are not given back yet. */
async function openPlacements(url: string): Promise<number> {
  let open = 0
  let after: string | null = null
  do {
    const { orders }: PlacementsPage = await ask(
      url,
      `query ($after: String) { orders(first: 100, after: $after, filter: { statusIn: [CANCELLED, REJECTED] }) {
        nodes { placement { state } } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    open += orders.nodes.filter(({ placement }) => placement.state === 'COMPENSATING').length
    after = orders.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null
  } while (after)
  return open
}
