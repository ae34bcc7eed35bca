import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { Health } from './health.ts'
import { startHealthServer } from './health-server.ts'

test('a process that is no gateway reports its health, and names the methods that it accepts', async () => {
  const ask = await serving(async () => ({ ready: true, parts: {} }))
  expect((await ask('/health/ready')).status).toBe(200)
  expect((await ask('/graphql', 'POST')).status).toBe(404)
  const refused = await ask('/health/ready', 'POST')
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await refused.json()).toEqual({
    error: '/health/ready does not accept POST. Use one of GET, HEAD.',
  })
  expect((await ask('/metrics', 'POST')).status).toBe(405)
})

test('its metrics are there to read also while it is not ready', async () => {
  const projector = { ok: false, detail: 'catching up', figures: { position: 7 } }
  const ask = await serving(async () => ({ ready: false, parts: { projector } }))
  const ready = await ask('/health/ready')
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', parts: { projector } }])
  const metrics = await ask('/metrics')
  expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const text = await metrics.text()
  expect(text).toMatch(/^creditline_ready 0$/m)
  expect(text).toMatch(/^creditline_part_ok\{part="projector"\} 0$/m)
  expect(text).toMatch(/^creditline_projector_position 7$/m)
})

test('when its health cannot be determined, its metrics say that it is not ready, and nothing else', async () => {
  const ask = await serving(async () => {
    throw new Error('a secret of the house')
  })
  const metrics = await ask('/metrics')
  expect(metrics.status).toBe(200)
  const lines = (await metrics.text()).trimEnd().split('\n')
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual(['creditline_ready 0'])
})

async function serving(health: () => Promise<Health>) {
  const server = await startHealthServer({ host: '127.0.0.1', port: 0 }, health, pino({ level: 'silent' }))
  onTestFinished(() => server.close())
  return (path: string, method = 'GET') => fetch(server.url + path, { method })
}
