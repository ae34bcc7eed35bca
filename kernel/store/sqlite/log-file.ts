// The file of the embedded log: complete when it is opened, the same file while it is open, and one file again when it
// is closed.
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../failures/message-of.ts'
import { type Database, isBusy, isDamage, openDatabase } from '../../sqlite/database.ts'
import { identityOfFile } from '../../sqlite/files.ts'
import { StoreUnavailable } from '../event-store.ts'
import { assertIntact, checkFiles, unusable } from './log-file-check.ts'
import { addMark, createMarks, endPartialMark, forgetMarksBefore, type LogContent } from './log-file-state.ts'

export interface LogFile {
  db: Database
  /** @throws StoreUnavailable when the opened files were replaced or are damaged */
  assertThere(): void
  /** Examines an error of a statement: nothing is written to a damaged file. @returns the error for the caller */
  failure(error: unknown): StoreUnavailable
  /**
   * Counts a commit with its number of characters. From time to time it copies the write-ahead log into the main file.
   */
  grew(characters: number): void
  close(): Promise<void>
}

interface Options<Tables> {
  /** Another connection of this process has opened the log, and maintains it (default: no). */
  joins?: boolean
  /** Throws when the file contains another log than the wanted one. Nothing has been written to it then. */
  check: (content: LogContent) => void
  /** Creates the missing tables. */
  prepare: (db: Database) => Tables
}

/** The number of commits or characters after which the write-ahead log is copied into the main file: about 16 MiB. */
const COMMITS = 1_000
const CHARACTERS = 8 * 1024 * 1024

/** The number of commits after which an incomplete checkpoint is tried again. */
const COMMITS_UNTIL_RETRY = 100

/** Checking a file takes 1 to 6 µs, and each commit and each read checks it. */
const INDEX_SEEN_EVERY_MS = 1_000

const CLOSING_TRIES = 10
const CLOSING_PAUSE_MS = 20

/**
 * Opens the file of a log, and creates it if it does not exist.
 * @throws Error that names the file, when it cannot be opened, is damaged, or is incomplete. Its files are unchanged
 * then.
 */
export async function openLogFile<Tables>(
  file: string,
  { joins = false, check, prepare }: Options<Tables>,
): Promise<LogFile & { tables: Tables }> {
  const main = joins ? undefined : await checked(file, check)
  const db = await openLog(file)
  try {
    const tables = prepare(db)
    if (!joins) {
      db.transaction(() => createMarks(db, main))
      checkpoint(db)
    }
    return { ...logFile(file, db, joins), tables }
  } catch (error) {
    db.close()
    throw unusable(file, error)
  }
}

/** @returns the main file alone, where it can be read */
async function checked(file: string, check: (content: LogContent) => void): Promise<LogContent | undefined> {
  const { main, both } = await checkFiles(file)
  if (!both) return main
  await assertIntact(file)
  try {
    check(both)
  } catch (error) {
    throw unusable(file, error)
  }
  return main
}

/**
 * Each checkpoint needs a mark. SQLite makes its own checkpoints without one: after a number of commits, and in each
 * connection that closes.
 */
async function openLog(file: string): Promise<Database> {
  try {
    const db = await openDatabase(file, { synchronous: 'FULL', leavesWal: true })
    db.exec('PRAGMA wal_autocheckpoint = 0')
    return db
  } catch (error) {
    throw unusable(file, error)
  }
}

function logFile(file: string, db: Database, joins: boolean): LogFile {
  const assertSame = sameFiles(file, [file, `${file}-wal`])
  // Commits do not depend on it, only processes that open the log later.
  const assertSameIndex = sameFiles(file, [`${file}-shm`])
  let indexSeenAt = performance.now()
  let damage: string | undefined
  let commits = 0
  let characters = 0

  const problemOf = (error: unknown) => `The event log ${file} cannot be used: ${messageOf(error)}`
  const noteDamage = (error: unknown) => {
    if (isDamage(error)) damage ??= `${problemOf(error)}. Put the log back from a backup, and start again.`
  }

  function assertThere(): void {
    if (damage !== undefined) throw new StoreUnavailable(damage)
    assertSame()
    const now = performance.now()
    if (now - indexSeenAt < INDEX_SEEN_EVERY_MS) return
    assertSameIndex()
    indexSeenAt = now
  }

  return {
    db,
    assertThere,

    failure(error) {
      noteDamage(error)
      return new StoreUnavailable(damage ?? problemOf(error), { cause: error })
    },

    grew(more) {
      commits++
      characters += more
      if (commits < COMMITS && characters < CHARACTERS) return
      commits = COMMITS - COMMITS_UNTIL_RETRY
      characters = 0
      try {
        if (checkpoint(db)) commits = 0
      } catch (error) {
        // The events are recorded in any case. The next append reports damage, and a full disk.
        noteDamage(error)
      }
    },

    async close() {
      try {
        if (!joins && isThere()) await becomeOneFile(db)
      } finally {
        db.close()
      }
    },
  }

  function isThere(): boolean {
    try {
      assertThere()
      return true
    } catch {
      return false
    }
  }
}

/** @returns a function that throws StoreUnavailable when the present files have been replaced */
function sameFiles(log: string, files: readonly string[]): () => void {
  const opened = files.map(identityOfFile)
  return () => {
    const changed = files.find((name, index) => identityOfFile(name) !== opened[index])
    if (changed === undefined) return
    throw new StoreUnavailable(
      `The event log ${log} cannot be used: ${changed} was removed, moved or replaced while it was open. Put the log back, and start again.`,
    )
  }
}

/**
 * Copies the write-ahead log into the main file, as far as other processes allow it. The main file then states that it
 * is partial, and the write-ahead log states that both together are whole. It does not wait for readers of an older
 * state of the log.
 * @returns whether all of it is copied. Otherwise the main file ends with any mark since the last complete checkpoint.
 */
function checkpoint(db: Database): boolean {
  let complete = false
  try {
    const begun = db.transaction(() => addMark(db, 'partial'))
    try {
      const result = db.prepare<[number, number, number]>('PRAGMA wal_checkpoint(PASSIVE)', 'arrays').get()
      complete = result !== undefined && result[0] === 0 && result[1] === result[2]
    } finally {
      db.transaction(() => {
        addMark(db, 'whole')
        if (complete) forgetMarksBefore(db, begun)
      })
    }
  } catch (error) {
    // Another process is writing. It maintains the file as well, and the next checkpoint here will copy the rest.
    if (!isBusy(error)) throw error
    return false
  }
  return complete
}

/** Leaves no write-ahead log, unless others have the file open: the last of them removes it then. */
async function becomeOneFile(db: Database): Promise<void> {
  db.exec('PRAGMA busy_timeout = 0')
  for (let tries = 0; tries < CLOSING_TRIES; tries++) {
    try {
      db.transaction(() => endPartialMark(db))
      // While others have the file open, this copies nothing.
      if (db.prepare<[string]>('PRAGMA journal_mode = DELETE', 'arrays').get()?.[0] === 'delete') return
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await pause(CLOSING_PAUSE_MS)
  }
}
