import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type RawData, WebSocket } from 'ws'
import { type GatewayUnderTest, gatewayUnderTest, socketUrl } from '../http/gateway-under-test.given.ts'
import { limits } from './limits.ts'

describe('GraphQL over WebSocket', () => {
  test('subscriptions are answered with one message for each event', async () => {
    const gateway = await gatewayUnderTest()
    const counts = []
    for await (const { data } of gateway.client().iterate({ query: 'subscription { count(to: 3) }' })) counts.push(data)
    expect(counts).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }])
  })

  test('queries and mutations are answered too', async () => {
    const gateway = await gatewayUnderTest()
    expect(await answer(gateway, '{ hello }')).toEqual({ data: { hello: 'Hello you' } })
    expect(await answer(gateway, 'mutation { order(lines: []) }')).toEqual({ data: { order: 0 } })
  })

  test('every message of a subscription has its own context', async () => {
    const gateway = await gatewayUnderTest()
    const ids = []
    for await (const { data } of gateway.client().iterate({ query: 'subscription { contexts }' }))
      ids.push(data?.contexts)
    expect(new Set(ids).size).toBe(2)
  })

  test('a subscription that the client ends is ended at its source, also while that waits', async () => {
    const gateway = await gatewayUnderTest()
    const stop = gateway.client().subscribe({ query: 'subscription { endless }' }, ignore)
    await gateway.reached
    stop()
    await gateway.ended
  })

  test('a subscription whose client is gone is ended at its source', async () => {
    const gateway = await gatewayUnderTest()
    const client = gateway.client()
    client.subscribe({ query: 'subscription { endless }' }, ignore)
    await gateway.reached
    client.terminate()
    await gateway.ended
  })

  test.each(['broken', 'brokenLater', 'brokenMessage'])(
    'an unexpected error (%s) is reported by an id only, which the log explains',
    async (field) => {
      const gateway = await gatewayUnderTest()
      const socket = await openSocket(gateway)
      socket.send(subscribe('1', `subscription { ${field} }`))
      const messages = await socket.until('error', 'complete')
      const errorId = /"errorId":"([^"]+)"/.exec(JSON.stringify(messages))?.[1]
      expect(JSON.stringify(messages)).not.toContain('secret')
      expect(gateway.logged.find((line) => line.errorId === errorId)).toMatchObject({
        err: { message: 'a secret of the house' },
      })
    },
  )

  test.each([
    ['GRAPHQL_PARSE_FAILED', '{ hello'],
    ['GRAPHQL_PARSE_FAILED', `{ ${'hello '.repeat(20_000)} }`],
    ['GRAPHQL_VALIDATION_FAILED', '{ goodbye }'],
    ['OPERATION_RESOLUTION_FAILURE', 'query A { hello } query B { hello }'],
    ['BAD_USER_INPUT', 'query ($name: String!) { hello(name: $name) }'],
    ['QUERY_TOO_COMPLEX', `${'{ self '.repeat(2_000)}{ hello }${' }'.repeat(2_000)}`],
    [
      'QUERY_TOO_COMPLEX',
      '{ page(first: 100) { nodes { page(first: 100) { nodes { page(first: 100) { nodes { hello } } } } } } }',
    ],
  ])('%s is the answer to the operation %#', async (code, query) => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    socket.send(subscribe('1', query))
    const [message] = await socket.until('error')
    expect(message).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code } }] })
  })

  test('a socket carries a bounded number of operations at a time', async () => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    for (let id = 0; id <= limits.operationsPerSocket; id++) socket.send(subscribe(`${id}`, 'subscription { endless }'))
    const [refused] = await socket.until('error')
    expect(refused).toMatchObject({
      id: `${limits.operationsPerSocket}`,
      payload: [{ extensions: { code: 'OVERLOADED' } }],
    })
  })

  test.each<[string, string | Buffer, number]>([
    ['no JSON', 'hello', 4400],
    ['an unknown type', '{"type": "subscribed"}', 4400],
    ['binary junk', Buffer.from([0xff, 0xfe, 0x00]), 4400],
    ['a subscription without a document', '{"type": "subscribe", "id": "1", "payload": {}}', 4400],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 4400],
    ['a message that only a server sends', '{"type": "connection_ack"}', 4400],
    ['a message that is too large', 'x'.repeat(limits.messageBytes + 1), 1009],
  ])('%s closes the socket, and nothing else', async (_name, message, code) => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    socket.send(message)
    expect(await socket.closed).toBe(code)
    expect(await answer(gateway, '{ hello }')).toEqual({ data: { hello: 'Hello you' } })
  })

  // Node 20 cannot write such a payload, and newer ones can.
  test('a ping with a deeply nested payload is answered or closes its socket, and harms nothing else', async () => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    socket.send(`{"type": "ping", "payload": {"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}`)
    expect(await Promise.race([socket.closed, socket.until('pong').then(() => 'answered')])).toBeOneOf([
      4400,
      'answered',
    ])
    expect(await answer(gateway, '{ hello }')).toEqual({ data: { hello: 'Hello you' } })
  })

  test.each(['1', 'x'.repeat(1_000), 'é'.repeat(1_000)])(
    'an id that is in use closes the socket, however long it is',
    async (id) => {
      const gateway = await gatewayUnderTest()
      const socket = await openSocket(gateway)
      for (let times = 0; times < 2; times++) socket.send(subscribe(id, 'subscription { endless }'))
      expect(await socket.closed).toBe(4409)
      expect(gateway.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
    },
  )

  test('a frame that breaks the protocol closes the socket, and nothing else', async () => {
    const gateway = await gatewayUnderTest()
    const socket = connect(gateway.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', ignore.next)
    socket.write(
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    )
    socket.once('data', () => socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])))
    await closed
    expect(await answer(gateway, '{ hello }')).toEqual({ data: { hello: 'Hello you' } })
  })

  test.each([
    ['another path', '/other', {}, 404],
    ['a page of another origin', '/graphql', { origin: 'http://elsewhere.example' }, 403],
    ['a page of no origin', '/graphql', { origin: 'null' }, 403],
    ['a page of another port', '/graphql', { origin: 'http://localhost:81', host: 'localhost' }, 403],
    ['a page below the name of the desk', '/graphql', { origin: 'http://a.localhost', host: 'localhost' }, 403],
    ['a file', '/graphql', { origin: 'file://', host: 'localhost' }, 403],
    ['an extension', '/graphql', { origin: 'chrome-extension://localhost', host: 'localhost' }, 403],
  ])('a socket from %s is refused', async (_name, path, headers, status) => {
    const gateway = await gatewayUnderTest()
    const socket = new WebSocket(socketUrl(gateway).replace('/graphql', path), 'graphql-transport-ws', { headers })
    const refused = new Promise((resolve) =>
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
    )
    socket.on('error', ignore.next)
    expect(await refused).toBe(status)
  })

  test('a page of the same origin may open a socket', async () => {
    const gateway = await gatewayUnderTest()
    const socket = new WebSocket(socketUrl(gateway), 'graphql-transport-ws', { headers: { origin: gateway.url } })
    await new Promise((resolve) => socket.once('open', resolve))
    socket.close()
  })

  test.each([
    ['http://desk.example', 'desk.example:80'],
    ['https://desk.example', 'desk.example:443'],
    ['https://desk.example:443', 'desk.example'],
    ['https://desk.example', 'Desk.EXAMPLE'],
    ['http://[2001:db8::1]:4000', '[2001:DB8:0::1]:4000'],
  ])('a page of %s may open a socket to the host %s', async (origin, host) => {
    const gateway = await gatewayUnderTest({ host: '0.0.0.0' })
    const headers = { origin, host }
    const socket = new WebSocket(socketUrl(gateway), 'graphql-transport-ws', { headers })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.close()
  })
})

describe('the id of an operation', () => {
  const endless = subscribe('1', 'subscription { endless }')

  test('is free at once after complete, and what it names then is counted, can be completed and ends with the socket', async () => {
    const gateway = await gatewayUnderTest()
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(gateway)))
    for (const { send } of sockets) {
      for (let times = 0; times < 300; times++)
        for (const message of [endless, complete('1'), endless, complete('1')]) send(message)
      send(endless)
    }
    for (const { answered } of sockets) await answered()
    await expect.poll(gateway.openSources).toBe(10)
    for (const { send, answered } of sockets.slice(0, 5)) {
      send(complete('1'))
      await answered()
    }
    expect(gateway.openSources()).toBe(5)
    for (const { received, close } of sockets) {
      expect(received.filter(({ type }) => type !== 'connection_ack' && type !== 'pong')).toEqual([])
      await close()
    }
    await expect.poll(gateway.openSources).toBe(0)
  })

  test('counts only once for the limit of a socket, however often it is used again', async () => {
    const gateway = await gatewayUnderTest()
    const { send, answered, until } = await openSocket(gateway)
    for (let id = 0; id < limits.operationsPerSocket; id++) {
      for (const message of [subscribe(`${id}`, 'subscription { endless }'), complete(`${id}`)]) send(message)
      send(subscribe(`${id}`, 'subscription { endless }'))
    }
    await answered()
    expect(gateway.openSources()).toBe(limits.operationsPerSocket)
    send(subscribe('more', 'subscription { endless }'))
    expect(await until('error')).toMatchObject([
      { type: 'pong' },
      { id: 'more', payload: [{ extensions: { code: 'OVERLOADED' } }] },
    ])
    send(complete('0'))
    send(subscribe('more', 'subscription { endless }'))
    await answered()
    expect(gateway.openSources()).toBe(limits.operationsPerSocket)
  })

  test('belongs to the newer operation: nothing comes of the older one that was completed', async () => {
    const gateway = await gatewayUnderTest()
    const { send, until, answered, received } = await openSocket(gateway)
    send(subscribe('1', 'mutation { slow }'))
    await gateway.reached
    send(complete('1'))
    send(subscribe('1', '{ hello }'))
    await until('complete')
    gateway.release()
    send(subscribe('2', 'mutation { slow }'))
    await expect.poll(() => received.filter(({ type }) => type === 'complete')).toHaveLength(2)
    await answered()
    expect(received.filter(({ type }) => type === 'next')).toEqual([
      { id: '1', type: 'next', payload: { data: { hello: 'Hello you' } } },
      { id: '2', type: 'next', payload: { data: { slow: 'done' } } },
    ])
  })

  test.each(['{ hello }', '{ goodbye }', 'subscription { count(to: 1) }', 'subscription { broken }'])(
    'is free again when %s has been answered',
    async (query) => {
      const gateway = await gatewayUnderTest()
      const { send, received } = await openSocket(gateway)
      for (let times = 1; times <= 3; times++) {
        send(subscribe('1', query))
        const ends = () => received.filter(({ type }) => type === 'complete' || type === 'error')
        await expect.poll(ends, { interval: 5 }).toHaveLength(times)
      }
    },
  )

  test('keeps its place while a completed mutation is being executed', async () => {
    const gateway = await gatewayUnderTest()
    const { send, until } = await openSocket(gateway)
    for (let times = 0; times <= limits.unendedPerSocket; times++) {
      send(subscribe('1', 'mutation { slow }'))
      send(complete('1'))
    }
    expect(await until('error')).toMatchObject([{ id: '1', payload: [{ extensions: { code: 'OVERLOADED' } }] }])
  })
})

test('one socket leaves room for the operations of others, however many it completes', async () => {
  const gateway = await gatewayUnderTest()
  const greedy = await openSocket(gateway)
  for (let times = 0; times < limits.operations; times++) {
    greedy.send(subscribe('1', 'mutation { slow }'))
    greedy.send(complete('1'))
  }
  await greedy.answered()
  expect(await answer(gateway, '{ hello }')).toMatchObject({ data: { hello: 'Hello you' } })
  gateway.release()
})

test('a client may complete all of its operations and begin as many again', async () => {
  const gateway = await gatewayUnderTest()
  const { send, answered, received } = await openSocket(gateway)
  const all = Array.from({ length: limits.operationsPerSocket }, (_, index) => String(index))
  for (const id of all) send(subscribe(id, 'mutation { slow }'))
  for (const id of all) send(complete(id))
  for (const id of all) send(subscribe(id, 'mutation { slow }'))
  await answered()
  gateway.release()
  await expect.poll(() => received.filter(({ type }) => type === 'next').length).toBe(all.length)
  expect(received.filter(({ type }) => type === 'error')).toEqual([])
})

describe('stopping', () => {
  test('the sockets of subscribers close with 1001 and no complete message, so that the subscribers come back', async () => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    socket.send(subscribe('1', 'subscription { endless }'))
    await gateway.reached
    await gateway.close()
    expect(await socket.closed).toBe(1001)
    expect(socket.received.map(({ type }) => type)).toEqual(['connection_ack'])
    await gateway.ended
  })

  test('a command under way is answered before its socket is closed', async () => {
    const gateway = await gatewayUnderTest()
    const socket = await openSocket(gateway)
    socket.send(subscribe('1', 'mutation { slow }'))
    await gateway.reached
    const closed = gateway.close()
    gateway.release()
    await closed
    expect(await socket.closed).toBe(1001)
    expect(socket.received.at(-2)).toMatchObject({ type: 'next', payload: { data: { slow: 'done' } } })
  })
})

const ignore = { next: () => {}, error: () => {}, complete: () => {} }

async function answer(gateway: GatewayUnderTest, query: string): Promise<unknown> {
  const { value } = await gateway.client().iterate({ query }).next()
  return value
}

interface Message {
  type: string
  id?: string
  payload?: unknown
}

interface OpenSocket {
  received: Message[]
  /** The close code. */
  closed: Promise<number>
  send(message: string | Buffer): void
  /** Settles when the messages before have been taken. */
  answered(): Promise<void>
  close(): Promise<unknown>
  /** The messages of these types as soon as there is one, and all that came before. */
  until(...types: string[]): Promise<Message[]>
}

/** A socket without a client library, for what such a library would not send; acknowledged already. */
async function openSocket(gateway: GatewayUnderTest): Promise<OpenSocket> {
  const socket = new WebSocket(socketUrl(gateway), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  const received: Message[] = []
  socket.on('message', (data: RawData) => received.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'connection_init' }))
  const until = async (...types: string[]): Promise<Message[]> => {
    await expect.poll(() => received.some(({ type }) => types.includes(type)), { interval: 5 }).toBe(true)
    return received.filter(({ type }) => type !== 'connection_ack')
  }
  await until('connection_ack')
  const pongs = () => received.filter(({ type }) => type === 'pong').length
  return {
    received,
    closed,
    until,
    send: (message) => socket.send(message),
    async answered() {
      const before = pongs()
      socket.send('{"type": "ping"}')
      await expect.poll(pongs, { interval: 5 }).toBe(before + 1)
    },
    close() {
      socket.close()
      return closed
    },
  }
}

function subscribe(id: string, query: string): string {
  return JSON.stringify({ type: 'subscribe', id, payload: { query } })
}

function complete(id: string): string {
  return JSON.stringify({ type: 'complete', id })
}
