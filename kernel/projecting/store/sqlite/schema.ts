// The schema of the embedded view store: every table and index of a file with these views, and the comparison of a file
// with it.
import { createBroken } from './broken.ts'
import { type Connection, connect, sql } from './connection.ts'
import { createTable, type Table } from './documents.ts'
import { createHistory } from './history.ts'

/** The SQL of each table and index, by its name; `null` for an index that SQLite creates implicitly. */
export type Schema = ReadonlyMap<string, string | null>

/** The schema of a new file. */
export async function schemaFor(tables: readonly Table[]): Promise<Schema> {
  const connection = await connect(':memory:')
  try {
    createSchema(connection, tables)
    return schemaOf(connection)
  } finally {
    connection.close()
  }
}

/** Creates all tables and indexes in an empty database. */
export function createSchema(connection: Connection, tables: readonly Table[]): void {
  connection.exec('CREATE TABLE views (log_id TEXT NOT NULL, definition TEXT NOT NULL, checkpoint INTEGER NOT NULL)')
  createBroken(connection)
  createHistory(connection)
  for (const table of tables) createTable(connection, table)
}

/** The schema of a file. */
export function schemaOf(connection: Connection): Schema {
  const rows = connection.all(sql`SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index')`)
  return new Map(rows.map(([name, text]) => [String(name), text === null ? null : String(text)]))
}

/**
 * The first table or index that is missing or different; `undefined` when all are there. Additional ones do no harm.
 */
export function missingFrom(found: Schema, wanted: Schema): string | undefined {
  return [...wanted.keys()].find((name) => found.get(name) !== wanted.get(name))
}
