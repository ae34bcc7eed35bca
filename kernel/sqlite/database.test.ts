import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  builtInIsSafe,
  CommitFailed,
  type Database,
  driver,
  isBusy,
  isDamage,
  isStorageFailure,
  openDatabase,
} from './database.ts'

let directory: string
let file: string
let db: Database
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-sqlite-'))
  file = join(directory, 'test.db')
  db = await openDatabase(file, { synchronous: 'FULL' })
  db.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)')
})
afterEach(async () => {
  db.close()
  await rm(directory, { recursive: true })
})

const names = () =>
  db
    .prepare<[string]>('SELECT name FROM items ORDER BY id', 'arrays')
    .all()
    .map(([name]) => name)
const add = (name: string) => db.prepare('INSERT INTO items (name) VALUES (?)').run(name)

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('It succeeded, and should not have.')
}

test.each([
  ['FULL', 2],
  ['NORMAL', 1],
] as const)(
  'a connection that is opened with synchronous=%s has it, and a write-ahead log',
  async (synchronous, level) => {
    const connection = await openDatabase(file, { synchronous })
    expect(connection.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: level })
    expect(connection.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    connection.close()
  },
)

test('rows are objects or tuples, as the statement was prepared', () => {
  add('a')
  expect(db.prepare('SELECT id, name FROM items').all()).toEqual([{ id: 1, name: 'a' }])
  expect(db.prepare('SELECT id, name FROM items', 'arrays').get()).toEqual([1, 'a'])
  expect(db.prepare('SELECT id FROM items WHERE name = ?').get('b')).toBeUndefined()
})

test('a transaction returns the result of its work, and keeps its writes', () => {
  expect(db.transaction(() => add('a').lastInsertRowid)).toBe(1)
  expect(names()).toEqual(['a'])
})

test('a transaction whose work throws leaves nothing, and the next one succeeds', () => {
  const error = new Error('no')
  const work = () => {
    add('a')
    throw error
  }
  expect(errorOf(() => db.transaction(work))).toBe(error)
  db.transaction(() => add('b'))
  expect(names()).toEqual(['b'])
})

test('a failed commit is distinct from failed work', () => {
  db.exec('CREATE TABLE parts (item INTEGER REFERENCES items DEFERRABLE INITIALLY DEFERRED)')
  const error = errorOf(() => db.transaction(() => db.exec('INSERT INTO parts VALUES (7)')))
  expect(error).toBeInstanceOf(CommitFailed)
  db.transaction(() => add('a'))
  expect(names()).toEqual(['a'])
})

test('a file that another process holds is a storage failure, and a broken constraint is none', async () => {
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
  db.exec('PRAGMA busy_timeout = 0')
  expect(isStorageFailure(errorOf(() => db.transaction(() => add('a'))))).toBe(true)
  other.exec('ROLLBACK')
  other.close()

  add('a')
  expect(isStorageFailure(errorOf(() => add('a')))).toBe(false)
  expect(isStorageFailure(errorOf(() => db.prepare('SELECT nothing')))).toBe(false)
  expect(isStorageFailure(new Error('no'))).toBe(false)
})

test('a held file and a damaged one are recognised as the cause of another error', async () => {
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
  db.exec('PRAGMA busy_timeout = 0')
  const busy = errorOf(() => db.transaction(() => add('a')))
  other.exec('ROLLBACK')
  other.close()
  await writeFile(join(directory, 'wrong.db'), 'no database '.repeat(100))
  const damaged = await openDatabase(join(directory, 'wrong.db'), { synchronous: 'FULL' }).catch(
    (error: unknown) => error,
  )
  for (const [cause, isCause, isOther] of [
    [busy, isBusy, isDamage],
    [damaged, isDamage, isBusy],
  ] as const) {
    const errors = [
      cause,
      new CommitFailed('no', { cause }),
      new Error('no', { cause: new CommitFailed('no', { cause }) }),
    ]
    expect(errors.map(isCause)).toEqual([true, true, true])
    expect(errors.map(isOther)).toEqual([false, false, false])
  }
  expect(isBusy(new Error('no'))).toBe(false)
})

test('damage that a read of many rows meets is recognised', async () => {
  for (let n = 0; n < 2_000; n++) add(`${n}`.repeat(100))
  db.close()
  const bytes = await readFile(file)
  bytes.fill(7, 4_096 * 20)
  await writeFile(file, bytes)
  db = await openDatabase(file, { synchronous: 'FULL' })
  const error = errorOf(() => db.prepare('SELECT name FROM items').all())
  expect([isDamage(error), isStorageFailure(error)]).toEqual([true, true])
})

test('a connection for reading reads, and cannot write', async () => {
  add('a')
  const reader = await openDatabase(file, { synchronous: 'NORMAL', readonly: true })
  expect(reader.prepare('SELECT name FROM items').all()).toEqual([{ name: 'a' }])
  expect(isStorageFailure(errorOf(() => reader.exec('DELETE FROM items')))).toBe(true)
  reader.close()
  await expect(openDatabase(join(directory, 'none.db'), { synchronous: 'NORMAL', readonly: true })).rejects.toThrow(
    'none.db',
  )
})

test('after a close the file alone is complete, prepared statements or not', async () => {
  add('a')
  const kept = db.prepare('SELECT name FROM items')
  kept.get()
  db.close()
  const copy = join(directory, 'copy.db')
  await copyFile(file, copy)
  db = await openDatabase(copy, { synchronous: 'FULL' })
  expect(names()).toEqual(['a'])
})

test('a file that another process has open can still be closed, and the last close leaves it complete', async () => {
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('BEGIN IMMEDIATE')
  other.prepare('INSERT INTO items (name) VALUES (?)').run('b')
  db.close()
  other.exec('COMMIT')
  other.close()
  const copy = join(directory, 'copy.db')
  await copyFile(file, copy)
  db = await openDatabase(copy, { synchronous: 'FULL' })
  expect(names()).toEqual(['b'])
})

test.each([
  ['24.13.0', '3.51.2', false],
  ['24.14.0', '3.51.3', true],
  ['25.1.0', '3.50.4', false],
  ['24.0.0', '3.50.7', true],
  ['24.0.0', '3.50.6', false],
  ['24.0.0', '3.49.9', false],
  ['24.0.0', '3.44.6', true],
  ['24.0.0', '3.44.5', false],
  ['24.0.0', '3.45.7', false],
  ['26.0.0', '3.52.0', true],
  ['26.0.0', '3.100.0', true],
  ['26.0.0', '4.0.0', true],
  ['24.0.0', undefined, false],
  ['24.0.0', 'unknown', false],
  ['22.23.2', '3.51.3', false],
  ['20.19.0', undefined, false],
])('on Node %s, its own SQLite %s is used: %s', (node, sqlite, expected) => {
  expect(builtInIsSafe({ node, sqlite })).toBe(expected)
})

test('the SQLite in use has the fix of the write-ahead log', async () => {
  const { DatabaseSync } = await driver()
  const connection = new DatabaseSync(':memory:')
  const { version } = connection.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  connection.close()
  expect(builtInIsSafe({ node: '24.0.0', sqlite: version })).toBe(true)
})
