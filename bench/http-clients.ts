// The clients of `orders-over-http.ts`: place orders as fast as they are answered, and tell the figures to the parent.
import { clients } from './clients.ts'
import { graphqlClient } from './graphql-client.ts'

const CLIENTS = 64
const ORDERS = 6_000
const WARM_UP = 1_500
const CUSTOMERS = 100
const PRODUCTS = 50

const { send, close } = graphqlClient(process.argv[2] ?? '', CLIENTS)

const REGISTER =
  'mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { message } } }'
const ADD = 'mutation ($input: AddProductInput!) { addProduct(input: $input) { userErrors { message } } }'
const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status } receipt { position } userErrors { message } }
}`
const PENDING = '{ orders(first: 0, filter: { statusIn: [PENDING] }) { totalCount { value } } }'

await clients(8, CUSTOMERS, (n) =>
  send(REGISTER, { customerId: `cus_${n}`, name: `Customer ${n}`, creditLimit: '90000000.00' }),
)
await clients(8, PRODUCTS, (n) =>
  send(ADD, { productId: `prd_${n}`, name: `Product ${n}`, price: '2.55', stock: 1_000_000_000 }),
)
await clients(CLIENTS, WARM_UP, place)

const latencies: number[] = []
const start = performance.now()
await clients(CLIENTS, ORDERS, async (n) => {
  const sent = performance.now()
  await place(WARM_UP + n)
  latencies.push((performance.now() - sent) / 1000)
})
while ((await pending()) > 0);
const seconds = (performance.now() - start) / 1000

latencies.sort((a, b) => a - b)
const at = (part: number) => latencies[Math.floor(latencies.length * part)]
process.send?.({ orders: ORDERS / seconds, p50: at(0.5), p99: at(0.99) })
close()
process.disconnect()

function place(n: number): Promise<unknown> {
  const lines = [{ productId: `prd_${n % PRODUCTS}`, quantity: 6, unitPrice: '2.55' }]
  return send(PLACE, { orderId: `ord_${n}`, customerId: `cus_${n % CUSTOMERS}`, content: { lines } })
}

async function pending(): Promise<number> {
  const data = (await send(PENDING)) as { orders: { totalCount: { value: number } } }
  return data.orders.totalCount.value
}
