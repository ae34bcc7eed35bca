// Reads a SQLite file for a moment: neither the file nor its write-ahead log is changed, and no connection is left in
// this process.
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { driver, retryWhileBusy } from './database.ts'
import type { Value } from './statement.ts'

/** The rows of a SELECT: `rows('position, id', 'FROM events')`. Their order is not the one of an ORDER BY. */
export type Rows = (columns: string, rest: string) => Value[][]

/** `main`: the main file alone, as if there were no write-ahead log. `both`: as SQLite reads it. */
export type Part = 'main' | 'both'

const BUSY_TIMEOUT_MS = 2_000

/**
 * Lets `read` query the rows of an existing file, in its state at one moment.
 * @returns the result of `read`
 * @throws Error of SQLite, e.g. when the file is not a database
 */
export async function glanceAt<Result>(file: string, part: Part, read: (rows: Rows) => Result): Promise<Result> {
  const { DatabaseSync } = await driver()
  return retryWhileBusy(() => {
    // SQLite would create an empty write-ahead log where there is none, even for a connection that only reads.
    const alone = part === 'main' || !existsSync(`${file}-wal`)
    const name = alone ? `${pathToFileURL(file)}?immutable=1` : file
    const connection = new DatabaseSync(name, { readOnly: true })
    try {
      connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; BEGIN`)
      let found: Value[][] = []
      connection.function('give', { varargs: true }, (...row: Value[]) => {
        found.push(row)
        return null
      })
      // A prepared statement would keep the connection half open until it is collected as garbage
      // (@photostructure/sqlite 1.2). Another connection of this process would then continue with the former
      // write-ahead log: "disk I/O error".
      return read((columns, rest) => {
        found = []
        connection.exec(`SELECT give(${columns}) ${rest}`)
        return found
      })
    } finally {
      connection.close()
    }
  })
}
