// The processes of docker-compose.yml, started here with the same commands and the same environment, but for where servers and files are.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from './client.ts'
import { composeFile, deskServices } from './compose-file.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { accepted } from './mutate.ts'
import { clear, placeOf } from './place.ts'
import { startNats, withoutNats } from './servers.ts'

test.skipIf(withoutNats !== '')(
  `an order that is placed at one gateway is approved and shown at the other, and everything stops when told${withoutNats}`,
  async () => {
    const processes = await startAll()
    const gateways = Object.entries(processes).filter(([name]) => name.startsWith('gateway'))
    const [first = '', second = ''] = gateways.map(([, { url }]) => url)
    for (const { url } of Object.values(processes)) {
      await expect.poll(async () => (await fetch(`${url}/health/ready`)).status, { timeout: 60_000 }).toBe(200)
    }

    await accepted(first, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '10.00' })
    await accepted(first, 'addProduct', { productId: 'prd_1', name: 'Lamp', price: '2.50', stock: 1 })
    const content = { lines: [{ productId: 'prd_1', quantity: 1 }] }
    const { position } = await accepted(first, 'placeOrder', { orderId: 'ord_1', customerId: 'cus_1', content })
    const query = 'query ($position: Position) { order(id: "ord_1", atLeast: $position) { status total } }'
    const shown = () => ask<{ order: unknown }>(second, query, { position })
    await expect
      .poll(async () => (await shown()).order, { timeout: 30_000 })
      .toEqual({
        status: 'APPROVED',
        total: '2.50',
      })

    for (const [name, desk] of Object.entries(processes)) expect([name, await desk.end('SIGTERM')]).toEqual([name, 0])
  },
)

/** By the names of their services. */
async function startAll(): Promise<Record<string, DeskProcess>> {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-compose-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const nats = await startNats()
  onTestFinished(() => nats.kill())
  const place = placeOf(directory, { ...process.env, NATS_URL: nats.url })
  onTestFinished(() => clear(place))

  const services = deskServices(composeFile())
  const starting = services.map(async ([name, { command = [], environment = {} }]) => {
    const [program, ...args] = command
    expect(program).toBe('node')
    const desk = await startDeskProcess(directory, { ...environment, ...place.env, HOST: '127.0.0.1', PORT: '0' }, args)
    onTestFinished(async () => void (await desk.end('SIGKILL')))
    return [name, desk] as const
  })
  return Object.fromEntries(await Promise.all(starting))
}
