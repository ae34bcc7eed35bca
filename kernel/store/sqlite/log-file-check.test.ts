// The files of a log at its start. Every state that a desk leaves is accepted; mixed and partial copies are refused.

import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../sqlite/database.ts'
import { named } from '../event-store.contract.ts'
import { NO_EVENTS } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { openLogOf } from './log-beginning.ts'
import {
  begun,
  bytesOf,
  copiedAlone,
  directory,
  events,
  grow,
  joined,
  killed,
  open,
  opened,
  openedByOlderRelease,
} from './log-file.given.ts'
import { addMark } from './log-file-state.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

async function isRefused(file: string, reason: RegExp): Promise<void> {
  const before = bytesOf(file)
  for (const _ of [1, 2]) {
    await expect(openLogOf(sample, file, begun)).rejects.toThrow(reason)
    expect(bytesOf(file)).toEqual(before)
  }
}

const COPIED_ALONE = /is not whole: it was copied without .*-wal/
const FOREIGN = /is not whole: .*-wal beside it was left by another file/

test('a desk that was killed after a joined connection closed starts again, and its main file alone is refused', async () => {
  const { file, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const thread = await joined(file)
  await thread.append('transfer-tra_2', named(1), NO_EVENTS)
  await thread.close()
  await store.append('transfer-tra_1', named(2), 2)
  await isRefused(await copiedAlone(file), COPIED_ALONE)
  expect(await events(await killed(file))).toHaveLength(5)
})

test('a desk that was killed after another desk on its log closed starts again, and its main file alone is refused', async () => {
  const { file, store } = await open()
  const other = await opened(file)
  await other.append('transfer-tra_1', named(3), NO_EVENTS)
  await other.close()
  await store.append('transfer-tra_1', named(2), 2)
  await isRefused(await copiedAlone(file), COPIED_ALONE)
  expect(await events(await killed(file))).toHaveLength(5)
})

test('a desk that was killed while a reader of an older state held up its checkpoints starts again', async () => {
  const { file, store } = await open()
  const { revision } = await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const reader = await openDatabase(file, { synchronous: 'FULL', readonly: true })
  reader.exec('BEGIN; SELECT count(*) FROM events')
  await grow(store, 'transfer-tra_2', await grow(store, 'transfer-tra_2'))
  await store.append('transfer-tra_1', named(2), revision)
  expect(await events(await killed(file))).toHaveLength(5)
  reader.exec('ROLLBACK')
  reader.close()
  await grow(store, 'transfer-tra_3')
  await isRefused(await copiedAlone(file), COPIED_ALONE)
  expect(await events(await killed(file))).toHaveLength(5)
})

test('a start that was killed while a reader held up its checkpoint is followed by another start', async () => {
  const { file, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  await store.close()
  const older = await openedByOlderRelease(file)
  older.append('transfer-tra_1', 1, 2)
  const reader = await openDatabase(file, { synchronous: 'FULL', readonly: true })
  reader.exec('BEGIN; SELECT count(*) FROM events')
  older.append('transfer-tra_1', 1, 3)
  const again = await opened(file)
  await again.append('transfer-tra_1', named(2), 4)
  expect(await events(await killed(file))).toHaveLength(7)
  reader.exec('ROLLBACK')
  reader.close()
})

test('a refused start changes nothing, and the next one succeeds without the foreign write-ahead log', async () => {
  const { file, store } = await open()
  await store.append('transfer-tra_1', named(2), NO_EVENTS)
  await store.close()
  const backup = await copiedAlone(file)
  const again = await opened(file)
  await again.append('transfer-tra_1', named(5), 1)
  const restored = await killed(file)
  cpSync(backup, restored)
  await isRefused(restored, FOREIGN)
  rmSync(`${restored}-wal`)
  expect(await events(restored)).toHaveLength(2)
})

test.each([
  ['VACUUM INTO', (file: string, to: string) => vacuumed(file, to)],
  ['the backup of SQLite', (file: string, to: string) => backedUp(file, to)],
])(
  'a copy by %s is complete at any time, and is refused beside the write-ahead log of the original',
  async (_, copy) => {
    const { at, file, store } = await open()
    await store.append('transfer-tra_1', named(2), NO_EVENTS)
    await copy(file, join(at, 'copy.db'))
    await store.append('transfer-tra_1', named(5), 1)
    const restored = await killed(file)
    cpSync(join(at, 'copy.db'), restored)
    await isRefused(restored, FOREIGN)
    expect(await events(join(at, 'copy.db'))).toHaveLength(2)

    const other = await openDatabase(file, { synchronous: 'FULL' })
    other.transaction(() => addMark(other, 'partial'))
    await copy(file, join(at, 'while-checkpointing.db'))
    expect(await events(join(at, 'while-checkpointing.db'))).toHaveLength(7)
    other.close()
  },
)

test('a desk that was killed after it continued from a copy of SQLite starts again', async () => {
  const { at, file, store } = await open()
  await store.append('transfer-tra_1', named(2), NO_EVENTS)
  await vacuumed(file, join(at, 'copy.db'))
  const again = await opened(join(at, 'copy.db'))
  await again.append('transfer-tra_1', named(2), 1)
  expect(await events(await killed(join(at, 'copy.db')))).toHaveLength(4)
})

test('the main file of an open log is refused beside a later write-ahead log', async () => {
  const { file, store } = await open()
  const revision = await grow(store, 'transfer-tra_1')
  const early = await copiedAlone(file)
  await grow(store, 'transfer-tra_1', revision)
  const mixed = await killed(file)
  cpSync(early, mixed)
  await isRefused(mixed, FOREIGN)
})

test('the main file of another log is refused, for every combination of releases that wrote the two', async () => {
  const one = await open()
  const other = await open()
  await one.store.append('transfer-tra_1', named(3), NO_EVENTS)
  await other.store.append('transfer-tra_1', named(3), NO_EVENTS)
  const mixed = await killed(one.file)
  cpSync(other.file, mixed)
  await isRefused(mixed, FOREIGN)
})

test('a log with a changed schema, or vacuumed while it was open, continues after a kill', async () => {
  const { file, store } = await open()
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  const other = await openDatabase(file, { synchronous: 'FULL' })
  other.exec('CREATE INDEX by_type ON events (type)')
  await store.append('transfer-tra_1', named(1), 2)
  expect(await events(await killed(file))).toHaveLength(4)
  other.exec('VACUUM; PRAGMA wal_checkpoint(PASSIVE)')
  await store.append('transfer-tra_1', named(1), 3)
  expect(await events(await killed(file))).toHaveLength(5)
  other.close()
})

test('the refusal of a file that is no log states what to do', async () => {
  const file = join(await directory(), 'events.db')
  writeFileSync(file, 'A shopping list: milk, bread, a dozen eggs. '.repeat(100))
  await isRefused(
    file,
    /Cannot use .*events\.db as the event log: .*Put the log back from a backup, or move this file away/,
  )
  expect(existsSync(`${file}-wal`)).toBe(false)
})

test('a log of an older release continues after a close and after a kill', async () => {
  const file = join(await directory(), 'events.db')
  const older = await openedByOlderRelease(file)
  older.append('transfer-tra_1', 3, NO_EVENTS)
  older.append('log', 1, NO_EVENTS)
  older.checkpoint()
  older.append('transfer-tra_1', 2, 2)
  expect(await found(await killed(file))).toBe(5)
  older.close()
  expect(await found(await copiedAlone(file))).toBe(5)
})

test('the main file of an older release is refused beside another write-ahead log, unless it has the same events', async () => {
  const logs = [join(await directory(), 'events.db'), join(await directory(), 'events.db')] as const
  for (const file of logs) {
    const older = await openedByOlderRelease(file)
    older.append('transfer-tra_1', 3, NO_EVENTS)
    older.append('log', 1, NO_EVENTS)
    older.checkpoint()
    older.append('transfer-tra_1', 2, 2)
  }
  const mixed = await killed(logs[0])
  cpSync(await killed(logs[1]), mixed)
  await isRefused(mixed, /.*/)
})

test.each([
  ['killed', 'killed'],
  ['killed', 'closed'],
  ['closed', 'killed'],
  ['closed', 'closed'],
  ['open', 'killed'],
  ['open', 'closed'],
] as const)(
  'a log on which an older release ran after this one was %s continues when that one was %s',
  async (first, then) => {
    const { file: own, store } = await open()
    await store.append('transfer-tra_1', named(3), NO_EVENTS)
    if (first === 'closed') await store.close()
    const file = first === 'killed' ? await killed(own) : own
    for (const checkpoint of [false, true]) {
      const older = await openedByOlderRelease(file)
      const before = await found(await killed(file))
      older.append('transfer-tra_1', 2, before - 1)
      if (checkpoint) older.checkpoint()
      older.append('transfer-tra_1', 2, before + 1)
      if (then === 'closed') older.close()
      if (first === 'open') await store.append('transfer-tra_1', named(1), before + 3)
      expect(await found(await killed(file))).toBe(first === 'open' ? before + 5 : before + 4)
    }
  },
)

/** The events of a log that may have no identity. */
async function found(file: string): Promise<number> {
  const store = await openSqliteEventStore({ catalogue: sample, file })
  const read = await store.head()
  await store.append('transfer-tra_9', named(1), NO_EVENTS)
  await store.close()
  return read - 1
}

async function vacuumed(file: string, to: string): Promise<void> {
  const database = await openDatabase(file, { synchronous: 'FULL', readonly: true })
  database.exec(`VACUUM INTO '${to}'`)
  database.close()
}

async function backedUp(file: string, to: string): Promise<void> {
  const { backup, DatabaseSync } = await import('@photostructure/sqlite')
  const database = new DatabaseSync(file, { readOnly: true })
  await backup(database, to)
  database.close()
}
