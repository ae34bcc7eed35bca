// Marks in the log: they show what its main file lacks, and whether the write-ahead log beside it is its own.
import { randomBytes } from 'node:crypto'
import type { Database } from '../../sqlite/database.ts'
import { glanceAt, type Part, type Rows } from '../../sqlite/glance.ts'

/**
 * `partial`: a checkpoint begins, and the events after this mark are in the write-ahead log. `whole`: the checkpoint
 * has ended. This mark stays in the write-ahead log. So the main file of an open log ends with `partial`, and a copy
 * made with SQLite ends with `whole`.
 */
type State = 'partial' | 'whole'

interface Mark {
  mark: string
  state: State
  schemaVersion: number
}

/** The content of a file: of the main file alone, or of both files as SQLite reads them. */
export interface LogContent {
  /** The marks that the main file may end with, oldest first. Logs of older releases have none. */
  marks: Mark[]
  tablesVersion: number
  /**
   * SQLite gives a new value to each copy that it makes (VACUUM INTO, .backup): the pages of a copy are arranged anew.
   */
  schemaVersion: number
  newest: { position: number; id: string } | undefined
  /** Whether the stream with the identity of the log exists. */
  hasIdentity: boolean
}

/** The mark of a main file that no release with marks has written. */
const UNMARKED = ''

/** No other program uses it ("Crdt"): `file events.db` shows it. */
const APPLICATION_ID = 0x43726474

/**
 * Creates the table of the marks if it is missing. Older releases ignore it. Call it in a transaction, before any mark
 * is made.
 * @param main the main file before the log was opened; `undefined` when it did not exist or could not be read
 */
export function createMarks(db: Database, main: LogContent | undefined): void {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'file_marks'").get() !== undefined
  if (!exists) {
    db.exec(
      'CREATE TABLE file_marks (number INTEGER PRIMARY KEY, mark TEXT NOT NULL, state TEXT NOT NULL, schema_version INTEGER NOT NULL)',
    )
    insertMark(db, UNMARKED, 'whole')
  } else if (main) {
    // The log may continue from a copy that SQLite has made.
    db.prepare('UPDATE file_marks SET schema_version = ? WHERE mark = ?').run(main.schemaVersion, lastMark(main))
  }
}

/** Call it in a transaction. @returns the number of the mark */
export function addMark(db: Database, state: State): number {
  // This writes the first page. So each write-ahead log has it, and shows the schema version that goes with its pages.
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  return insertMark(db, randomBytes(8).toString('hex'), state)
}

/** The mark of an interrupted checkpoint must not be the last one of a closed log. Call it in a transaction. */
export function endPartialMark(db: Database): void {
  const last = db.prepare<[State]>('SELECT state FROM file_marks ORDER BY number DESC LIMIT 1', 'arrays').get()?.[0]
  if (last === 'partial') addMark(db, 'whole')
}

function insertMark(db: Database, mark: string, state: State): number {
  const insert = db.prepare(
    'INSERT INTO file_marks (mark, state, schema_version) VALUES (?, ?, (SELECT schema_version FROM pragma_schema_version))',
  )
  return Number(insert.run(mark, state).lastInsertRowid)
}

/** Deletes the marks before one that the main file has. Call it in a transaction. */
export function forgetMarksBefore(db: Database, number: number): void {
  db.prepare('DELETE FROM file_marks WHERE number < ?').run(number)
}

/** @throws Error of SQLite, when there is no such content */
export function contentOf(file: string, part: Part): Promise<LogContent> {
  return glanceAt(file, part, (rows) => ({
    marks: marksOf(rows),
    tablesVersion: Number(rows('user_version', 'FROM pragma_user_version')[0]?.[0]),
    schemaVersion: Number(rows('schema_version', 'FROM pragma_schema_version')[0]?.[0]),
    newest: newestOf(rows),
    hasIdentity: hasTable(rows, 'streams') && rows('1', "FROM streams WHERE name = 'log'").length > 0,
  }))
}

function hasTable(rows: Rows, name: string): boolean {
  return rows('1', `FROM sqlite_schema WHERE name = '${name}'`).length > 0
}

function marksOf(rows: Rows): Mark[] {
  if (!hasTable(rows, 'file_marks')) return []
  return rows('number, mark, state, schema_version', 'FROM file_marks')
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, mark, state, version]) => ({
      mark: String(mark),
      state: state as State,
      schemaVersion: Number(version),
    }))
}

function newestOf(rows: Rows): LogContent['newest'] {
  if (!hasTable(rows, 'events')) return undefined
  const [found] = rows('position, id', 'FROM events WHERE position = (SELECT max(position) FROM events)')
  return found && { position: Number(found[0]), id: String(found[1]) }
}

export function hasEvent(file: string, { position, id }: { position: number; id: string }): Promise<boolean> {
  return glanceAt(file, 'both', (rows) => rows('id', `FROM events WHERE position = ${position}`)[0]?.[0] === id)
}

/**
 * Whether a main file lacks events: it belongs to an open log. A copy of SQLite has all events, also one made during a
 * checkpoint.
 */
export function isPartial({ marks, schemaVersion }: LogContent): boolean {
  const last = marks.at(-1)
  return last?.state === 'partial' && last.schemaVersion === schemaVersion
}

/**
 * Whether a main file belongs to the write-ahead log beside it.
 * @param main the main file alone
 * @param both the log as SQLite reads it
 */
export async function belongTogether(file: string, main: LogContent, both: LogContent): Promise<boolean> {
  if (both.marks.length === 0) {
    // Releases without marks wrote both. They remove nothing.
    return main.marks.length === 0 && (main.newest === undefined || (await hasEvent(file, main.newest)))
  }
  const known = both.marks.find(({ mark }) => mark === lastMark(main))
  if (!known) return false
  // Somebody may also have changed the schema of the log, or vacuumed it, since its last mark.
  return known.mark === UNMARKED || [known.schemaVersion, both.schemaVersion].includes(main.schemaVersion)
}

function lastMark({ marks }: LogContent): string {
  return marks.at(-1)?.mark ?? UNMARKED
}
