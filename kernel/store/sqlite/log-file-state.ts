// What the main file of the log is without its write-ahead log: a copy of it alone may lack the newest events, or most of them.
import { pathToFileURL } from 'node:url'
import { type Database, driver } from '../../sqlite/database.ts'

/**
 * `partial`: the events after this are in the write-ahead log. Only the main file of an open log says so: the next commit, which stays in
 * the write-ahead log, says `whole`. So does a copy that was made by means of SQLite. `closed`: the log was closed, and is one file.
 */
export type FileState = 'partial' | 'whole' | 'closed'

/** What a file has, whether it is the main file alone or as SQLite reads it. Logs of older releases have no state. */
export interface FileContent {
  state: FileState | undefined
  head: number
}

/** Makes the table of the state where it is missing. Older releases do not look at it. */
export function createState(db: Database): void {
  db.exec('CREATE TABLE IF NOT EXISTS file_state (state TEXT NOT NULL)')
}

export function contentOf(db: Pick<Database, 'prepare'>): FileContent {
  const hasState = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'file_state'", 'arrays').get() !== undefined
  const state = hasState ? db.prepare<[FileState]>('SELECT state FROM file_state', 'arrays').get()?.[0] : undefined
  const head = db.prepare<[number | null]>('SELECT max(position) FROM events', 'arrays').get()?.[0] ?? 0
  return { state, head }
}

/** To be called in a transaction. */
export function writeState(db: Database, state: FileState): void {
  db.exec('DELETE FROM file_state')
  db.prepare('INSERT INTO file_state VALUES (?)').run(state)
}

/**
 * The main file without its write-ahead log, which is neither read nor touched. `undefined` when it cannot be read: a process that
 * was killed while it copied the write-ahead log into the file leaves it so, and the write-ahead log mends it.
 */
export async function contentOfMainFile(file: string): Promise<FileContent | undefined> {
  const { DatabaseSync } = await driver()
  try {
    const connection = new DatabaseSync(`${pathToFileURL(file)}?immutable=1`, { readOnly: true })
    try {
      return contentOf({
        prepare(sql) {
          const statement = connection.prepare(sql)
          statement.setReturnArrays(true)
          return statement
        },
      })
    } finally {
      connection.close()
    }
  } catch {
    return undefined
  }
}

/**
 * Why files do not belong together, if they do not: the main file was copied without its write-ahead log, or put beside the write-ahead
 * log of another one, which would undo it, or mix the two.
 * @param alone the main file without its write-ahead log
 * @param both the log as SQLite reads it
 */
export function mismatch(
  file: string,
  alone: FileContent | undefined,
  both: FileContent,
  hasWal: boolean,
): string | undefined {
  if (!hasWal) {
    return both.state === 'partial'
      ? `it was copied without ${file}-wal, which has its newest events. Put the log back with both files`
      : undefined
  }
  if (alone === undefined || alone.state === 'partial' || alone.head === both.head) return undefined
  // An older release goes on from a log that was closed, and from its own, without a word about the state.
  if (alone.state === both.state && alone.state !== 'whole') return undefined
  // The first commits of this release to a log of an older one.
  if (alone.state === undefined && both.state === 'partial') return undefined
  return `${file}-wal beside it was left by another file: it would undo what was put there. Put the log back with creditline restore, or move ${file}-wal away`
}
