// The data of the demo: orders in every state that an order can be in, and the objects that the example operations name.
import { exampleOperations } from '../../schema/operations.ts'

const CUSTOMERS = [
  { customerId: 'cus_ada', name: "Ada's Flowers", creditLimit: '2000.00' },
  { customerId: 'cus_bruno', name: 'Bruno Bakery Supplies', creditLimit: '150000.00' },
  { customerId: 'cus_chiyo', name: 'Chiyo Tea House', creditLimit: '300.00' },
]

const PRODUCTS = [
  { productId: 'prd_vase', name: 'Glass vase', price: '12.50', stock: 500 },
  { productId: 'prd_oven', name: 'Deck oven', price: '10400.00', stock: 12 },
  { productId: 'prd_teapot', name: 'Cast iron teapot', price: '64.90', stock: 40 },
  { productId: 'prd_lantern', name: 'White metal lantern', price: '3.39', stock: 5 },
]

const ORDERS = [
  { orderId: 'ord_vases', customerId: 'cus_ada', content: lines(['prd_vase', 24]) },
  { orderId: 'ord_ovens', customerId: 'cus_bruno', content: lines(['prd_oven', 10], ['prd_vase', 6]) },
  { orderId: 'ord_tea', customerId: 'cus_chiyo', content: lines(['prd_teapot', 3]) },
  { orderId: 'ord_too_much_tea', customerId: 'cus_chiyo', content: lines(['prd_teapot', 30]) },
  { orderId: 'ord_lanterns', customerId: 'cus_ada', content: lines(['prd_lantern', 6]) },
  { orderId: 'ord_second_thoughts', customerId: 'cus_ada', content: lines(['prd_vase', 10]) },
]

/** The beginning of the story that the example operations tell. The next steps, such as shipping that order, are left to the visitor of the demo. */
const TOLD = new Set([
  'RegisterCustomer',
  'AddProduct',
  'ReceiveStock',
  'ChangePrice',
  'ChangeCreditLimit',
  'PlaceOrder',
  'PlaceOrderByTotal',
])

/** Sends the demo's commands to a desk, one after another, as a client would. */
export async function fillDemo(url: string): Promise<void> {
  for (const { name, document, variables } of exampleOperations()) {
    if (TOLD.has(name)) accepted(name, await send(url, document, variables))
  }
  for (const input of CUSTOMERS) await mutate(url, 'registerCustomer', 'RegisterCustomerInput', input)
  for (const input of PRODUCTS) await mutate(url, 'addProduct', 'AddProductInput', input)
  for (const input of ORDERS) await mutate(url, 'placeOrder', 'PlaceOrderInput', input)
  await Promise.all(
    ['ord_demo', 'ord_demo_total', ...ORDERS.map(({ orderId }) => orderId)].map((orderId) => decided(url, orderId)),
  )
  await mutate(url, 'shipOrder', 'ShipOrderInput', { orderId: 'ord_ovens', trackingCode: 'BX-2041' })
  await mutate(url, 'recordPayment', 'RecordPaymentInput', { orderId: 'ord_ovens' })
  await mutate(url, 'shipOrder', 'ShipOrderInput', { orderId: 'ord_tea', trackingCode: 'BX-2042' })
  const reason = 'Ordered twice'
  await mutate(url, 'cancelOrder', 'CancelOrderInput', { orderId: 'ord_second_thoughts', reason })
}

function lines(...items: [productId: string, quantity: number][]) {
  return { lines: items.map(([productId, quantity]) => ({ productId, quantity })) }
}

async function mutate(url: string, mutation: string, type: string, input: object): Promise<void> {
  const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { message } } }`
  const commandId = `demo-${mutation}-${Object.values(input)[0]}`
  accepted(mutation, await send(url, document, { input: { commandId, ...input } }))
}

/** @throws Error when a mutation was refused */
function accepted(mutation: string, data: Record<string, unknown>): void {
  const [payload] = Object.values(data) as { userErrors: { message: string }[] }[]
  const [refusal] = payload?.userErrors ?? []
  if (refusal) throw new Error(`${mutation}: ${refusal.message}`)
}

async function decided(url: string, orderId: string): Promise<void> {
  const document = 'query ($orderId: ID!) { order(id: $orderId) { status } }'
  for (;;) {
    const { order } = await send(url, document, { orderId })
    if (order && (order as { status: string }).status !== 'PENDING') return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function send(url: string, query: string, variables: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data?: Record<string, unknown>; errors?: { message: string }[] }
  if (!data || errors) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no answer')
  return data
}
