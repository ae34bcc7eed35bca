// The client of `apart.ts`: one thing at a time for latencies, many at once for the load; sends the figures to the parent.
import { clients } from './clients.ts'
import { graphqlClient } from './graphql-client.ts'

const CLIENTS = 16
const CUSTOMERS = 20
const PRODUCTS = 20

const [url = '', orders = '400', tries = '100'] = process.argv.slice(2)
const { send, close } = graphqlClient(url, CLIENTS)

const REGISTER =
  'mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { message } } }'
const ADD = 'mutation ($input: AddProductInput!) { addProduct(input: $input) { userErrors { message } } }'
const RECEIVE = 'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { receipt { position } } }'
const RECEIVE_AND_READ =
  'mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { receipt { position } product { inStock } } }'
const PLACE = 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { receipt { position } } }'
const PENDING =
  'query ($input: Position) { orders(first: 0, filter: { statusIn: [PENDING] }, atLeast: $input) { totalCount { value } } }'

/** Of the newest order: views that have not come so far do not show all that are undecided. */
let placedAt: string | undefined

await clients(8, CUSTOMERS, (n) =>
  send(REGISTER, { customerId: `cus_${n}`, name: `Customer ${n}`, creditLimit: '90000000.00' }),
)
await clients(8, PRODUCTS, (n) =>
  send(ADD, { productId: `prd_${n}`, name: `Product ${n}`, price: '2.55', stock: 1_000_000_000 }),
)
await clients(CLIENTS, Number(tries), (n) => place(`warm_${n}`))
await nonePending()

const command = await median(() => send(RECEIVE, { productId: 'prd_1', quantity: 1 }))
const readBack = await median(() => send(RECEIVE_AND_READ, { productId: 'prd_1', quantity: 1 }))
const decided = await median(async (n) => {
  await place(`slow_${n}`)
  await nonePending()
})

const start = performance.now()
await clients(CLIENTS, Number(orders), (n) => place(`ord_${n}`))
await nonePending()
const seconds = (performance.now() - start) / 1000

process.send?.({ command, readBack, decided, orders: Number(orders) / seconds })
close()
process.disconnect()

async function place(name: string): Promise<void> {
  const n = Number(name.split('_')[1])
  const lines = [{ productId: `prd_${n % PRODUCTS}`, quantity: 6, unitPrice: '2.55' }]
  const input = { orderId: `ord_${name}`, customerId: `cus_${n % CUSTOMERS}`, content: { lines } }
  const { placeOrder } = (await send(PLACE, input)) as { placeOrder: { receipt: { position: string } } }
  const { position } = placeOrder.receipt
  if (placedAt === undefined || numberOf(position) > numberOf(placedAt)) placedAt = position
}

function numberOf(position: string): number {
  return Number(position.split('-')[1])
}

async function nonePending(): Promise<void> {
  for (;;) {
    const data = (await send(PENDING, placedAt).catch(notYetVisible)) as Pending | undefined
    if (data?.orders.totalCount.value === 0) return
  }
}

interface Pending {
  orders: { totalCount: { value: number } }
}

function notYetVisible(error: Error): undefined {
  if (!error.message.includes('NOT_YET_VISIBLE')) throw error
}

/** In seconds, of one thing at a time. */
async function median(work: (n: number) => Promise<unknown>): Promise<number> {
  const latencies: number[] = []
  for (let n = 0; n < Number(tries); n++) {
    const sent = performance.now()
    await work(n)
    latencies.push((performance.now() - sent) / 1000)
  }
  latencies.sort((a, b) => a - b)
  return latencies[Math.floor(latencies.length / 2)] ?? 0
}
