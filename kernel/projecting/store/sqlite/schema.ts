// The schema of the embedded view store: every table and index that a file with these views has, and how a file is compared with it.
import { createBroken } from './broken.ts'
import { type Connection, connect, sql } from './connection.ts'
import { createTable, type Table } from './documents.ts'
import { createHistory } from './history.ts'

/** The SQL of each table and index, by its name; `null` for an index that SQLite makes by itself. */
export type Schema = ReadonlyMap<string, string | null>

/** The schema that a new file gets. */
export async function schemaFor(tables: readonly Table[]): Promise<Schema> {
  const connection = await connect(':memory:')
  try {
    createSchema(connection, tables)
    return schemaOf(connection)
  } finally {
    connection.close()
  }
}

/** Makes all tables and indexes in a database that has none. */
export function createSchema(connection: Connection, tables: readonly Table[]): void {
  connection.exec('CREATE TABLE views (log_id TEXT NOT NULL, definition TEXT NOT NULL, checkpoint INTEGER NOT NULL)')
  createBroken(connection)
  createHistory(connection)
  for (const table of tables) createTable(connection, table)
}

/** The schema that a file has. */
export function schemaOf(connection: Connection): Schema {
  const rows = connection.all(sql`SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'index')`)
  return new Map(rows.map(([name, text]) => [String(name), text === null ? null : String(text)]))
}

/** The first table or index that is missing or is another one; `undefined` when all are there. Others beside them do no harm. */
export function missingFrom(found: Schema, wanted: Schema): string | undefined {
  return [...wanted.keys()].find((name) => found.get(name) !== wanted.get(name))
}
