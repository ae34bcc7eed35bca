import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { CloseCode } from 'graphql-ws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type GatewayUnderTest, gatewayUnderTest, socketUrl } from './gateway-under-test.given.ts'

/** Bytes that are no UTF-8, in the place of a name. */
const malformed: [string, number[]][] = [
  ['a letter in Latin-1', [0xe9]],
  ['a sequence that ends too early', [0xc3]],
  ['a sequence that another character cuts', [0xe2, 0x82, 0x20]],
  ['a byte that continues nothing', [0x80]],
  ['a slash in two bytes', [0xc0, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0xbd]],
  ['a surrogate pair in six bytes, as CESU-8 has it', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
]

const wellFormed = 'Zoë, Ελένη, 李, 😀 and \u{10ffff}'

describe('a body', () => {
  test.each(malformed)('with %s is refused as a whole', async (_, bytes) => {
    const gateway = await gatewayUnderTest()
    const { status, text } = await post(gateway, helloTo(bytes))
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: 'The body is not UTF-8.', extensions: { code: 'BAD_REQUEST' } }],
    })
  })

  test('that ends within a character is refused', async () => {
    const body = helloTo([0xc3, 0xa9])
    const { status } = await post(await gatewayUnderTest(), Buffer.concat([body, Buffer.from([0xe2, 0x82])]))
    expect(status).toBe(400)
  })

  test('in UTF-8 is read as it was written, also after a byte order mark', async () => {
    const gateway = await gatewayUnderTest()
    for (const mark of [[], [0xef, 0xbb, 0xbf]]) {
      const body = Buffer.concat([Buffer.from(mark), helloTo([...Buffer.from(wellFormed)])])
      const { status, text } = await post(gateway, body)
      expect({ status, answer: JSON.parse(text) }).toEqual({
        status: 200,
        answer: { data: { hello: `Hello ${wellFormed}` } },
      })
    }
  })

  test.each(['', 'utf-8', 'UTF-8', '"UTF-8"', 'Utf8', '"utf8"; x=y'])(
    'may say that its charset is %j',
    async (charset) => {
      const type = charset === '' ? 'application/json' : `application/json; Charset=${charset}`
      expect((await post(await gatewayUnderTest(), helloTo([0x41]), { 'content-type': type })).status).toBe(200)
    },
  )

  test.each(['iso-8859-1', 'latin1', 'UTF-16', 'utf-16le', 'utf-32', 'us-ascii', 'utf-88', '"utf-8 "', 'x'])(
    'of the charset %s is refused',
    async (charset) => {
      const gateway = await gatewayUnderTest()
      const headers = { 'content-type': `application/json; charset=${charset}` }
      const { status, text } = await post(gateway, helloTo([0x41]), headers)
      expect(status).toBe(415)
      expect(text).toContain('The body must be UTF-8')
    },
  )

  test('of another charset in the value of another parameter is none of it', async () => {
    const headers = { 'content-type': 'application/json; profile="; charset=latin1"' }
    expect((await post(await gatewayUnderTest(), helloTo([0x41]), headers)).status).toBe(200)
  })

  test('in UTF-16 is refused', async () => {
    const body = Buffer.from(`\uFEFF${helloTo([0x41])}`, 'utf16le')
    expect((await post(await gatewayUnderTest(), body)).status).toBe(400)
  })

  test.each(['gzip', 'GZIP', 'identity, gzip', 'br', 'identity;q=1'])('in the coding %s is refused', async (coding) => {
    const gateway = await gatewayUnderTest()
    const { status, text } = await post(gateway, gzipSync(helloTo([0x41])), { 'content-encoding': coding })
    expect(status).toBe(415)
    expect(text).toContain(`not with the content-encoding ${coding}`)
  })

  test.each(['identity', 'Identity', 'IDENTITY', 'identity, identity', ' identity ,', ''])(
    'in the coding %j is as it is',
    async (coding) => {
      const { status } = await post(await gatewayUnderTest(), helloTo([0x41]), { 'content-encoding': coding })
      expect(status).toBe(200)
    },
  )
})

describe('a query string', () => {
  const query = encodeURIComponent('query ($name: String) { hello(name: $name) }')

  test.each(malformed)('with %s is refused', async (_, bytes) => {
    const name = bytes.map((byte) => `%${byte.toString(16)}`).join('')
    const { status, text } = await get(await gatewayUnderTest(), `query=${query}&variables={"name":"${name}"}`)
    expect(status).toBe(400)
    expect(text).toContain('must be UTF-8')
  })

  test('in UTF-8 is read as it was written', async () => {
    const variables = encodeURIComponent(JSON.stringify({ name: wellFormed }))
    const { text } = await get(await gatewayUnderTest(), `query=${query}&variables=${variables}`)
    expect(JSON.parse(text)).toEqual({ data: { hello: `Hello ${wellFormed}` } })
  })

  test('may have a percent sign that begins no escape', async () => {
    const { text } = await get(await gatewayUnderTest(), `query=${query}&variables={"name":"100%"}`)
    expect(JSON.parse(text)).toEqual({ data: { hello: 'Hello 100%' } })
  })

  test('with a character that is not percent-encoded is refused', async () => {
    const { port } = await gatewayUnderTest()
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const target = '/graphql?query={hello(name:"\u00e9")}'
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('a message on a WebSocket', () => {
  test.each(malformed)('with %s closes it, and nothing is executed', async (_, bytes) => {
    const gateway = await gatewayUnderTest()
    const message = Buffer.concat([subscribeTo([]).subarray(0, -4), Buffer.from(bytes), Buffer.from('"}}}')])
    for (const [binary, code] of [
      [false, 1007],
      [true, CloseCode.BadRequest],
    ] as const) {
      const socket = await opened(gateway)
      const answers: string[] = []
      socket.on('message', (data) => answers.push(String(data)))
      const closed = once(socket, 'close')
      socket.send(message, { binary })
      expect((await closed)[0]).toBe(code)
      expect(answers).toEqual([])
    }
  })

  test('that comes after one that is not UTF-8 is not executed.', async () => {
    const gateway = await gatewayUnderTest()
    const place = 'mutation { place(input: { customer: "a", content: { total: 1 } }) }'
    const socket = await opened(gateway)
    const closed = once(socket, 'close')
    socket.send(Buffer.from([0xe9]), { binary: true })
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: place } }))
    await closed
    expect((await gateway.post({ query: place })).body).toEqual({ data: { place: 1 } })
  })

  test.each([false, true])('in UTF-8 is read as it was written (as binary: %j)', async (binary) => {
    const socket = await opened(await gatewayUnderTest())
    socket.send(subscribeTo([...Buffer.from(wellFormed)]), { binary })
    const [answer] = await once(socket, 'message')
    expect(JSON.parse(String(answer)).payload).toEqual({ data: { hello: `Hello ${wellFormed}` } })
  })
})

function helloTo(name: number[]): Buffer {
  return Buffer.concat([
    Buffer.from('{"query":"query ($name: String) { hello(name: $name) }","variables":{"name":"'),
    Buffer.from(name),
    Buffer.from('"}}'),
  ])
}

function subscribeTo(name: number[]): Buffer {
  return Buffer.concat([Buffer.from('{"type":"subscribe","id":"1","payload":'), helloTo(name), Buffer.from('}')])
}

async function post({ url }: GatewayUnderTest, body: Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(body),
  })
  return { status: response.status, text: await response.text() }
}

async function get({ url }: GatewayUnderTest, search: string) {
  const response = await fetch(`${url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } })
  return { status: response.status, text: await response.text() }
}

async function opened(gateway: GatewayUnderTest): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl(gateway), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  return socket
}
