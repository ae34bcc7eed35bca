// The beginning of an embedded log: created under another name, and renamed when its identity is on the disk.
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readdirSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { removeDatabase, sizeOfWal } from '../../sqlite/files.ts'
import type { Catalogue } from '../catalogue.ts'
import type { AnyEvent } from '../category.ts'
import type { EventStore } from '../event-store.ts'
import { logIdentity, recordedIdentity } from '../log-identity.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

/**
 * Opens the log in a file. A missing log is begun, and has its identity from the first moment. So a file without an
 * identity is no log, and is refused rather than taken for a new one.
 * @param mayBegin throws when no log may be begun here (default: a log may be begun)
 * @example const store = await openLogOf(catalogue, 'data/events.db')
 * @throws Error that names the file
 */
export async function openLogOf<Event extends AnyEvent>(
  catalogue: Catalogue<Event>,
  file: string,
  mayBegin: () => Promise<void> = async () => {},
): Promise<EventStore<Event>> {
  if (!existsSync(file)) {
    // Another process may have begun the log meanwhile.
    if (sizeOfWal(file) && !existsSync(file)) {
      throw new Error(
        `The event log ${file} is missing, and ${file}-wal has its newest events. Put the log back beside it.`,
      )
    }
    if (existsSync(restoredName(file))) {
      throw new Error(`The event log ${file} is missing: a restore was interrupted. Run creditline restore again.`)
    }
    try {
      await mayBegin()
    } catch (error) {
      // Another process may have begun the log meanwhile, and files that forbid a new log beside them.
      if (!existsSync(file)) throw error
    }
    if (!existsSync(file)) await begin(catalogue, file)
  }
  for (const name of unfinished(file)) removeDatabase(name)
  const store = await openSqliteEventStore({ catalogue, file, mustHaveTables: true })
  try {
    if (await recordedIdentity(store)) return store
    throw withoutIdentity(file)
  } catch (error) {
    await store.close()
    throw error
  }
}

function withoutIdentity(file: string): Error {
  return new Error(
    `The event log ${file} has no identity: it is no log, or it was copied without ${file}-wal, which has its events. Put the log back with both files.`,
  )
}

/** The name of a complete backup before it replaces the log. */
export function restoredName(file: string): string {
  return `${file}.restored`
}

const UNFINISHED = '.new-'

async function begin(catalogue: Catalogue, file: string): Promise<void> {
  const made = `${file}${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await make(catalogue, made)
    nameUnlessTaken(made, file)
  } catch (error) {
    // Another process that started at the same time has begun the log, and removes unfinished ones: this one may be
    // gone in any state.
    if (!existsSync(file)) throw error
  } finally {
    removeDatabase(made)
  }
  await flushDirectory(dirname(file))
}

async function make(catalogue: Catalogue, file: string): Promise<void> {
  const store = await openSqliteEventStore({ catalogue, file })
  try {
    await logIdentity(store)
  } finally {
    await store.close()
  }
}

/** Processes that start at once each create a log. The first one with the name is the log of all. */
function nameUnlessTaken(made: string, file: string): void {
  try {
    linkSync(made, file)
  } catch (error) {
    if (existsSync(file)) return
    // Some file systems have no links.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    renameSync(made, file)
  }
}

/** Logs of processes that ended before the rename. */
function unfinished(file: string): string[] {
  const begins = `${basename(file)}${UNFINISHED}`
  const names = readdirSync(dirname(file)).filter(
    (name) => name.startsWith(begins) && !/-(wal|shm|journal)$/.test(name),
  )
  return names.map((name) => join(dirname(file), name))
}

/** Otherwise a power cut may remove the name again. Windows has no such call. */
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
