// The file of the embedded log: whole when it is opened, the same one as long as it is open, and one file again when it is closed.
import { statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../failures/message-of.ts'
import { type Database, isBusy, isDamage, openDatabase } from '../../sqlite/database.ts'
import { identityOfFile, sizeOfWal } from '../../sqlite/files.ts'
import { StoreUnavailable } from '../event-store.ts'
import { contentOf, contentOfMainFile, createState, type FileState, mismatch, writeState } from './log-file-state.ts'

export interface LogFile {
  db: Database
  /** @throws StoreUnavailable when the files are not those any more that were opened, or are damaged */
  assertThere(): void
  /** Takes note of an error of a statement: nothing is written to a file that is damaged. @returns the error for the caller */
  failure(error: unknown): StoreUnavailable
  /** Takes note of a commit with so many characters. Now and then it copies the write-ahead log into the main file. */
  grew(characters: number): void
  close(): Promise<void>
}

interface Options {
  /** Another connection of this process has opened the log, and looks after it (default: no). */
  joins?: boolean
}

/** So many bytes of a log are looked through at the start: about a second. Damage in a larger one is found when it is read. */
const CHECKED_BYTES = 256 * 1024 * 1024

/** The write-ahead log is copied into the main file after so many commits or characters: about 16 MiB. */
const COMMITS = 1_000
const CHARACTERS = 8 * 1024 * 1024

const CLOSING_TRIES = 10
const CLOSING_PAUSE_MS = 20

/**
 * Opens the file of a log, made anew unless it is there.
 * @param prepare makes the tables
 * @throws Error that names the file, when it cannot be opened, is damaged, or is not whole
 */
export async function openLogFile<Tables>(
  file: string,
  { joins = false }: Options,
  prepare: (db: Database) => Tables,
): Promise<LogFile & { tables: Tables }> {
  const wal = sizeOfWal(file)
  const alone = joins ? undefined : await contentOfMainFile(file)
  if (wal === undefined && alone) assertFits(file, mismatch(file, alone, alone, false))
  const db = await openDatabase(file, { synchronous: 'FULL', leavesWal: joins })
  try {
    // Each checkpoint has to mark the main file as partial first. SQLite's own checkpoints do not.
    db.exec('PRAGMA wal_autocheckpoint = 0')
    const tables = prepare(db)
    if (joins) return { ...logFile(file, db, { joins }), tables }
    if (wal) assertFits(file, mismatch(file, alone, contentOf(db), true))
    assertIntact(file, db)
    db.transaction(() => createState(db))
    checkpoint(db, 'TRUNCATE')
    return { ...logFile(file, db, { joins }), tables }
  } catch (error) {
    db.close()
    throw new Error(`Cannot use ${file} as the event log: ${messageOf(error)}`, { cause: error })
  }
}

function assertFits(file: string, reason: string | undefined): void {
  if (reason !== undefined) throw new Error(`The event log ${file} is not whole: ${reason}.`)
}

function assertIntact(file: string, db: Database): void {
  if (statSync(file).size + (sizeOfWal(file) ?? 0) > CHECKED_BYTES) return
  const found = db.prepare<[string]>('PRAGMA quick_check(1)', 'arrays').get()?.[0]
  if (found !== 'ok') throw new Error(`the file is damaged (${found}). Put the log back from a backup`)
}

function logFile(file: string, db: Database, { joins }: Required<Options>): LogFile {
  const files = [file, `${file}-wal`, `${file}-shm`]
  const opened = files.map(identityOfFile)
  let damage: string | undefined
  let commits = 0
  let characters = 0

  function assertThere(): void {
    if (damage !== undefined) throw new StoreUnavailable(damage)
    const changed = files.find((name, index) => identityOfFile(name) !== opened[index])
    if (changed === undefined) return
    throw new StoreUnavailable(
      `The event log ${file} cannot be used: ${changed} was removed, moved or replaced while it was open. Put the log back, and start again.`,
    )
  }

  return {
    db,
    assertThere,

    failure(error) {
      const problem = `The event log ${file} cannot be used: ${messageOf(error)}`
      if (isDamage(error)) damage ??= `${problem}. Put the log back from a backup, and start again.`
      return new StoreUnavailable(damage ?? problem, { cause: error })
    },

    grew(more) {
      commits++
      characters += more
      if (commits < COMMITS && characters < CHARACTERS) return
      commits = characters = 0
      checkpoint(db, 'PASSIVE')
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

/**
 * Copies the write-ahead log into the main file, as far as others let it. The main file then says that it is partial, and what says that
 * all is whole is in the write-ahead log.
 */
function checkpoint(db: Database, mode: 'PASSIVE' | 'TRUNCATE'): void {
  try {
    mark(db, 'partial')
    db.exec(`PRAGMA wal_checkpoint(${mode})`)
    mark(db, 'whole')
  } catch (error) {
    // Another process is writing: it looks after the file as well, and the next time will do.
    if (!isBusy(error)) throw error
  }
}

/** Leaves no write-ahead log, unless others have the file open: the last one of them does it then. */
async function becomeOneFile(db: Database): Promise<void> {
  db.exec('PRAGMA busy_timeout = 0')
  for (let tries = 0; tries < CLOSING_TRIES; tries++) {
    try {
      mark(db, 'closed')
      if (db.prepare<[string]>('PRAGMA journal_mode = DELETE', 'arrays').get()?.[0] === 'delete') return
      mark(db, 'whole')
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await pause(CLOSING_PAUSE_MS)
  }
}

function mark(db: Database, state: FileState): void {
  db.transaction(() => writeState(db, state))
}
