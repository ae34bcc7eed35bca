import { connect } from 'node:net'
import { getIntrospectionQuery } from 'graphql'
import { serverAudits } from 'graphql-http'
import { describe, expect, test } from 'vitest'
import { limits } from '../graphql/limits.ts'
import { type Answer, type GatewayUnderTest, gatewayUnderTest } from './gateway-under-test.given.ts'

describe('GraphQL over HTTP', () => {
  test('queries are answered', async () => {
    const gateway = await gatewayUnderTest()
    const { status, headers, body } = await gateway.post({
      query: 'query ($name: String!) { hello(name: $name) }',
      variables: { name: 'Ada' },
    })
    expect({ status, body }).toEqual({ status: 200, body: { data: { hello: 'Hello Ada' } } })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  test('it holds to the GraphQL over HTTP draft: 58 of 61 audits are ok and none is an error', async () => {
    const gateway = await gatewayUnderTest()
    const audits = serverAudits({ url: `${gateway.url}/graphql` })
    const results = []
    for (const audit of audits) results.push(await audit.fn())
    const refused = results.flatMap((result) => (result.status === 'ok' ? [] : [`${result.status}: ${result.name}`]))
    expect(audits).toHaveLength(61)
    expect(refused.filter((line) => line.startsWith('error'))).toEqual([])
    expect(refused.length, refused.join('\n')).toBeLessThanOrEqual(3)
  })

  test('the schema can be queried', async () => {
    const gateway = await gatewayUnderTest()
    const { body } = await gateway.post({ query: getIntrospectionQuery() })
    expect(body.errors).toBeUndefined()
  })

  test('unexpected errors are reported by an id only, which the log explains', async () => {
    const gateway = await gatewayUnderTest()
    const { status, body } = await gateway.post({ query: '{ hello broken }' })
    expect(status).toBe(200)
    expect(body.data).toEqual({ hello: 'Hello you', broken: null })
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(body.errors?.[0]).toMatchObject({ path: ['broken'], extensions: { code: 'INTERNAL_SERVER_ERROR' } })
    const errorId = body.errors?.[0]?.extensions.errorId
    expect(gateway.logged.find((line) => line.errorId === errorId)).toMatchObject({
      level: 50,
      err: { message: 'a secret of the house' },
    })
  })

  test('errors with a code are reported unchanged', async () => {
    const gateway = await gatewayUnderTest()
    const { body } = await gateway.post({ query: '{ refused }' })
    expect(body.errors?.[0]).toMatchObject({ message: 'Not yet.', extensions: { code: 'NOT_YET_VISIBLE' } })
  })

  test('subscriptions are sent to the WebSocket', async () => {
    const gateway = await gatewayUnderTest()
    const { body } = await gateway.post({ query: 'subscription { count(to: 1) }' })
    expect(body.errors?.[0]?.message).toContain('WebSocket')
  })

  test.each([
    ['subscription { endless }', 400, 'BAD_REQUEST'],
    ['mutation { order(lines: []) }', 405, 'BAD_REQUEST'],
    [`{ ${'page(first: 100) { nodes { '.repeat(4)} hello ${'} } '.repeat(4)} }`, 200, 'QUERY_TOO_COMPLEX'],
    ['query ($id: ID = "1") { one(id: $id) { hello } }', 200, 'BAD_USER_INPUT'],
    ['subscription ($s: Boolean!) { endless @include(if: $s) }', 200, 'GRAPHQL_VALIDATION_FAILED'],
  ])('GET has the same limits as POST, and executes queries only: %s', async (query, status, code) => {
    const gateway = await gatewayUnderTest()
    const search = new URLSearchParams({ query, variables: '{"id": null}' })
    const response = await fetch(`${gateway.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': 'yes' } })
    expect(response.status).toBe(status)
    expect(response.headers.get('allow')).toBe(status === 405 ? 'POST' : null)
    expect(((await response.json()) as Answer).errors?.[0]?.extensions.code).toBe(code)
    expect(gateway.openSources()).toBe(0)
  })

  test('requests that a page of another origin could send without a preflight are refused', async () => {
    const gateway = await gatewayUnderTest()
    const asForm = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ hello }' }),
    })
    expect(asForm.status).toBe(415)
    expect(await asForm.text()).toContain('application/json')
    const asLink = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent('{ hello }')}`)
    expect(asLink.status).toBe(400)
    expect(await asLink.text()).toContain('CSRF')
  })

  test.each(['', `?query=${encodeURIComponent('{ hello }')}`])(
    'a browser that opens the endpoint%s gets a link to the playground, and nothing is executed',
    async (search) => {
      const gateway = await gatewayUnderTest()
      const visit = await fetch(`${gateway.url}/graphql${search}`, {
        // The headers that Chromium sends for a page. The last one is added: with it, Apollo would execute the query.
        headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'apollo-require-preflight': 'true' },
      })
      expect(visit.status).toBe(400)
      expect(visit.headers.get('content-type')).toBe('text/html; charset=utf-8')
      const page = await visit.text()
      expect(page).toContain('<a href="/playground/">playground</a>')
      expect(page).not.toContain('Hello')
    },
  )

  test('a batch is refused', async () => {
    const gateway = await gatewayUnderTest()
    expect((await gateway.post([{ query: '{ hello }' }, { query: '{ hello }' }])).status).toBe(400)
  })

  test('a malformed Host header is no reason to fail', async () => {
    const gateway = await gatewayUnderTest({ host: '0.0.0.0' })
    const body = JSON.stringify({ query: '{ hello }' })
    const answer = await raw(
      gateway.port,
      `POST /graphql HTTP/1.1\r\nHost: [\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('limits', () => {
  test('an order of 2,000 lines passes', async () => {
    const gateway = await gatewayUnderTest()
    const lines = Array.from({ length: 2_000 }, (_, index) => ({ product: `prd_${index}`, quantity: 1 }))
    const { body } = await gateway.post({
      query: 'mutation ($lines: [LineInput!]!) { order(lines: $lines) }',
      variables: { lines },
    })
    expect(body.data).toEqual({ order: 2_000 })
  })

  test('an order with hundreds of lines written into the document passes', async () => {
    const gateway = await gatewayUnderTest()
    const lines = Array.from({ length: 675 }, (_, index) => `{ product: "prd_${index}", quantity: 1 }`)
    const { body } = await gateway.post({ query: `mutation { order(lines: [${lines.join(' ')}]) }` })
    expect(body.data).toEqual({ order: 675 })
  })

  test.each([1, 10])('a page of 100 with lists in it passes, %i times', async (times) => {
    const gateway = await gatewayUnderTest()
    const page = 'page(first: 100) { nodes { hello list { hello self { hello } } } pageInfo { hasNextPage } }'
    const { body } = await gateway.post({ query: `{ ${alias(times, page)} }` })
    expect(body.errors).toBeUndefined()
  })

  test('pages within pages within pages are too complex, also when a variable says how long they are', async () => {
    const gateway = await gatewayUnderTest()
    const query =
      'query ($n: Int) { page(first: $n) { nodes { page(first: $n) { nodes { page(first: $n) { nodes { hello } } } } } } }'
    const large = await gateway.post({ query, variables: { n: 100 } })
    expect(large.body.errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
    const small = await gateway.post({ query, variables: { n: 2 } })
    expect(small.body.errors).toBeUndefined()
  })

  test.each([1, 4, 16])('a body of %i times the limit is refused, also while it is still being sent', async (times) => {
    const gateway = await gatewayUnderTest()
    for (let tries = 0; tries < 10; tries++) {
      const { status, body } = await gateway.post({ query: '{ hello }', junk: 'x'.repeat(times * limits.messageBytes) })
      expect(status).toBe(413)
      expect(body.errors?.[0]?.extensions.code).toBe('BAD_REQUEST')
    }
  })

  test.each([
    ['tokens', `{ ${'hello '.repeat(20_000)} }`],
    ['aliases', `{ ${alias(3_000, 'hello')} }`],
    ['aliases of pages', `{ ${alias(500, 'page(first: 100) { nodes { hello } }')} }`],
    ['fragments that double', doublingFragments(40)],
    ['a fragment within itself', '{ ...a } fragment a on Query { self { ...a } }'],
    ['unclosed brackets', '{ self '.repeat(3_000)],
    ['a string that never ends', `{ hello(name: "${'x'.repeat(100_000)}) }`],
    ...[90, 200, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 50_000].flatMap((depth): [string, string][] => [
      [`${depth} nested selections`, `${'{ self '.repeat(depth)}{ hello }${' }'.repeat(depth)}`],
      [`${depth} nested lists`, `{ hello(name: ${'['.repeat(depth)}1${']'.repeat(depth)}) }`],
      [`${depth} nested objects`, `{ hello(name: ${'{a:'.repeat(depth)}1${'}'.repeat(depth)}) }`],
    ]),
  ])('a bomb of %s is answered, and the next one too', async (_name, query) => {
    const gateway = await gatewayUnderTest()
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      expect((await gateway.post({ query }, { accept })).status).toBeLessThan(500)
    }
    expect((await gateway.post({ query: '{ hello }' })).body.data).toEqual({ hello: 'Hello you' })
  })

  test('deeply nested variables are answered', async () => {
    const gateway = await gatewayUnderTest()
    const variables = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { status } = await gateway.post(
      `{"query": "query ($name: String) { hello(name: $name) }", "variables": {"name": ${variables}}}`,
    )
    expect(status).toBeLessThan(500)
  })

  test.each([
    '',
    '{',
    '[]',
    'null',
    '1',
    '"x"',
    '{"query": 1}',
    '{"query": "{ hello }", "variables": 1}',
    '{"query": "{ hello }", "variables": []}',
    '{"query": "{ hello }", "variables": "{}"}',
    '{"query": "{ hello }", "operationName": 1}',
    '{"query": "{ hello }", "extensions": []}',
    '{"__proto__": 1}',
  ])('the body %j is refused', async (body) => {
    const gateway = await gatewayUnderTest()
    expect((await gateway.post(body)).status).toBe(400)
  })
})

describe('health and pages', () => {
  test('a desk that runs is live, and ready when its parts are', async () => {
    let ready = true
    const gateway = await gatewayUnderTest({
      health: () => ({ ready, parts: { projector: { ok: ready, detail: 'at 7' } } }),
    })
    expect(await get(gateway, '/health/live')).toEqual({ status: 200, body: { status: 'live' } })
    expect(await get(gateway, '/health/ready')).toEqual({
      status: 200,
      body: { status: 'ready', parts: { projector: { ok: true, detail: 'at 7' } } },
    })
    ready = false
    expect(await get(gateway, '/health/ready')).toEqual({
      status: 503,
      body: { status: 'not ready', parts: { projector: { ok: false, detail: 'at 7' } } },
    })
    expect((await get(gateway, '/health/live')).status).toBe(200)
  })

  test('a health check that fails is not ready, and its answer does not say why', async () => {
    const gateway = await gatewayUnderTest({
      health: () => {
        throw new Error('a secret of the house')
      },
    })
    const { status, body } = await get(gateway, '/health/ready')
    expect(status).toBe(503)
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  test('unknown paths are 404 in JSON', async () => {
    const gateway = await gatewayUnderTest()
    const { status, body } = await get(gateway, '/graphiql')
    expect({ status, body }).toEqual({
      status: 404,
      body: { error: 'There is nothing at /graphiql. Try /graphql, /playground or /health/ready.' },
    })
  })

  test.each([
    ['/graphql', 'GET, POST'],
    ['/health/live', 'GET, HEAD'],
    ['/health/ready?verbose=1', 'GET, HEAD'],
    ['/metrics', 'GET, HEAD'],
    ['/playground', 'GET, HEAD'],
    ['/playground/', 'GET, HEAD'],
    ['/playground/main.js', 'GET, HEAD'],
    ['/', 'GET, HEAD'],
  ])('%s says which methods it has when it is asked with another', async (path, allow) => {
    const gateway = await gatewayUnderTest()
    for (const method of ['PUT', 'DELETE', 'OPTIONS', ...(allow.includes('POST') ? ['HEAD'] : ['POST'])]) {
      const body = method === 'PUT' ? 'no matter what' : null
      const response = await fetch(gateway.url + path, { method, body })
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow])
    }
  })

  test('a path that does not exist is not found with any method', async () => {
    const gateway = await gatewayUnderTest()
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect((await fetch(`${gateway.url}/graphiql`, { method })).status).toBe(404)
    }
  })

  test.each(['/*', '/*7', '/:a', '/:a(', '/graphql*'])(
    '%s, a pattern of routes, is a path that is not there',
    async (path) => {
      const gateway = await gatewayUnderTest()
      expect((await fetch(gateway.url + path)).status).toBe(404)
    },
  )

  test('a request is one line in the log, at debug', async () => {
    const gateway = await gatewayUnderTest()
    const before = gateway.logged.length
    await get(gateway, '/health/live')
    await expect.poll(() => gateway.logged.length).toBeGreaterThan(before)
    expect(gateway.logged.slice(before)).toMatchObject([{ level: 20, url: '/health/live', status: 200 }])
  })
})

describe('stopping', () => {
  test('operations in execution finish, later ones are refused, and readiness says so', async () => {
    const gateway = await gatewayUnderTest()
    const slow = gateway.post({ query: 'mutation { slow }' })
    await gateway.reached
    const closed = gateway.close()
    expect(await get(gateway, '/health/ready')).toEqual({ status: 503, body: { status: 'stopping', parts: {} } })
    const late = await gateway.post({ query: '{ hello }' })
    expect(late.status).toBe(503)
    expect(late.headers.get('retry-after')).toBe('1')
    expect(late.body.errors?.[0]?.extensions.code).toBe('STOPPING')
    gateway.release()
    expect((await slow).body.data).toEqual({ slow: 'done' })
    await closed
    await expect(gateway.post({ query: '{ hello }' })).rejects.toThrow()
  })

  test('connections that are kept alive do not hold it up', async () => {
    const gateway = await gatewayUnderTest()
    const socket = connect(gateway.port, '127.0.0.1')
    const ended = new Promise((resolve) => socket.once('close', resolve))
    const answered = new Promise((resolve) => socket.once('data', resolve))
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await answered
    await gateway.close()
    await ended
  })

  test('an address that is in use is said to be', async () => {
    const gateway = await gatewayUnderTest()
    await expect(gatewayUnderTest({ port: gateway.port })).rejects.toThrow(
      `Cannot listen on 127.0.0.1, port ${gateway.port}: EADDRINUSE.`,
    )
  })
})

async function get({ url }: GatewayUnderTest, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url + path)
  return { status: response.status, body: await response.json() }
}

/** Sends what no client library would send. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (data) => {
      answer += data
    })
    socket.once('close', () => resolve(answer))
    socket.once('error', reject)
  })
}

function alias(times: number, field: string): string {
  return Array.from({ length: times }, (_, index) => `a${index}: ${field}`).join(' ')
}

/** Each fragment spreads the one after it twice. */
function doublingFragments(count: number): string {
  const fragments = Array.from({ length: count }, (_, index) => {
    const next = index + 1 < count ? `x: self { ...f${index + 1} } y: self { ...f${index + 1} }` : 'hello'
    return `fragment f${index} on Query { ${next} }`
  })
  return `{ ...f0 } ${fragments.join(' ')}`
}
