// Mistakes of clients in the arguments of real operations: found before anything is executed, and never taken for failures of the desk.
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask } from './client.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()

interface Answer {
  data?: unknown
  errors?: { message: string; extensions: { code: string; argument?: string } }[]
}

const register = (customerId: string) =>
  `registerCustomer(input: { customerId: "${customerId}", name: "Ada", creditLimit: "1.00" }) { receipt { position } }`

test.each<[string, string, string, Record<string, unknown>]>([
  [
    'content without a total',
    'input',
    'mutation ($t: Money) { FIRST placeOrder(input: { customerId: "cus_a", content: { total: $t } }) { order { id } } }',
    {},
  ],
  [
    'null for a quantity with a default',
    'input',
    'mutation ($q: Int = 1) { FIRST receiveStock(input: { productId: "prd_a", quantity: $q }) { product { id } } }',
    { q: null },
  ],
  [
    'null for a whole input with a default',
    'input',
    'mutation ($i: CancelOrderInput = { orderId: "ord_a" }) { FIRST cancelOrder(input: $i) { order { id } } }',
    { i: null },
  ],
  [
    'null for the id of a line',
    'input',
    'mutation ($p: ID = "prd_a") { FIRST placeOrder(input: { customerId: "cus_a", content: { lines: [{ productId: $p, quantity: 1 }] } }) { order { id } } }',
    { p: null },
  ],
])(
  '%s is BAD_USER_INPUT, and an earlier mutation of the document is not executed',
  async (_name, argument, text, variables) => {
    const customerId = `cus_${Math.random().toString(36).slice(2)}`
    const query = text.replace('FIRST', register(customerId))
    for (const answer of [await overHttp(query, variables), await overSocket(query, variables)]) {
      expect(answer.data).toBeUndefined()
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }])
    }
    const found = await ask<{ customer: unknown }>(desk.url(), `{ customer(id: "${customerId}") { id } }`)
    expect(found.customer).toBeNull()
  },
)

test.each<[string, string, Record<string, unknown>]>([
  [
    'Money',
    'mutation ($v: Money!) { addProduct(input: { name: "Lamp", price: $v, stock: 1 }) { product { id } } }',
    { v: '1.234' },
  ],
  ['DateTime', 'query ($v: DateTime) { events(filter: { recordedAt: { gte: $v } }) { asOf } }', { v: 'yesterday' }],
  ['Position', 'query ($v: Position) { orders(atLeast: $v) { asOf } }', { v: 7 }],
  ['Position', 'subscription ($v: Position) { eventsRecorded(since: $v) { __typename } }', { v: '' }],
])('a wrong %s names its variable', async (_type, query, variables) => {
  const answers = [await overHttp(query, variables), await overSocket(query, variables)]
  for (const { data, errors } of answers) {
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([{ message: expect.stringContaining('"$v"'), extensions: { code: 'BAD_USER_INPUT' } }])
  }
})

test('an expensive operation with null for an id is refused for the id, without its price in bytes', async () => {
  const pages =
    'orders(first: 100) { nodes { history(first: 100) { nodes { id } } customer { orders(first: 100) { nodes { id } } } } }'
  const query = `query ($id: ID = "cus_x") { customer(id: $id) { id } ${pages} }`
  for (const answer of [await overHttp(query, { id: null }), await overSocket(query, { id: null })]) {
    expect(answer.data).toBeUndefined()
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'id' } }])
  }
})

test('a condition with a variable at the root of a subscription is an error of that subscription alone', async () => {
  const query = 'subscription ($s: Boolean!) { orderChanged(orderId: "ord_1") @include(if: $s) { kind } }'
  for (const s of [true, false]) {
    const { errors } = await overSocket(query, { s })
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  }
})

async function overHttp(query: string, variables: object): Promise<Answer> {
  const response = await fetch(`${desk.url()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}

/** The answer over a socket that stays open: another operation after it is answered too. */
async function overSocket(query: string, variables: object): Promise<Answer> {
  const socket = new WebSocket(`${desk.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  let answer: Answer = {}
  await new Promise<void>((resolve, reject) => {
    const send = (message: object) => socket.send(JSON.stringify(message))
    socket.once('close', (code) => reject(new Error(`The socket was closed with ${code}`)))
    socket.once('open', () => {
      send({ type: 'connection_init' })
      send({ type: 'subscribe', id: 'wrong', payload: { query, variables } })
    })
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data))
      if (type === 'error') answer = { errors: payload }
      if (type === 'next' && id === 'wrong') answer = payload
      if (type === 'error' || (type === 'complete' && id === 'wrong')) {
        send({ type: 'subscribe', id: 'right', payload: { query: '{ desk { version } }' } })
      }
      if (type === 'complete' && id === 'right') resolve()
    })
  })
  socket.terminate()
  return answer
}
