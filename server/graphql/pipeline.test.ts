// The promises that hold for an operation whichever way it comes: over HTTP and over WebSocket.
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Answer, type GatewayUnderTest, gatewayUnderTest, socketUrl } from '../http/gateway-under-test.given.ts'
import { limits } from './limits.ts'

interface Sent {
  query: string
  variables?: Record<string, unknown>
  operationName?: string
}

const pages = 'page(first: 100) { nodes { page(first: 100) { nodes { page(first: 100) { nodes { hello } } } } } }'
const place = 'place(input: { customer: "a", content: { total: 1 } })'

describe.each<[string, (gateway: GatewayUnderTest, sent: Sent) => Promise<Answer>]>([
  ['HTTP', overHttp],
  ['WebSocket', overSocket],
])('over %s', (_transport, send) => {
  test.each<[string, Sent]>([
    [
      'null for an argument',
      { query: `query ($id: ID = "1") { one(id: $id) { hello } ${pages} }`, variables: { id: null } },
    ],
    [
      'null after the costly field',
      { query: `query ($id: ID = "1") { ${pages} one(id: $id) { hello } }`, variables: { id: null } },
    ],
    [
      'null in a fragment',
      {
        query: `query ($id: ID = "1") { ...f ${pages} } fragment f on Query { one(id: $id) { hello } }`,
        variables: { id: null },
      },
    ],
    [
      'null for a condition',
      { query: `query ($c: Boolean = true) { hello @include(if: $c) ${pages} }`, variables: { c: null } },
    ],
    [
      'null for the condition of a fragment',
      { query: `query ($c: Boolean = true) { ... @skip(if: $c) { hello } ${pages} }`, variables: { c: null } },
    ],
    [
      'null in an input',
      {
        query: `query ($c: Boolean = true) { any(is: { on: $c }) { self { hello } } ${pages} }`,
        variables: { c: null },
      },
    ],
    [
      'null in a list',
      { query: `query ($id: ID = "1") { any(of: ["2", $id]) { self { hello } } ${pages} }`, variables: { id: null } },
    ],
    [
      'a variable of another type',
      { query: `query ($c: Boolean!) { hello @skip(if: $c) ${pages} }`, variables: { c: 'x' } },
    ],
    [
      'null for an argument of a subscription',
      { query: `subscription ($id: ID = "1") { pages(id: $id) { ${pages} } }`, variables: { id: null } },
    ],
  ])('an operation without a price is refused: %s', async (_name, sent) => {
    const { data, errors } = await send(await gatewayUnderTest(), sent)
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })

  test.each<[string, Sent]>([
    ['by literals', { query: `{ ${pages} }` }],
    ['in a fragment', { query: `{ ...f } fragment f on Query { ${pages} }` }],
    ['in a type of an interface', { query: `{ any { ... on Leaf { self { ${pages} } } } }` }],
    [
      'beside a field with null that is left out',
      {
        query: `query ($c: Boolean!, $id: ID = "1") { one(id: $id) @include(if: $c) { hello } ${pages} }`,
        variables: { c: false, id: null },
      },
    ],
    ['by a variable', { query: `query ($n: Int) { ${pages.replaceAll('100', '$n')} }`, variables: { n: 100 } }],
    [
      'by null for a variable',
      { query: `query ($n: Int = 1) { ${pages.replaceAll('100', '$n')} }`, variables: { n: null } },
    ],
    ['by the default of a variable', { query: `query ($n: Int = 100) { ${pages.replaceAll('100', '$n')} }` }],
    ['by one of two operations', { query: `query A { hello } query B { ${pages} }`, operationName: 'B' }],
    ['by depth through fragments', { query: deepFragments(limits.nesting + 1) }],
    ['by a subscription', { query: `subscription { pages(id: "1") { ${pages} } }` }],
  ])('an operation that is too expensive is refused: %s', async (_name, sent) => {
    const { data, errors } = await send(await gatewayUnderTest(), sent)
    expect(data).toBeUndefined()
    expect(errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
  })

  test.each<[string, Sent, unknown]>([
    [
      'a variable with null where its field is left out',
      {
        query: 'query ($c: Boolean!, $id: ID = "1") { hello one(id: $id) @include(if: $c) { hello } }',
        variables: { c: false, id: null },
      },
      { hello: 'Hello you' },
    ],
    [
      'a variable without a value where the argument has a default',
      { query: 'query ($n: String) { hello(name: $n) }' },
      { hello: 'Hello you' },
    ],
    [
      'a missing field where the input has a default',
      { query: 'query ($c: Boolean) { any(is: { on: $c }) { self { hello } } }' },
      { any: null },
    ],
    [
      'a cheap operation beside an expensive one',
      { query: `query A { hello } query B { ${pages} }`, operationName: 'A' },
      { hello: 'Hello you' },
    ],
    ['depth through fragments up to the limit', { query: deepFragments(limits.nesting) }, expect.anything()],
    [
      'an expensive field that is left out',
      { query: `query ($c: Boolean = false) { hello ...f @include(if: $c) } fragment f on Query { ${pages} }` },
      { hello: 'Hello you' },
    ],
  ])('a right operation is executed: %s', async (_name, sent, data) => {
    expect(await send(await gatewayUnderTest(), sent)).toEqual({ data })
  })

  test.each<[string, string, Record<string, unknown>, string]>([
    [
      'an input that has to have one field',
      'mutation ($t: Int) { FIRST place(input: { customer: "b", content: { total: $t } }) }',
      {},
      'input',
    ],
    [
      'null for that field',
      'mutation ($t: Int) { FIRST place(input: { customer: "b", content: { total: $t } }) }',
      { t: null },
      'input',
    ],
    [
      'null for a required input',
      'mutation ($i: PlaceInput = { customer: "b", content: { total: 1 } }) { FIRST place(input: $i) }',
      { i: null },
      'input',
    ],
    [
      'null deep in a list',
      'mutation ($q: Int = 1) { FIRST order(lines: [{ product: "a", quantity: $q }]) }',
      { q: null },
      'lines',
    ],
    [
      'null in a fragment',
      'mutation ($i: [LineInput!] = []) { FIRST ...f } fragment f on Mutation { order(lines: $i) }',
      { i: null },
      'lines',
    ],
    ['null for a condition', 'mutation ($c: Boolean = true) { FIRST slow @skip(if: $c) }', { c: null }, 'if'],
  ])(
    'an argument without a value is found before anything is executed: %s',
    async (_name, query, variables, argument) => {
      const gateway = await gatewayUnderTest()
      const { data, errors } = await send(gateway, { query: query.replace('FIRST', `first: ${place}`), variables })
      expect(data).toBeUndefined()
      expect(errors).toMatchObject([
        { message: expect.stringContaining(`"${argument}"`), extensions: { code: 'BAD_USER_INPUT', argument } },
      ])
      expect(await send(gateway, { query: `mutation { ${place} }` })).toEqual({ data: { place: 1 } })
    },
  )

  test.each<[string, Record<string, unknown>]>([
    ['query ($l: Level) { at(level: $l) }', { l: 'middle' }],
    ['query ($l: Level!) { at(level: $l) }', {}],
    ['query ($i: FlagInput) { any(is: $i) { self { hello } } }', { i: { on: 'x' } }],
    ['query ($i: FlagInput) { any(is: $i) { self { hello } } }', { i: { off: true } }],
    ['query ($i: [ID!]) { any(of: $i) { self { hello } } }', { i: ['1', null] }],
  ])('a wrong variable of %s is named', async (query, variables) => {
    const { data, errors } = await send(await gatewayUnderTest(), { query, variables })
    expect(data).toBeUndefined()
    const message = expect.stringContaining(`"$${Object.keys(variables)[0] ?? 'l'}"`)
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test.each<[string, Sent]>([
    ['GRAPHQL_PARSE_FAILED', { query: '{ hello' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: '{ goodbye }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: 'query ($l: Level = 1) { at(level: $l) }' }],
    [
      'GRAPHQL_VALIDATION_FAILED',
      { query: 'subscription ($s: Boolean!) { endless @include(if: $s) }', variables: { s: true } },
    ],
    [
      'GRAPHQL_VALIDATION_FAILED',
      { query: 'subscription ($s: Boolean!) { ...f } fragment f on Subscription { endless @skip(if: $s) }' },
    ],
    ['GRAPHQL_VALIDATION_FAILED', { query: 'subscription ($s: Boolean = true) { ... @include(if: $s) { endless } }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: 'subscription { endless @include(if: false) }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: 'subscription { endless count(to: 1) }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: 'subscription { __typename }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: `{ ...f0 } ${chain(1_200)}` }],
    ['OPERATION_RESOLUTION_FAILURE', { query: 'query A { hello } query B { hello }' }],
    ['OPERATION_RESOLUTION_FAILURE', { query: 'query A { hello }', operationName: 'B' }],
  ])('%s answers the bad document %#, and nothing else is harmed', async (code, sent) => {
    const gateway = await gatewayUnderTest()
    const { data, errors } = await send(gateway, sent)
    expect(data).toBeUndefined()
    expect(errors?.map(({ extensions }) => extensions.code)).toContain(code)
    expect(errors?.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR')
  })
})

async function overHttp(gateway: GatewayUnderTest, sent: Sent): Promise<Answer> {
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const isRepeatable = !sent.query.startsWith('mutation')
    const { status } = isRepeatable ? await gateway.post(sent, { accept }) : { status: 200 }
    expect(status).toBeLessThan(500)
  }
  return (await gateway.post(sent)).body
}

/** The answer over a socket that stays open: a ping after it is answered too. */
async function overSocket(gateway: GatewayUnderTest, sent: Sent): Promise<Answer> {
  const socket = new WebSocket(socketUrl(gateway), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  const answers: Answer[] = []
  await new Promise<void>((resolve, reject) => {
    socket.once('close', (code) => reject(new Error(`The socket was closed with ${code}`)))
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init' }))
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: sent }))
    })
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data))
      if (type === 'next') answers.push(payload)
      if (type === 'error') answers.push({ errors: payload })
      if (type === 'complete' || type === 'error') socket.send(JSON.stringify({ type: 'ping' }))
      if (type === 'pong') resolve()
    })
  })
  expect(answers).toHaveLength(1)
  return answers[0] ?? {}
}

/** As many levels of fields as that, with few brackets within brackets. */
function deepFragments(depth: number): string {
  const fragments = Array.from({ length: depth - 1 }, (_, index) => {
    const inside = index + 2 < depth ? `...f${index + 1}` : 'hello'
    return `fragment f${index} on Query { self { ${inside} } }`
  })
  return `{ ...f0 } ${fragments.join(' ')}`
}

/** Fragments that spread one another, and the last one the first. */
function chain(length: number): string {
  return Array.from({ length }, (_, index) => `fragment f${index} on Query { ...f${(index + 1) % length} }`).join(' ')
}
