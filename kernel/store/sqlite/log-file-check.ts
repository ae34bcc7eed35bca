// Checks, before anything can write to the files of a log, that they are complete and belong together.
import { existsSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../failures/message-of.ts'
import { isDamage, isStorageFailure } from '../../sqlite/database.ts'
import { sizeOfFile, sizeOfWal } from '../../sqlite/files.ts'
import { glanceAt } from '../../sqlite/glance.ts'
import { belongTogether, contentOf, isPartial, type LogContent } from './log-file-state.ts'

/**
 * The largest number of bytes of a log that is checked at the start: about a second. Damage in a larger log is found
 * when it is read.
 */
const CHECKED_BYTES = 256 * 1024 * 1024

export interface CheckedFiles {
  /** The main file alone; `undefined` when it does not exist, or cannot be read without its write-ahead log. */
  main: LogContent | undefined
  /**
   * Both files as SQLite reads them; `undefined` when nothing exists yet, or only a connection that writes can read
   * them.
   */
  both: LogContent | undefined
}

/** A checkpoint of another process between two reads makes files seem not to belong together. */
const LOOKS = 3
const LOOK_PAUSE_MS = 20

/**
 * Checks the files of a log, which may be in use. Neither the main file nor the write-ahead log is changed.
 * @throws Error that names the file, when it lacks its write-ahead log, is beside the one of another file, or is not a
 * database
 */
export async function checkFiles(file: string): Promise<CheckedFiles> {
  for (let looks = 1; ; looks++) {
    const found = await lookAt(file)
    if (typeof found !== 'string') return found
    if (looks === LOOKS) throw new Error(`The event log ${file} is not whole: ${found}.`)
    await pause(LOOK_PAUSE_MS)
  }
}

/** @returns why the files are incomplete, or their content */
async function lookAt(file: string): Promise<CheckedFiles | string> {
  if (!existsSync(file)) return { main: undefined, both: undefined }
  // A program that wrote without a write-ahead log was interrupted. SQLite rolls back when a connection that writes
  // opens the file.
  if (sizeOfFile(`${file}-journal`)) return { main: undefined, both: undefined }
  // A process that is killed during a checkpoint leaves a main file that cannot be read alone. The write-ahead log
  // mends it.
  const main = await contentOf(file, 'main').catch(() => undefined)
  if (sizeOfWal(file)) {
    const both = await contentWithWal(file, main !== undefined)
    if (both && (!main || (await belongTogether(file, main, both)))) return { main, both }
    return `${file}-wal beside it was left by another file: it would undo what was put there, or mix the two. Put the log back with creditline restore, or move ${file}-wal away`
  }
  if (main && isPartial(main))
    return `it was copied without ${file}-wal, which has its newest events. Put the log back with both files`
  return { main, both: main ?? (await contentOf(file, 'main').catch((error) => Promise.reject(unusable(file, error)))) }
}

/** @returns `undefined` when only the main file alone can be read */
async function contentWithWal(file: string, readableAlone: boolean): Promise<LogContent | undefined> {
  try {
    return await contentOf(file, 'both')
  } catch (error) {
    if (readableAlone && (isDamage(error) || !isStorageFailure(error))) return undefined
    throw unusable(file, error)
  }
}

/** @throws Error that names the file, when a log of a moderate size is damaged */
export async function assertIntact(file: string): Promise<void> {
  if (statSync(file).size + (sizeOfWal(file) ?? 0) > CHECKED_BYTES) return
  const found = await glanceAt(file, 'both', (rows) => rows('quick_check', 'FROM pragma_quick_check LIMIT 1')[0]?.[0])
  if (found !== 'ok') throw unusable(file, new Error(`the file is damaged (${found}). Put the log back from a backup.`))
}

/** An error that names the file, and states what to do when it is no file of a log. */
export function unusable(file: string, error: unknown): Error {
  const advice = isDamage(error)
    ? '. The file is damaged, or it is another file. Put the log back from a backup, or move this file away to begin a new log.'
    : ''
  return new Error(`Cannot use ${file} as the event log: ${messageOf(error)}${advice}`, { cause: error })
}
