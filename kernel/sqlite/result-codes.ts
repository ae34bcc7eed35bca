// Adds the result codes of SQLite to errors where the packaged driver (1.2.1) omits them: in errors that `all` throws.
import type { Statement } from './statement.ts'

const ERROR = 1

/** By the texts that SQLite has for its codes. An error with another text is an error of the statement. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['database is locked', 5],
  ['database table is locked', 6],
  ['out of memory', 7],
  ['attempt to write a readonly database', 8],
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['locking protocol', 15],
  ['file is not a database', 26],
])

/** The same statement, whose errors of SQLite all have their code as `errcode`. */
export function withResultCodes<Row>(statement: Statement<Row>): Statement<Row> {
  return {
    run: (...parameters) => statement.run(...parameters),
    get: (...parameters) => statement.get(...parameters),
    all(...parameters) {
      try {
        return statement.all(...parameters)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && !('errcode' in error))
          Object.assign(error, { errcode: CODES.get(error.message) ?? ERROR })
        throw error
      }
    },
  }
}
