// Which failures of the embedded views are damage: only damage is repaired by a rebuild.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../../sqlite/database.ts'
import { identityOfFile } from '../../../sqlite/files.ts'
import { items } from '../view-store.contract.ts'
import { InvalidCursor, type ViewStore, ViewsLost } from '../view-store.ts'
import { openSqliteViewStore } from './sqlite-view-store.ts'

const pageBy = (views: ViewStore, field: string, after?: string) =>
  views.page(items, { filter: [], orderBy: { field, direction: 'ASC' }, first: 10, ...(after && { after }) })

async function filled() {
  const directory = mkdtempSync(join(tmpdir(), 'creditline-damage-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'views.db')
  const damaged: string[] = []
  const open = () =>
    openSqliteViewStore({
      file,
      logId: 'log0log0log0',
      schemaVersion: 1,
      projections: [items],
      onDamaged: (why) => damaged.push(why),
    })
  const views = await open()
  const document = { id: 'tra_1', position: 4, createdAt: 'today', updatedAt: 'today', rank: 1, tags: ['new'] }
  const documents = [{ view: items.name, documents: [document] }]
  await views.write({ documents, broken: [], mended: [], history: [], checkpoint: 4 })
  return {
    file,
    damaged,
    open,
    views,
    async change(sql: string) {
      const database = await openDatabase(file, { synchronous: 'NORMAL' })
      database.exec(sql)
      database.close()
    },
  }
}

const damages: [string, string][] = [
  ['a table', 'DROP TABLE transfers_v1'],
  ['the table of a list', 'DROP TABLE transfers_v1_in_tags'],
  ['an index that the query needs', 'DROP INDEX transfers_v1_by_rank'],
  ['a column', 'ALTER TABLE transfers_v1 RENAME COLUMN body TO text'],
]

test.each(damages)('a missing %s is damage, and the views are rebuilt', async (_, sql) => {
  const { open, views, change } = await filled()
  const tags = [{ field: 'tags', oneOf: ['new'] }]
  // A statement that is prepared already fails in another way than a new one.
  await Promise.all([pageBy(views, 'rank'), views.count(items, tags, 10)])
  await change(sql)
  const reading = Promise.all([pageBy(views, 'rank'), views.count(items, tags, 10)])
  const lost = await reading.catch((error: unknown) => error)
  await views.close()
  // SQLite works without most indexes: such damage is found at the next start.
  if (!sql.includes('INDEX')) expect(lost).toBeInstanceOf(ViewsLost)
  const again = await open()
  expect(await again.checkpoint()).toBe(0)
  expect((await pageBy(again, 'rank')).items).toEqual([])
  await again.close()
})

test('unreadable pages of the file are damage', async () => {
  const { views, file } = await filled()
  const documents = Array.from({ length: 2_000 }, (_, rank) => {
    return { id: `tra_${rank}`, position: 5, createdAt: 'today', updatedAt: 'today', rank, note: 'x'.repeat(500) }
  })
  await views.write({
    documents: [{ view: items.name, documents }],
    broken: [],
    mended: [],
    history: [],
    checkpoint: 5,
  })
  await views.close()
  const bytes = readFileSync(file)
  bytes.fill(7, 100_000)
  writeFileSync(file, bytes)
  const damaged = await openSqliteViewStore({ file, logId: 'log0log0log0', schemaVersion: 1, projections: [items] })
  const everything = damaged.page(items, { filter: [], orderBy: { field: 'rank', direction: 'ASC' }, first: 2_000 })
  await expect(everything).rejects.toThrow(ViewsLost)
  await damaged.close().catch(() => {})
})

test('views whose tables all exist are used unchanged', async () => {
  const { open, views, file } = await filled()
  const identity = identityOfFile(file)
  await views.close()
  const again = await open()
  expect(await again.checkpoint()).toBe(4)
  expect(identityOfFile(file)).toBe(identity)
  await again.close()
})

test('a wrong query of the program is no damage: the views stay, and the error is the one of the query', async () => {
  const { views } = await filled()
  for (const wrong of [
    () => pageBy(views, 'undeclared'),
    () => views.count(items, [{ field: 'undeclared', range: { gt: 1 } }], 10),
  ]) {
    const failure = await wrong().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(ViewsLost)
  }
  expect((await pageBy(views, 'rank')).items).toHaveLength(1)
  await views.close()
})

test("a client's text that is not JSON is no damage", async () => {
  const { views } = await filled()
  const cursor = Buffer.from('{"not": JSON').toString('base64url')
  await expect(pageBy(views, 'rank', cursor)).rejects.toThrow(InvalidCursor)
  await views.close()
})

test('an error in the program that happens to be a SyntaxError is no damage', async () => {
  const { views } = await filled()
  const poisoned = { id: 'tra_2', position: 5, createdAt: 'today', updatedAt: 'today', rank: 1 }
  Object.defineProperty(poisoned, 'note', { enumerable: true, get: () => JSON.parse('{') })
  const documents = [{ view: items.name, documents: [poisoned] }]
  const writing = views.write({ documents, broken: [], mended: [], history: [], checkpoint: 5 })
  await expect(writing).rejects.toThrow(SyntaxError)
  await views.close()
})
