import { expect, onTestFinished, test } from 'vitest'
import { startHealthServer } from './health-server.ts'

test('a process that is no gateway tells its health, and how else it may be asked', async () => {
  const server = await startHealthServer({ host: '127.0.0.1', port: 0 }, async () => ({ ready: true, parts: {} }))
  onTestFinished(() => server.close())
  const ask = (path: string, method = 'GET') => fetch(server.url + path, { method })
  expect((await ask('/health/ready')).status).toBe(200)
  expect((await ask('/graphql', 'POST')).status).toBe(404)
  const refused = await ask('/health/ready', 'POST')
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await refused.json()).toEqual({
    error: '/health/ready cannot be asked with POST, only with GET, HEAD.',
  })
})
