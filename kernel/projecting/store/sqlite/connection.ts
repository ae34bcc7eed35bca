// The connection of the embedded view store: statements that are prepared once, reads that see one state of the file.
import { LRUCache } from 'lru-cache'
import { type Database, openDatabase } from '../../../sqlite/database.ts'
import type { Statement, Value } from '../../../sqlite/statement.ts'

export type Row = (string | number | null)[]

/** A piece of SQL, and the values of its placeholders. */
export interface Sql {
  text: string
  values: readonly Value[]
}

export interface Connection {
  exec(sql: string): void
  /** The statement with this text; its rows are tuples. */
  statement(text: string): Statement<Row>
  all(sql: Sql): Row[]
  /** Runs `work` in one read transaction: it sees one state, also when another process writes. */
  reading<Result>(work: () => Result): Result
  /** Runs `work` in one write transaction. */
  writing<Result>(work: () => Result): Result
  close(): void
}

/** Pages differ in their filters, updates in the changed fields: some dozens of statements are in use at a time. */
const STATEMENTS_KEPT = 500

/**
 * Opens the file, and creates it if it does not exist. The views can be rebuilt from the log: NORMAL is safe enough.
 */
export async function connect(file: string): Promise<Connection> {
  const database = await openDatabase(file, { synchronous: 'NORMAL' })
  // 64 MB of cache; 16 MB of log until it is copied into the file, so that pages written often are copied once.
  database.exec('PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000')
  return calls(database)
}

function calls(database: Database): Connection {
  const prepared = new LRUCache<string, Statement<Row>>({ max: STATEMENTS_KEPT })
  const begin = database.prepare('BEGIN')
  const end = database.prepare('COMMIT')

  const statement = (text: string) => {
    let found = prepared.get(text)
    if (!found) {
      found = database.prepare<Row>(text, 'arrays')
      prepared.set(text, found)
    }
    return found
  }
  return {
    exec: (sql) => database.exec(sql),
    statement,
    all: ({ text, values }) => statement(text).all(...values),
    reading(work) {
      begin.run()
      try {
        return work()
      } finally {
        end.run()
      }
    },
    writing: (work) => database.transaction(work),
    close: () => database.close(),
  }
}

/** Pieces of SQL in a row. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  return { text: pieces.map((piece) => piece.text).join(separator), values: pieces.flatMap((piece) => piece.values) }
}

/** `sql` with values for the placeholders in its text, which may hold pieces of SQL: sql`a = ${piece} AND ${piece}`. */
export function sql(texts: TemplateStringsArray, ...pieces: (string | Sql)[]): Sql {
  let text = texts[0] ?? ''
  const values: Value[] = []
  pieces.forEach((piece, index) => {
    text += (typeof piece === 'string' ? piece : piece.text) + texts[index + 1]
    if (typeof piece !== 'string') values.push(...piece.values)
  })
  return { text, values }
}

/** A placeholder for a value. */
export function value(of: Value): Sql {
  return { text: '?', values: [of] }
}
