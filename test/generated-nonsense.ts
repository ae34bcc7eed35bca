// Requests and WebSocket messages that are wrong in one way or another.
import fc from 'fast-check'
import { type Operation, validOperation, validSubscription } from './generated-operations.ts'

export interface WrongRequest {
  path: string
  method: string
  headers: Record<string, string>
  body?: string | Uint8Array
}

export function wrongRequest(): fc.Arbitrary<WrongRequest> {
  const asPost = (body: fc.Arbitrary<string | Uint8Array>) =>
    fc.record({
      path: fc.constant('/graphql'),
      method: fc.constantFrom('POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH'),
      headers: headers(),
      body: body as fc.Arbitrary<string>,
    })
  const asGet = fc.record({
    path: fc.oneof(
      fc
        .tuple(validOperation(), fc.jsonValue())
        .map(
          ([{ query }, variables]) =>
            `/graphql?query=${encodeURIComponent(query.slice(0, 4_000))}&variables=${encodeURIComponent(JSON.stringify(variables))}`,
        ),
      fc.webPath(),
      fc.webPath().map((path) => `/playground/${path}`),
      fc.constantFrom('/playground/..%2f..%2fpackage.json', '/playground/%00', '/graphql?query', '/%', '/graphql/'),
    ),
    method: fc.constantFrom('GET', 'HEAD', 'OPTIONS'),
    headers: headers(),
  })
  return fc.oneof(
    asGet,
    asPost(mangled(validOperation().map((operation) => JSON.stringify(operation)))),
    asPost(
      fc.tuple(validOperation(), fc.nat(), fc.string({ maxLength: 3 })).map(([{ query, variables }, at, text]) => {
        const cut = at % query.length
        return JSON.stringify({ query: query.slice(0, cut) + text + query.slice(cut + 1), variables })
      }),
    ),
    asPost(
      fc.tuple(validOperation(), fc.jsonValue()).map(([{ query, variables }, wrong]) => {
        const all = Object.keys(variables).map((name) => [name, wrong])
        return JSON.stringify({ query, variables: Object.fromEntries(all) })
      }),
    ),
    asPost(
      fc
        .record({
          query: fc.jsonValue(),
          variables: fc.jsonValue(),
          operationName: fc.jsonValue(),
          extensions: fc.jsonValue(),
        })
        .map((body) => JSON.stringify(body)),
    ),
    asPost(fc.json()),
    asPost(nested()),
    asPost(huge()),
    asPost(fc.uint8Array({ maxLength: 2_000 })),
  )
}

function headers(): fc.Arbitrary<Record<string, string>> {
  return fc.record(
    {
      'content-type': fc.oneof(
        { weight: 4, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'application/json; charset=utf-16',
            'application/graphql',
            'text/plain',
            'multipart/form-data; boundary=x',
            'application/x-www-form-urlencoded',
            '///',
          ),
        },
      ),
      accept: fc.constantFrom(
        'application/json',
        'application/graphql-response+json',
        '*/*',
        'text/html',
        ';',
        'a/b;q=2',
      ),
      'apollo-require-preflight': fc.constant('yes'),
      origin: fc.constantFrom('http://elsewhere.example', 'null'),
    },
    { requiredKeys: [] },
  )
}

/** A text with a piece of it cut out, doubled or replaced. */
function mangled(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.nat(), fc.nat({ max: 20 }), fc.string({ maxLength: 5 }))
    .map(([whole, from, length, other]) => {
      const at = from % whole.length
      return whole.slice(0, at) + other + whole.slice(at + length)
    })
}

function nested(): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(10, 99, 101, 1_000, 20_000), fc.nat({ max: 3 })).map(([depth, kind]) => {
    const field = 'customer(id: "cus_a") { orders { nodes { '
    if (kind === 0) return JSON.stringify({ query: `{ ${`${field}customer { `.repeat(depth)}` })
    if (kind === 1) return `{"query":"{ desk { version } }","variables":${'['.repeat(depth)}${']'.repeat(depth)}}`
    if (kind === 2)
      return JSON.stringify({ query: `{ orders(filter: ${'{total:'.repeat(depth)}1${'}'.repeat(depth)}) { asOf } }` })
    return JSON.stringify({ query: `{ ${'a: desk { version } '.repeat(depth)} }` })
  })
}

function huge(): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(100_000, 1_500_000, 2_500_000), fc.nat({ max: 2 })).map(([length, kind]) => {
    const text = 'x'.repeat(length)
    if (kind === 0) return JSON.stringify({ query: `{ ${text} }` })
    if (kind === 1) return JSON.stringify({ query: '{ desk { version } }', operationName: text })
    const query =
      'mutation ($input: RegisterCustomerInput!) { registerCustomer(input: $input) { userErrors { code } } }'
    return JSON.stringify({ query, variables: { input: { name: text, creditLimit: '1.00' } } })
  })
}

export type SocketMessage = string | Uint8Array

/** The messages that a client may send over a WebSocket, right or wrong. */
export function socketMessage(): fc.Arbitrary<SocketMessage> {
  const message = (value: unknown) => JSON.stringify(value)
  const id = fc.constantFrom('1', '2', '', 'x'.repeat(1_000))
  const subscribing = (payload: fc.Arbitrary<unknown>) =>
    fc.record({ id, type: fc.constant('subscribe'), payload }).map(message)
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(message({ type: 'connection_init' })) },
    { weight: 3, arbitrary: subscribing(fc.oneof(validSubscription(), validOperation())) },
    { weight: 1, arbitrary: subscribing(fc.jsonValue()) },
    { weight: 1, arbitrary: subscribing(fc.record({ query: fc.jsonValue(), variables: fc.jsonValue() })) },
    { weight: 1, arbitrary: mangled(subscribing(validSubscription())) },
    { weight: 2, arbitrary: id.map((of) => message({ id: of, type: 'complete' })) },
    { weight: 1, arbitrary: fc.constantFrom('ping', 'pong', 'next', 'error', 'end').map((type) => message({ type })) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }) },
    { weight: 1, arbitrary: nested() },
  )
}

export type Step =
  | { does: 'subscribe'; id: string; operation: Operation }
  | { does: 'complete'; id: string }
  | { does: 'wait' }

/** A conversation in which a client keeps to the protocol, and uses few ids again and again. */
export function steps(): fc.Arbitrary<Step[]> {
  const id = fc.constantFrom('1', '2')
  const operation = fc.oneof({ weight: 3, arbitrary: validSubscription() }, { weight: 1, arbitrary: validOperation() })
  const subscribe = fc.record({ does: fc.constant('subscribe' as const), id, operation })
  const complete = fc.record({ does: fc.constant('complete' as const), id })
  const wait = fc.constant({ does: 'wait' as const })
  return fc.array(
    fc.oneof({ weight: 4, arbitrary: subscribe }, { weight: 2, arbitrary: complete }, { weight: 1, arbitrary: wait }),
    { minLength: 1, maxLength: 20 },
  )
}
