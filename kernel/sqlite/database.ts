// SQLite behind a small interface: the SQLite of Node 24 and later where it is safe, and otherwise a package with the
// same API.

import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { messageOf } from '../failures/message-of.ts'
import { withResultCodes } from './result-codes.ts'
import type { Statement } from './statement.ts'

export interface Database {
  exec(sql: string): void
  /** Rows as tuples (`arrays`) are read 1.5 times as fast as rows as objects. */
  prepare<Row>(sql: string, rows?: 'objects' | 'arrays'): Statement<Row>
  /**
   * Runs `work` in a write transaction, begun at once (BEGIN IMMEDIATE): nobody else writes meanwhile. It is rolled
   * back when `work` throws.
   * @throws CommitFailed when the commit fails, and the errors of `work`
   */
  transaction<Result>(work: () => Result): Result
  /** Copies the write-ahead log into the file, unless others have it open too. The file alone is complete then. */
  close(): void
}

export interface DatabaseOptions {
  /** FULL: a commit survives a power cut. NORMAL: a power cut may undo the newest commits, but damages nothing. */
  synchronous: 'FULL' | 'NORMAL'
  /** Closing the connection does not copy the write-ahead log into the main file (default: it does). */
  leavesWal?: boolean
  /** The file must exist, and is not written. */
  readonly?: boolean
}

/** The transaction may or may not survive: nothing of it is visible here, but a restart may find it. */
export class CommitFailed extends Error {
  override name = 'CommitFailed'
}

/**
 * The write-ahead log is copied into the database every 16 MiB: four times the usual, because a group of appends
 * touches many pages, and the same ones soon again. The cache is 64 MiB.
 */
const SIZES = 'PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536'

/** How long a connection waits for another one that is writing. Until then the event loop stands still. */
const BUSY_TIMEOUT_MS = 2_000
const OPENING_PAUSES = 100
const OPENING_PAUSE_MS = 20

/**
 * Opens a database file in WAL mode, and creates it if it does not exist. Its directory must exist.
 * @throws Error that names the file, when it cannot be opened or is not a database
 */
export async function openDatabase(file: string, options: DatabaseOptions): Promise<Database> {
  const { DatabaseSync } = await driver()
  try {
    // The busy timeout does not cover the change to WAL, which two processes that create a file at once can both
    // attempt.
    return await retryWhileBusy(() =>
      prepared(new DatabaseSync(file, { readOnly: options.readonly ?? false }), options),
    )
  } catch (error) {
    throw cannotOpen(file, error)
  }
}

/** Retries `open` while another process has the file locked, for about two seconds. @throws the last error of `open` */
export async function retryWhileBusy<Result>(open: () => Result): Promise<Result> {
  for (let pauses = 0; ; pauses++) {
    try {
      return open()
    } catch (error) {
      if (!isBusy(error) || pauses === OPENING_PAUSES) throw error
    }
    await pause(OPENING_PAUSE_MS)
  }
}

function cannotOpen(file: string, error: unknown): Error {
  const reason = messageOf(error)
  return new Error(`Cannot open the database ${file}: ${reason}`, { cause: error })
}

function prepared(connection: DatabaseSyncInstance, options: DatabaseOptions): Database {
  try {
    connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    if (!options.readonly) connection.exec('PRAGMA journal_mode = WAL')
    connection.exec(SIZES)
    // Set on every connection: the compiled-in default for WAL differs between builds, and NORMAL loses commits on a
    // power cut.
    connection.exec(`PRAGMA synchronous = ${options.synchronous}`)
    return calls(connection, options)
  } catch (error) {
    connection.close()
    throw error
  }
}

function calls(connection: DatabaseSyncInstance, { readonly, leavesWal }: DatabaseOptions): Database {
  // Prepared when they are needed: a prepared statement keeps a connection half open after a close, until it is
  // collected as garbage.
  let begin: Pick<StatementSyncInstance, 'run'> | undefined
  let commit: typeof begin
  const rollback = () => {
    // SQLite itself rolls back after some errors, e.g. when the disk is full.
    if (!connection.isTransaction) return
    try {
      connection.exec('ROLLBACK')
    } catch {
      // The error that led here is the one to report; the next transaction begins with another try.
    }
  }
  return {
    exec: (sql) => connection.exec(sql),

    prepare(sql, rows = 'objects') {
      const statement = connection.prepare(sql)
      statement.setReturnArrays(rows === 'arrays')
      return withResultCodes(statement)
    },

    transaction(work) {
      rollback()
      begin ??= connection.prepare('BEGIN IMMEDIATE')
      commit ??= connection.prepare('COMMIT')
      begin.run()
      let result: ReturnType<typeof work>
      try {
        result = work()
      } catch (error) {
        rollback()
        throw error
      }
      try {
        commit.run()
      } catch (error) {
        rollback()
        throw new CommitFailed(`The commit failed: ${messageOf(error)}`, { cause: error })
      }
      return result
    },

    close() {
      try {
        // SQLite would do it without this call, were it not for prepared statements, which keep a connection half open.
        // It does not wait for others who have the file open: the last one does it.
        if (!readonly && !leavesWal) connection.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)')
      } finally {
        connection.close()
      }
    },
  }
}

const BUSY = 5
const DAMAGE_CODES = new Set([
  11, // CORRUPT
  26, // NOTADB
])

/** Result codes that speak of the disk, the file or its other users, not of the statement. */
const STORAGE_CODES = new Set([
  BUSY,
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
])

/** Whether an error of a statement is due to the disk, the file or its other users, and not to the statement. */
export function isStorageFailure(error: unknown): boolean {
  const code = resultCode(error)
  return code !== undefined && STORAGE_CODES.has(code)
}

/** Whether an error, or its cause, reports that another process has the file locked. */
export function isBusy(error: unknown): boolean {
  return causingCode(error) === BUSY
}

/** Whether an error, or its cause, reports that the file is damaged or no database. */
export function isDamage(error: unknown): boolean {
  const code = causingCode(error)
  return code !== undefined && DAMAGE_CODES.has(code)
}

/** The result code of an error of SQLite, or of its cause. */
function causingCode(error: unknown): number | undefined {
  const code = resultCode(error)
  if (code !== undefined || !(error instanceof Error) || error.cause === undefined) return code
  return causingCode(error.cause)
}

/** SQLite's primary result code; its extended codes carry more in the higher bits. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

type Driver = Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'>

/** SQLite itself, for callers that need no more than a connection. */
export async function driver(): Promise<Driver> {
  return builtInIsSafe(process.versions) ? builtIn() : await import('@photostructure/sqlite')
}

/**
 * Whether the SQLite of a Node can be used: it has the calls that this module needs, and keeps a write-ahead log
 * intact. Up to 3.51.2, a checkpoint that resets the log beside a writer can damage the file
 * (sqlite.org/wal.html#walresetbug); two older lines have the fix.
 * @param versions as in `process.versions`
 */
export function builtInIsSafe({ node, sqlite }: { node: string; sqlite?: string | undefined }): boolean {
  if (Number(node.split('.')[0]) < 24) return false
  const numbers = /^(\d+)\.(\d+)\.(\d+)/
    .exec(sqlite ?? '')
    ?.slice(1)
    .map(Number)
  if (!numbers) return false
  const [major = 0, minor = 0, patch = 0] = numbers
  if (major !== 3) return major > 3
  if (minor === 44) return patch >= 6
  if (minor === 50) return patch >= 7
  return minor > 51 || (minor === 51 && patch >= 3)
}

/**
 * Node 24 warns that its SQLite is experimental when it is first loaded. The warning is silenced for this one call,
 * which is synchronous.
 */
function builtIn(): Driver {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite') as unknown as Driver
  } finally {
    process.emitWarning = emitWarning
  }
}
