// Orders through commands, saga and projector, without GraphQL: from the command until the views show the decision.
import type { Coordination, RecordedEvent } from '../events/catalogue.ts'
import { clients } from './clients.ts'
import { type Core, openCore } from './core.ts'

const CLIENTS = 256
const ORDERS = 20_000
const WARM_UP = 4_000
const CUSTOMERS = 500
const PRODUCTS = 200

/** Orders and events each second; every order has one line and is decided and shown before its client goes on. */
export async function ordersThroughThePath(
  directory: string,
  coordination: Coordination = 'orchestration',
): Promise<{ orders: number; events: number }> {
  const core = await openCore(directory)
  for (let n = 0; n < CUSTOMERS; n++) {
    const customerId = `cus_${n}`
    const creditLimit = 1_000_000_000
    await core.send(`customer-${customerId}`, {
      type: 'RegisterCustomer',
      customerId,
      name: `Customer ${n}`,
      creditLimit,
    })
  }
  for (let n = 0; n < PRODUCTS; n++) {
    const productId = `prd_${n}`
    const stock = 1_000_000_000
    await core.send(`product-${productId}`, { type: 'AddProduct', productId, name: `Product ${n}`, price: 255, stock })
  }

  const { decided, stop } = await decisions(core)
  const place = async (n: number) => {
    const orderId = `ord_${n}`
    const answer = decided(orderId)
    const content = { lines: [{ productId: `prd_${n % PRODUCTS}`, quantity: 6, unitPrice: 255 }] }
    const customerId = `cus_${n % CUSTOMERS}`
    await core.send(`order-${orderId}`, { type: 'PlaceOrder', orderId, customerId, content, coordination })
    await answer
  }
  await clients(CLIENTS, WARM_UP, place)
  await core.shown()

  const before = await core.store.head()
  const start = performance.now()
  await clients(CLIENTS, ORDERS, (n) => place(WARM_UP + n))
  await core.shown()
  const seconds = (performance.now() - start) / 1000
  const events = (await core.store.head()) - before
  stop()
  await core.close()
  return { orders: ORDERS / seconds, events: events / seconds }
}

/** Tells when an order is decided, by following the log. */
async function decisions({ store }: Core): Promise<{ decided(orderId: string): Promise<void>; stop(): void }> {
  const waiting = new Map<string, () => void>()
  const stopped = new AbortController()
  const tell = (event: RecordedEvent) => {
    if (event.type === 'OrderRejected') throw new Error(`${event.data.orderId}: ${event.data.reason}`)
    if (event.type !== 'OrderApproved') return
    waiting.get(event.data.orderId)?.()
    waiting.delete(event.data.orderId)
  }
  const follow = async () => {
    const options = { signal: stopped.signal, categories: ['order'] as const }
    for await (const { events } of store.subscribe(await store.head(), options)) events.forEach(tell)
  }
  const following = follow()
  following.catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
  return {
    decided: (orderId) => new Promise((resolve) => waiting.set(orderId, resolve)),
    stop: () => stopped.abort(),
  }
}
