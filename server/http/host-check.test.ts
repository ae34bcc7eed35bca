import { once } from 'node:events'
import { connect } from 'node:net'
import pino from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startHealthServer } from '../health/health-server.ts'
import { gatewayUnderTest } from './gateway-under-test.given.ts'
import type { Address } from './listen.ts'

describe('a gateway on a loopback address', () => {
  test.each(['/graphql', '/', '/playground/', '/health/live', '/health/ready', '/metrics', '/nothing'])(
    'does not answer at %s for another host',
    async (path) => {
      const { port } = await gatewayUnderTest()
      for (const host of ['evil.example', `evil.example:${port}`, '10.0.0.1', '[::', '']) {
        expect(await statusOf(port, `GET ${path} HTTP/1.1\r\nHost: ${host}`), host).toBe(421)
      }
    },
  )

  test('answers for every name of loopback', async () => {
    const { port } = await gatewayUnderTest()
    for (const host of ['localhost', `LOCALHOST:${port}`, 'desk.localhost.', '127.0.0.2:80', '[::1]:4000']) {
      expect(await statusOf(port, `GET /health/live HTTP/1.1\r\nHost: ${host}`), host).toBe(200)
    }
  })

  test('answers for the names that it is given', async () => {
    const { port } = await gatewayUnderTest({ allowedHosts: ['desk.example', '*.shop.example'] })
    const status = (host: string) => statusOf(port, `GET /health/live HTTP/1.1\r\nHost: ${host}`)
    for (const host of ['desk.example', 'a.shop.example:443', 'localhost']) expect(await status(host), host).toBe(200)
    for (const host of ['evil.example', 'shop.example', '10.0.0.1']) expect(await status(host), host).toBe(421)
  })

  test('answers a request without a host, which no browser sends', async () => {
    const { port } = await gatewayUnderTest()
    expect(await statusOf(port, 'GET /health/live HTTP/1.0')).toBe(200)
  })

  test('does not answer when the target of a request names another host, with any Host header', async () => {
    const { port } = await gatewayUnderTest()
    const status = (target: string, host: string) => statusOf(port, `GET ${target} HTTP/1.1\r\nHost: ${host}`)
    expect(await status('http://localhost:1/health/live', 'localhost')).toBe(200)
    expect(await status('http://evil.example/health/live', 'localhost')).toBe(421)
    expect(await status('http://localhost/health/live', 'evil.example')).toBe(421)
    expect(await status('http://localhost@evil.example/health/live', 'localhost')).toBe(421)
  })

  test('is not impressed by what a proxy would say of the host', async () => {
    const { port } = await gatewayUnderTest()
    const forwarded = 'X-Forwarded-Host: localhost\r\nForwarded: host=localhost'
    expect(await statusOf(port, `GET /health/live HTTP/1.1\r\nHost: evil.example\r\n${forwarded}`)).toBe(421)
    const evil = 'X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example'
    expect(await statusOf(port, `GET /health/live HTTP/1.1\r\nHost: localhost\r\n${evil}`)).toBe(200)
  })

  test('executes nothing for another host', async () => {
    const gateway = await gatewayUnderTest()
    const body = JSON.stringify({ query: 'mutation { slow }' })
    const request = `POST /graphql HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
    expect(await statusOf(gateway.port, request, body)).toBe(421)
  })

  test('opens no WebSocket for another host, even for a page of that host', async () => {
    const { port } = await gatewayUnderTest()
    const upgrade = (host: string) =>
      'GET /graphql HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      `Sec-WebSocket-Protocol: graphql-transport-ws\r\nHost: ${host}\r\nOrigin: http://${host}`
    expect(await statusOf(port, upgrade('evil.example'), '', 'Upgrade')).toBe(421)
    expect(await statusOf(port, upgrade('localhost'), '', 'Upgrade')).toBe(101)
  })

  test('says nothing about it at the start', async () => {
    const { logged } = await gatewayUnderTest()
    expect(JSON.stringify(logged)).not.toContain('ALLOWED_HOSTS')
  })
})

describe('a gateway on another address', () => {
  test('answers for every host, and says so at the start', async () => {
    const { port, logged } = await gatewayUnderTest({ host: '0.0.0.0' })
    expect(await statusOf(port, 'GET /graphql HTTP/1.1\r\nHost: evil.example')).toBe(400)
    expect(logged).toContainEqual(expect.objectContaining({ level: 40, msg: expect.stringContaining('ALLOWED_HOSTS') }))
  })

  test('with its own names answers for these and loopback, and reports its health for every IP address', async () => {
    const { port, logged } = await gatewayUnderTest({ host: '0.0.0.0', allowedHosts: ['desk.example'] })
    const status = (path: string, host: string) => statusOf(port, `GET ${path} HTTP/1.1\r\nHost: ${host}`)
    expect(JSON.stringify(logged)).not.toContain('ALLOWED_HOSTS')
    for (const host of ['desk.example', 'localhost']) expect(await status('/nothing', host), host).toBe(404)
    for (const host of ['evil.example', '10.0.0.1:4000', '[2001:db8::1]']) {
      expect(await status('/nothing', host), host).toBe(421)
    }
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect(await status(path, '10.0.0.1:4000')).toBe(200)
      expect(await status(path, 'evil.example')).toBe(421)
    }
  })
})

describe('the health of a process without gateway', () => {
  test('is reported on a loopback address for its names only', async () => {
    const { port } = await healthServer({ host: '127.0.0.1', port: 0 })
    expect(await statusOf(port, 'GET /health/ready HTTP/1.1\r\nHost: evil.example')).toBe(421)
    expect(await statusOf(port, 'GET /health/ready HTTP/1.1\r\nHost: localhost')).toBe(200)
  })

  test('is reported on another address for every name', async () => {
    const { port } = await healthServer({ host: '0.0.0.0', port: 0 })
    expect(await statusOf(port, 'GET /health/ready HTTP/1.1\r\nHost: evil.example')).toBe(200)
  })
})

async function healthServer(address: Address) {
  const server = await startHealthServer(address, async () => ({ ready: true, parts: {} }), pino({ level: 'silent' }))
  onTestFinished(() => server.close())
  return server
}

/** The status of the answer to a request as it is written here, without what ends its head. */
async function statusOf(port: number, head: string, body = '', connection = 'close'): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`${head}\r\nConnection: ${connection}\r\n\r\n${body}`)
  const [answer] = await once(socket, 'data')
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(String(answer))?.[1])
}
