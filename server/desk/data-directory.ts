// The data directory: held by one desk, or shared by processes that take the parts of one desk.
import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../kernel/failures/message-of.ts'
import { type FileLock, lockFile } from '../../kernel/sqlite/file-lock.ts'

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
 * Takes a data directory, and creates it when it is missing. The directory is released however the process ends.
 * @param use `alone` for a desk in one process, `shared` for processes that find each other over NATS
 * @throws DataDirectoryUnusable
 */
export async function openDataDirectory(path: string, use: 'alone' | 'shared'): Promise<DataDirectory> {
  const lock = await openLock(path, use)
  if (!lock) {
    throw new DataDirectoryUnusable(`The data directory ${path} is in use by another desk. ${await wayOut(path, use)}`)
  }
  return { events: join(path, 'events.db'), views: join(path, 'views.db'), release: lock.release }
}

async function wayOut(path: string, use: 'alone' | 'shared'): Promise<string> {
  if (use === 'shared') return 'That desk runs without NATS_URL. Stop it, or set DATA_DIR to another directory.'
  // A shared lock succeeds beside processes that share the directory, and fails beside a desk that runs alone.
  const shared = await openLock(path, 'shared')
  shared?.release()
  return shared
    ? 'Its processes share it over NATS. Set the same NATS_URL to join them, or set DATA_DIR to another directory.'
    : 'Stop that desk, or set DATA_DIR to another directory.'
}

async function openLock(path: string, use: 'alone' | 'shared'): Promise<FileLock | undefined> {
  try {
    await makeDirectory(path)
    await assertWritable(path)
    return await lockFile(join(path, 'desk.lock'), use)
  } catch (error) {
    const reason = messageOf(error)
    const message = `The data directory ${path} cannot be used: ${reason}. Set DATA_DIR to a directory that can be written.`
    throw new DataDirectoryUnusable(message, { cause: error })
  }
}

/** SQLite says no more than that it cannot open the file. @throws Error that says what is wrong with the directory */
async function assertWritable(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) throw new Error('it is a file')
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(`it cannot be written (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}

/** As `mkdir` with `recursive`, which never settles below /proc (Node 20 to 24). */
async function makeDirectory(path: string): Promise<void> {
  if (await isMade(path)) return
  if (dirname(path) !== path) await makeDirectory(dirname(path))
  if (!(await isMade(path))) throw new Error(`${path} cannot be created`)
}

/** @returns whether there is a directory now; not while the one that it belongs into is missing */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') return true
    if (code === 'ENOENT') return false
    throw error
  }
}
