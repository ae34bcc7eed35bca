// Views that are damaged, removed or replaced: the desk says so, and builds them anew by itself.
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase } from '../kernel/sqlite/database.ts'
import { type Desk, startDesk } from '../server/desk/desk.ts'
import { ask } from './client.ts'
import { accepted } from './mutate.ts'
import { untilReady } from './readiness.ts'

function wal(file: string): void {
  for (const name of [`${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
}

const damages: [string, (file: string) => void | Promise<void>][] = [
  ['a document that is no JSON', (file) => change(file, (table) => `UPDATE ${table} SET body = '{'`)],
  ['a table that is missing', (file) => change(file, (table) => `DROP TABLE ${table}`)],
  [
    'a file of no length',
    (file) => {
      wal(file)
      truncateSync(file, 0)
    },
  ],
  [
    'a file with something else',
    (file) => {
      wal(file)
      writeFileSync(file, 'This is no database. '.repeat(2_000))
    },
  ],
  [
    'a file that was cut off',
    (file) => {
      wal(file)
      truncateSync(file, 20_000)
    },
  ],
  ['no file at all', (file) => rmSync(file)],
]

describe.each(damages)('a desk with %s in the place of its views', (_, damage) => {
  test('builds them anew at its start', async () => {
    const { at, desk } = await filled()
    await desk.close()
    // A closed connection of this process may keep a lock on the former file until it is collected.
    cpSync(join(at, 'views.db'), join(at, 'copy.db'))
    renameSync(join(at, 'copy.db'), join(at, 'views.db'))
    await damage(join(at, 'views.db'))
    const again = await started(at)
    await untilReady(again.url)
    expect(await customers(again)).toEqual(['cus_1', 'cus_2'])
  })

  test('builds them anew while it runs, and goes on', async () => {
    const { at, desk } = await filled()
    await damage(join(at, 'views.db'))
    // Damage comes to light when what is damaged is read.
    await customers(desk).catch(() => {})
    await vi.waitFor(async () => expect(await customers(desk)).toEqual(['cus_1', 'cus_2']), { timeout: 30_000 })
    await untilReady(desk.url)
    await register(desk, 'cus_3')
    await vi.waitFor(async () => expect(await customers(desk)).toEqual(['cus_1', 'cus_2', 'cus_3']), {
      timeout: 30_000,
    })
    expect(existsSync(join(at, 'views.db'))).toBe(true)
  })
})

async function change(file: string, sqlFor: (table: string) => string): Promise<void> {
  const database = await openDatabase(file, { synchronous: 'NORMAL' })
  const found =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'customers_v[0-9]*' AND name NOT GLOB '*_in_*'"
  database.exec(sqlFor(database.prepare<[string]>(found, 'arrays').get()?.[0] ?? ''))
  database.close()
}

async function filled(): Promise<{ at: string; desk: Desk }> {
  const at = mkdtempSync(join(tmpdir(), 'creditline-damaged-'))
  onTestFinished(() => rmSync(at, { recursive: true, force: true }))
  const desk = await started(at)
  await untilReady(desk.url)
  await register(desk, 'cus_1')
  await register(desk, 'cus_2')
  expect(await customers(desk)).toEqual(['cus_1', 'cus_2'])
  return { at, desk }
}

async function started(dataDirectory: string): Promise<Desk> {
  const desk = await startDesk({ dataDirectory, host: '127.0.0.1', port: 0, logLevel: 'silent' })
  onTestFinished(() => desk.close())
  return desk
}

function register({ url }: Desk, customerId: string): Promise<unknown> {
  return accepted(url, 'registerCustomer', { customerId, name: 'Ada', creditLimit: '1.00' })
}

async function customers({ url }: Desk): Promise<string[]> {
  const { customers } = await ask<{ customers: { nodes: { id: string }[] } }>(url, '{ customers { nodes { id } } }')
  return customers.nodes.map(({ id }) => id).sort()
}
