// A prepared statement, as both drivers have it.

export type Value = string | number | null | Uint8Array

/** A prepared statement. `Row` is the form of the SQL's rows: an object by column names, or a tuple of the columns. */
export interface Statement<Row> {
  run(...parameters: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...parameters: Value[]): Row | undefined
  all(...parameters: Value[]): Row[]
}
