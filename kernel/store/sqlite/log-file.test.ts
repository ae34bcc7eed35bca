// The file of the embedded log when people copy, back up, remove or damage it.

import { cpSync, existsSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../sqlite/database.ts'
import { all, named } from '../event-store.contract.ts'
import { NO_EVENTS, StoreUnavailable } from '../event-store.ts'
import { logIdentity } from '../log-identity.ts'
import { sample } from '../sample.given.ts'
import { openLogOf } from './log-beginning.ts'
import { begun, directory, events, grow, killed, open, opened } from './log-file.given.ts'

test('a closed log is one file, and a copy of it alone is complete', async () => {
  const { at, file, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  await store.close()
  expect(readdirSync(at)).toEqual(['events.db'])
  cpSync(file, join(at, 'copy.db'))
  expect(await events(join(at, 'copy.db'))).toHaveLength(3)
})

test('a killed log continues with both of its files, again and again', async () => {
  const { file, store } = await open()
  let last = file
  let { revision } = await store.append('transfer-tra_1', named(3), NO_EVENTS)
  for (let kill = 0; kill < 3; kill++) {
    last = await killed(last)
    const again = await opened(last)
    revision = (await again.append('transfer-tra_1', named(2), revision)).revision
  }
  expect(await events(await killed(last))).toHaveLength(9)
})

test('a killed log that another program then read continues as one file', async () => {
  const { file: own, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const file = await killed(own)
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('PRAGMA journal_mode = DELETE')
  other.close()
  expect(existsSync(`${file}-wal`)).toBe(false)
  expect(await events(file)).toHaveLength(3)
})

test('the file of a killed log is refused without its write-ahead log', async () => {
  const { file: own, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const file = await killed(own)
  rmSync(`${file}-wal`)
  rmSync(`${file}-shm`, { force: true })
  const refusal = `The event log ${file} is not whole: it was copied without ${file}-wal`
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(refusal)
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(refusal)
})

test('a log beside the write-ahead log of another file is refused, for every kind of backup', async () => {
  const { at, file, store } = await open()
  await store.append('transfer-tra_1', named(2), NO_EVENTS)
  const backup = await openDatabase(file, { synchronous: 'FULL', readonly: true })
  backup.exec(`VACUUM INTO '${join(at, 'vacuum.db')}'`)
  backup.close()
  await store.close()
  cpSync(file, join(at, 'closed.db'))
  const again = await opened(file)
  await again.append('transfer-tra_2', named(5), NO_EVENTS)
  for (const name of ['vacuum.db', 'closed.db']) {
    const restored = await killed(file)
    cpSync(join(at, name), restored)
    await expect(openLogOf(sample, restored, begun)).rejects.toThrow(
      `The event log ${restored} is not whole: ${restored}-wal`,
    )
    rmSync(`${restored}-wal`)
    expect(await events(restored)).toHaveLength(2)
  }
})

test('a file that is no log, is empty or has no identity is refused and stays unchanged', async () => {
  const at = await directory()
  const file = join(at, 'events.db')
  writeFileSync(file, '')
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(`Cannot use ${file} as the event log`)
  expect(readdirSync(at).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(['events.db'])
  writeFileSync(file, 'no database at all, but something else that was put here '.repeat(40))
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(file)
})

test('no log is begun beside the write-ahead log of a missing one', async () => {
  const { file: own, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const file = await killed(own)
  rmSync(file)
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(`The event log ${file} is missing`)
  expect(existsSync(file)).toBe(false)
})

test('processes that begin a log at once share one, and nothing remains of the others', async () => {
  const at = await directory()
  const file = join(at, 'events.db')
  writeFileSync(`${file}.new-1-abandoned`, 'half of it')
  const stores = await Promise.all([1, 2, 3].map(() => openLogOf(sample, file, begun)))
  expect(new Set(await Promise.all(stores.map(logIdentity))).size).toBe(1)
  for (const store of stores) await store.close()
  expect(readdirSync(at).filter((name) => name.includes('new'))).toEqual([])
})

test.each<[string, (at: string) => void]>([
  ['directory is removed', (at) => rmSync(at, { recursive: true })],
  ['directory is moved', (at) => renameSync(at, `${at}-moved`)],
  ['file is removed', (at) => rmSync(join(at, 'events.db'))],
  ['file is replaced', (at) => renameSync(join(at, 'other.db'), join(at, 'events.db'))],
  ['write-ahead log is removed', (at) => rmSync(join(at, 'events.db-wal'))],
])('when its %s, the store records nothing and answers nothing about the log', async (_, remove) => {
  const { at, store } = await open(join(await directory(), 'data'))
  writeFileSync(join(at, 'other.db'), '')
  await store.append('transfer-tra_1', named(1), NO_EVENTS)
  remove(at)
  const refused = { name: 'StoreUnavailable', message: expect.stringContaining('Put the log back') }
  await expect(store.append('transfer-tra_2', named(1), NO_EVENTS)).rejects.toMatchObject(refused)
  await expect(store.head()).rejects.toMatchObject(refused)
  await expect(all(store.read('transfer-tra_1', { limit: 9 }))).rejects.toMatchObject(refused)
})

test('a log that is put back in its place continues', async () => {
  const { at, store } = await open(join(await directory(), 'data'))
  renameSync(at, `${at}-moved`)
  await expect(store.head()).rejects.toThrow(StoreUnavailable)
  renameSync(`${at}-moved`, at)
  await store.append('transfer-tra_1', named(1), NO_EVENTS)
})

test('a damaged log is refused at the start, and the error names the file', async () => {
  const { file, store } = await open()
  for (let n = 0; n < 50; n++) await store.append(`transfer-tra_${n}`, named(20), NO_EVENTS)
  await store.close()
  truncateSync(file, 40_000)
  await expect(openLogOf(sample, file, begun)).rejects.toThrow(file)
})

test('a checkpoint that fails harms no append', async () => {
  const { file, store } = await open()
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('ALTER TABLE file_marks RENAME TO elsewhere')
  const revision = await grow(store, 'transfer-tra_1')
  await store.append('transfer-tra_1', named(1), revision)
  other.exec('ALTER TABLE elsewhere RENAME TO file_marks')
  other.close()
  await grow(store, 'transfer-tra_2')
})
