// A log that was put back from a backup, and views that have seen more or something else: told before anybody reads them.
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import type { Settings } from '../server/settings/settings.ts'
import { ask } from './client.ts'
import { accepted } from './mutate.ts'
import { untilReady } from './readiness.ts'

const REFUSAL =
  /^The views in \S+views\.db show a history that the log does not have: .* Put the log back that they were folded from; or, .* start once with --rebuild-views/

test('views of orders that the restored log does not have are refused, and rebuilt when that is asked for', async () => {
  const at = await directory()
  await withDesk(at, async (url) => {
    await accepted(url, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '1000.00' })
    await placeOrders(url, 'before', 3)
  })
  expect(await readdir(at)).not.toContain('events.db-wal')
  await copyFile(join(at, 'events.db'), join(at, 'backup.db'))
  await withDesk(at, (url) => placeOrders(url, 'lost', 5))
  await copyFile(join(at, 'views.db'), join(at, 'newer-views.db'))

  await copyFile(join(at, 'backup.db'), join(at, 'events.db'))
  await expect(start(at)).rejects.toThrow(REFUSAL)

  await rm(join(at, 'views.db'))
  await withDesk(at, (url) => placeOrders(url, 'after', 8))
  await copyFile(join(at, 'newer-views.db'), join(at, 'views.db'))
  await expect(start(at)).rejects.toThrow(REFUSAL)

  const orders = ['after', 'before'].flatMap((name) => range(name === 'after' ? 8 : 3).map((n) => `ord_${name}_${n}`))
  const shown = async (url: string) => {
    const { orders } = await ask<{ orders: { nodes: { id: string }[] } }>(url, '{ orders { nodes { id } } }')
    return orders.nodes.map(({ id }) => id).sort()
  }
  await withDesk(at, async (url) => expect(await shown(url)).toEqual(orders), { rebuildViews: true })
  await withDesk(at, async (url) => expect(await shown(url)).toEqual(orders))
})

async function placeOrders(url: string, name: string, count: number): Promise<void> {
  for (const n of range(count)) {
    const content = { total: '1.00' }
    await accepted(url, 'placeOrder', { orderId: `ord_${name}_${n}`, customerId: 'cus_1', content })
  }
}

async function withDesk(
  dataDirectory: string,
  work: (url: string) => Promise<void>,
  settings?: Partial<Settings>,
): Promise<void> {
  const desk = await start(dataDirectory, settings)
  try {
    await untilReady(desk.url)
    await work(desk.url)
  } finally {
    await desk.close()
  }
}

function start(dataDirectory: string, settings: Partial<Settings> = {}): Promise<Desk> {
  return startDesk({ dataDirectory, host: '127.0.0.1', port: 0, logLevel: 'silent', ...settings })
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-restored-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
