// One table for each view: the documents as JSON, beside them the fields that are queried, and indexes over these.
import type { Projection, ViewDocument } from '../../projection.ts'
import { misfitOf, rangesAlong, tooLarge, usualOrder } from '../declared.ts'
import { MAX_DOCUMENT_BYTES } from '../view-store.ts'
import type { Connection, Row } from './connection.ts'
import { parseStored } from './stored.ts'

/** The tables of a projection's documents. */
export interface Table {
  name: string
  projection: Projection<ViewDocument>
  /** Fields that hold one text or number: a column each. */
  scalars: readonly string[]
  /** Fields that hold a list of texts: a column with all of them, and a side table with a row for each. */
  lists: readonly string[]
  /** The usual order: `exact` fields and side tables are indexed by it as well. */
  usualOrder: string
}

/** The columns for the documents of a projection, by the fields that it is queried by. */
export function tableOf(projection: Projection<ViewDocument>): Table {
  const { name, version, queriedBy, orderedBy } = projection
  const fields = Object.keys(queriedBy)
  const isList = (field: string) => queriedBy[field] === 'member' || queriedBy[field] === 'prefix'
  return {
    name: `${name}_v${version}`,
    projection,
    scalars: [...new Set([...Object.keys(orderedBy), ...fields.filter((field) => !isList(field))])],
    lists: fields.filter(isList),
    usualOrder: usualOrder(projection),
  }
}

export const column = (field: string) => `"field_${field}"`

/** The index that holds documents in the order of a field, then of their ids. */
export const orderIndex = (table: Table, field: string) => `"${table.name}_by_${field}"`

/** The index that holds documents by an `exact` field, then in the usual order. */
export const exactIndex = (table: Table, field: string) => `"${table.name}_of_${field}"`

/** The side table of a list field: (value, usual_order, id) for each element. */
export const sideTable = (table: Table, field: string) => `"${table.name}_in_${field}"`

/** Creates the missing tables and indexes of a projection. */
export function createTable(connection: Connection, table: Table): void {
  const { name, projection, usualOrder } = table
  const { queriedBy, orderedBy } = projection
  const columns = [
    'id TEXT PRIMARY KEY NOT NULL',
    'position INTEGER NOT NULL',
    ...table.scalars.map((field) => (field in orderedBy ? `${column(field)} NOT NULL` : column(field))),
    ...table.lists.map(column),
    'body TEXT NOT NULL',
  ]
  connection.exec(`CREATE TABLE ${name} (${columns.join(', ')})`)

  for (const field of Object.keys(orderedBy)) {
    const keys = [field, ...(field === usualOrder ? rangesAlong(projection) : [])].map(column)
    keys.splice(1, 0, 'id')
    connection.exec(`CREATE INDEX ${orderIndex(table, field)} ON ${name} (${keys.join(', ')})`)
  }
  for (const [field, as] of Object.entries(queriedBy)) {
    if (as !== 'exact') continue
    const keys = `${column(field)}, ${column(usualOrder)}, id`
    connection.exec(`CREATE INDEX ${exactIndex(table, field)} ON ${name} (${keys})`)
  }
  for (const field of table.lists) {
    connection.exec(
      `CREATE TABLE ${sideTable(table, field)} (value NOT NULL, usual_order NOT NULL, id TEXT NOT NULL,
         PRIMARY KEY (value, usual_order, id)) WITHOUT ROWID`,
    )
  }
}

/** A document as JSON, or `undefined` when there is none. */
export function readDocument(connection: Connection, table: Table, id: string): string | undefined {
  return connection.statement(`SELECT body FROM ${table.name} WHERE id = ?`).get(id)?.[0] as string | undefined
}

/**
 * Stores a document unless the same or a newer one is there. Within a write transaction. Only the changed columns are
 * set: SQLite writes every index anew that has a column in the statement.
 * @returns why the document is refused, if it is
 */
export function writeDocument(connection: Connection, table: Table, document: ViewDocument): string | undefined {
  const body = JSON.stringify(document)
  const misfit = misfitOf(table.projection, document)
  if (misfit !== undefined) return misfit
  // In UTF-8 a text has at least as many bytes as it has characters.
  if (body.length > MAX_DOCUMENT_BYTES) return tooLarge(body.length)

  const { id, position } = document
  const fields = [...table.scalars, ...table.lists]
  const columns = fields.map(column)
  const values = [
    ...table.scalars.map((field) => scalar(document, field)),
    ...table.lists.map((field) => list(document, field)),
  ]

  const stored = connection.statement(`SELECT position, ${columns.join(', ')} FROM ${table.name} WHERE id = ?`).get(id)
  if (!stored) {
    const names = ['id', 'position', ...columns, 'body']
    connection
      .statement(`INSERT INTO ${table.name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(id, position, ...values, body)
    writeSides(connection, table, id, undefined, values)
    return undefined
  }

  const [storedPosition, ...storedValues] = stored
  if (position <= Number(storedPosition)) return undefined
  const changed = fields.flatMap((_, index) => (values[index] === storedValues[index] ? [] : [index]))
  const settings = ['position = ?', 'body = ?', ...changed.map((index) => `${columns[index]} = ?`)]
  connection
    .statement(`UPDATE ${table.name} SET ${settings.join(', ')} WHERE id = ?`)
    .run(position, body, ...changed.map((index) => values[index] ?? null), id)
  writeSides(connection, table, id, storedValues, values)
  return undefined
}

/** Updates the side tables of a document's lists. They change when the list does, or the value of the usual order. */
function writeSides(connection: Connection, table: Table, id: string, before: Row | undefined, after: Row): void {
  const order = table.scalars.indexOf(table.usualOrder)
  const [orderBefore = null, orderAfter = null] = [before?.[order], after[order]]
  table.lists.forEach((field, index) => {
    const at = table.scalars.length + index
    if (before && before[at] === after[at] && orderBefore === orderAfter) return
    const remove = connection.statement(
      `DELETE FROM ${sideTable(table, field)} WHERE value = ? AND usual_order = ? AND id = ?`,
    )
    for (const element of elementsOf(before?.[at])) remove.run(element, orderBefore, id)
    const insert = connection.statement(`INSERT OR IGNORE INTO ${sideTable(table, field)} VALUES (?, ?, ?)`)
    for (const element of elementsOf(after[at])) insert.run(element, orderAfter, id)
  })
}

function scalar(document: ViewDocument, field: string): string | number | null {
  return (document as unknown as Record<string, string | number | null>)[field] ?? null
}

function list(document: ViewDocument, field: string): string | null {
  const value = (document as unknown as Record<string, string[] | null>)[field] ?? []
  return value.length === 0 ? null : `\n${value.map(lineOf).join('\n')}\n`
}

/**
 * A text without its line breaks, as JSON writes it: a list is kept in its column as lines, and '\n' + lineOf(x) is
 * found in it exactly when an element begins with x.
 */
export function lineOf(element: string): string {
  return JSON.stringify(element).slice(1, -1)
}

function elementsOf(lines: string | number | null | undefined): string[] {
  if (typeof lines !== 'string') return []
  return lines
    .split('\n')
    .slice(1, -1)
    .map((line) => parseStored(`"${line}"`) as string)
}
