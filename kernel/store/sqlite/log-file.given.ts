// For tests of the files of a log: logs in separate directories, and the files that kills, copies and older releases
// leave.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase } from '../../sqlite/database.ts'
import { appendOf } from '../append.ts'
import { all, named } from '../event-store.contract.ts'
import { type EventStore, NO_EVENTS, type Revision, type StreamName } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { openLogOf } from './log-beginning.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'
import { eventTables } from './tables.ts'

export const begun = async () => {}

export async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-log-file-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

export async function open(at?: string): Promise<{ at: string; file: string; store: EventStore }> {
  const path = at ?? (await directory())
  mkdirSync(path, { recursive: true })
  const file = join(path, 'events.db')
  return { at: path, file, store: await opened(file) }
}

export async function opened(file: string): Promise<EventStore> {
  return closedAtTheEnd(await openLogOf(sample, file, begun))
}

export async function joined(file: string): Promise<EventStore> {
  return closedAtTheEnd(await openSqliteEventStore({ catalogue: sample, file, joins: true }))
}

function closedAtTheEnd(store: EventStore): EventStore {
  onTestFinished(() => store.close().catch(() => {}))
  return store
}

/** The events of a stream, from a log that this function opens. */
export async function events(file: string, stream: StreamName = 'transfer-tra_1') {
  const store = await opened(file)
  try {
    return await all(store.read(stream, { limit: 999 }))
  } finally {
    await store.close()
  }
}

let copies = 0

/** Copies the files of a killed process into a separate directory. @returns the main file of the copy */
export async function killed(file: string): Promise<string> {
  const to = join(await directory(), `killed-${copies++}`)
  mkdirSync(to)
  const copy = join(to, 'events.db')
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(file + suffix)) cpSync(file + suffix, copy + suffix)
  return copy
}

/** A copy of the main file alone. */
export async function copiedAlone(file: string): Promise<string> {
  const copy = join(await directory(), 'events.db')
  cpSync(file, copy)
  return copy
}

/** The contents of the main file and of the write-ahead log. */
export function bytesOf(file: string): string[] {
  return ['', '-wal'].map((suffix) =>
    existsSync(file + suffix)
      ? createHash('sha256')
          .update(readFileSync(file + suffix))
          .digest('hex')
      : 'none',
  )
}

/** Appends more than a log keeps in its write-ahead log, so that it makes a checkpoint. @returns the last revision */
export async function grow(store: EventStore, stream: StreamName, from: Revision = NO_EVENTS): Promise<Revision> {
  let revision = from
  for (let count = 0; count < 30; count++) {
    revision = (await store.append(stream, named(1, 'x'.repeat(300_000)), revision)).revision
  }
  return revision
}

/** The log of a release without marks: its checkpoints make none, also when it closes. */
export async function openedByOlderRelease(file: string): Promise<OlderRelease> {
  const db = await openDatabase(file, { synchronous: 'FULL' })
  let isOpen = true
  const close = () => {
    if (isOpen) db.close()
    isOpen = false
  }
  onTestFinished(close)
  const tables = eventTables(db, { file, catalogue: sample }, { mustExist: false })
  return {
    append: (stream, count, expected) => tables.write([appendOf(stream, named(count), expected)], Date.now()),
    checkpoint: () => db.exec('PRAGMA wal_checkpoint(PASSIVE)'),
    close,
  }
}

export interface OlderRelease {
  append(stream: StreamName, count: number, expected: Revision): void
  checkpoint(): void
  close(): void
}
