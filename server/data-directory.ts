// The data directory of a desk, held by one desk at a time.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '../events/sqlite.ts'

export interface DataDirectory {
  /** The log: the truth, to be backed up. */
  events: string
  /** The views: disposable, built anew from the log when they are missing. */
  views: string
  release(): void
}

/** A data directory that another desk holds, or that cannot be used. */
export class DataDirectoryUnusable extends Error {
  override name = 'DataDirectoryUnusable'
}

/**
 * Takes a data directory, making it where it is missing. The lock is one that the operating system lets go of
 * when the process ends in whatever way: a transaction that stays open.
 * @throws DataDirectoryUnusable
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const lock = await openLock(path)
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
  } catch (error) {
    lock.close()
    const message = `The data directory ${path} is in use by another desk. Stop that one, or set DATA_DIR to another directory.`
    throw new DataDirectoryUnusable(message, { cause: error })
  }
  return {
    events: join(path, 'events.db'),
    views: join(path, 'views.db'),
    release() {
      // Within one process a connection that closes with an open transaction would keep its lock.
      lock.exec('ROLLBACK')
      lock.close()
    },
  }
}

async function openLock(path: string) {
  try {
    await mkdir(path, { recursive: true })
    return await openDatabase(join(path, 'lock.db'), { synchronous: 'NORMAL' })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The data directory ${path} cannot be used: ${reason}. Set DATA_DIR to a directory that can be written.`
    throw new DataDirectoryUnusable(message, { cause: error })
  }
}
