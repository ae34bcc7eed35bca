// The embedded view store: one SQLite file, which can be deleted at any time and is then rebuilt from the log.

import { existsSync } from 'node:fs'
import { messageOf } from '../../../failures/message-of.ts'
import { identityOfFile, removeDatabase, sizeOfFile } from '../../../sqlite/files.ts'
import { glanceAt } from '../../../sqlite/glance.ts'
import { type Position, START } from '../../../store/position.ts'
import type { Projection, ViewDocument } from '../../projection.ts'
import { pageCursor, readPageCursor } from '../cursor.ts'
import { definitionOf, type ViewSet } from '../declared.ts'
import type { BrokenDocument, FoldedBatch, HistoryQuery, Page, PageQuery, ViewStore, ViewsLost } from '../view-store.ts'
import { DocumentsRefused, ViewsOfAnotherLog, WAY_OUT } from '../view-store.ts'
import { assertNotBroken, markBroken, readBroken } from './broken.ts'
import { type Connection, connect, sql, value } from './connection.ts'
import { assertReadable, guarded, isLost } from './damage.ts'
import { readDocument, type Table, tableOf, writeDocument } from './documents.ts'
import { whileOpening } from './file.ts'
import { appendHistory, lastEntry, readHistory } from './history.ts'
import { countStatement, pageStatement } from './pages.ts'
import { createSchema, missingFrom, type Schema, schemaFor, schemaOf } from './schema.ts'
import { parseStored } from './stored.ts'

/** Raise it when tables change in a way that the declarations of the projections do not show. */
const LAYOUT = 1

export interface SqliteViewStoreOptions extends ViewSet {
  file: string
  /** Whether existing views are removed (default: no). Processes that have them open find them gone. */
  anew?: boolean
  /** The views that were open before: removed, if they are still there. */
  lost?: ViewsLost | undefined
  /**
   * Whether views of a moderate size are read through, so that damage is found before a query meets it (default: no).
   */
  checked?: boolean
  /** Called when existing views are removed because they cannot be used. */
  onDamaged?: (reason: string) => void
}

/**
 * Opens the views in a file, and creates it if it does not exist. Views of other projections, or of other versions of
 * them, are dropped: the store is then empty, and its checkpoint START.
 * @throws ViewsOfAnotherLog when the views in the file were folded from another log
 * @throws Error that names the file, when it cannot be opened
 */
export async function openSqliteViewStore(options: SqliteViewStoreOptions): Promise<ViewStore> {
  const { file, projections, anew = false, lost, onDamaged } = options
  const tables = new Map(projections.map((projection) => [projection.name, tableOf(projection)]))
  const schema = await schemaFor([...tables.values()])
  const connection = await whileOpening(file, async () => {
    if (anew || (lost?.file !== undefined && lost.file === identityOfFile(file))) removeDatabase(file)
    try {
      return await openTables(options, [...tables.values()], schema)
    } catch (error) {
      if (!isLost(error)) throw error
      onDamaged?.(messageOf(error))
      removeDatabase(file)
      return openTables(options, [...tables.values()], schema)
    }
  })
  return guarded(viewStore(connection, tables), { file, connection, schema })
}

async function openTables(
  { file, checked = false, ...set }: SqliteViewStoreOptions,
  tables: readonly Table[],
  schema: Schema,
) {
  const opened = await connect(file)
  try {
    opened.writing(() => prepareTables(opened, { file, set, tables, schema }))
    if (checked) assertReadable(opened, file, tables)
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

/**
 * The identity of the log that the views in a file were folded from; `undefined` when there is no file, or it contains
 * nothing yet.
 * @throws Error when the file does not show whether it has views
 */
export async function logOfSqliteViews(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined
  // SQLite takes an empty file for a database without tables. But it may have been truncated: a database has a first
  // page.
  if (sizeOfFile(file) === 0) throw new Error('the file is empty')
  return glanceAt(file, 'both', (rows) => {
    if (rows('1', 'FROM sqlite_schema').length === 0) return undefined
    const logId = rows('log_id', 'FROM views')[0]?.[0]
    // The tables and the identity are written in one transaction.
    if (typeof logId !== 'string') throw new Error('the file is damaged')
    return logId
  })
}

function viewStore(connection: Connection, tables: ReadonlyMap<string, Table>): ViewStore {
  const table = (view: string) => {
    const found = tables.get(view)
    if (!found) throw new Error(`The view store was opened without the view ${view}`)
    return found
  }
  return {
    async get<Document extends ViewDocument>(view: Projection<Document>, ids: readonly string[]) {
      const bodies = connection.reading(() => {
        assertNotBroken(connection, view.name, ids)
        return ids.map((id) => readDocument(connection, table(view.name), id))
      })
      return bodies.map((body): Document | undefined =>
        body === undefined ? undefined : (parseStored(body) as Document),
      )
    },

    async page<Document extends ViewDocument>(view: Projection<Document>, query: PageQuery): Promise<Page<Document>> {
      const { field } = query.orderBy
      const after = query.after === undefined ? undefined : readPageCursor(view, field, query.after)
      return connection.reading(() => {
        const asOf = readCheckpoint(connection)
        const rows = matchesNothing(query.filter)
          ? []
          : connection.all(pageStatement(connection, table(view.name), query, after, query.first + 1))
        const documents = rows.slice(0, query.first).map(([body]) => parseStored(String(body)) as Document)
        const items = documents.map((item) => ({
          item,
          cursor: pageCursor(field, { value: orderValue(item, field), id: item.id }),
        }))
        return { items, hasNextPage: rows.length > query.first, asOf }
      })
    },

    async count(view, filter, limit) {
      if (matchesNothing(filter)) return 0
      return connection.reading(() =>
        Number(connection.all(countStatement(connection, table(view.name), filter, limit))[0]?.[0]),
      )
    },

    async history(query: HistoryQuery) {
      const asOf = readCheckpoint(connection)
      const entries = await readHistory(connection, query, asOf, query.first + 1)
      return { entries: entries.slice(0, query.first), hasNextPage: entries.length > query.first, asOf }
    },

    async write(batch) {
      connection.writing(() => writeBatch(connection, tables, batch))
    },

    async checkpoint() {
      return readCheckpoint(connection)
    },

    async lastFolded() {
      return connection.reading(() => {
        const event = lastEntry(connection)
        return { checkpoint: readCheckpoint(connection), ...(event && { event }) }
      })
    },

    async broken() {
      return readBroken(connection)
    },

    async close() {
      connection.close()
    },
  }
}

function writeBatch(connection: Connection, tables: ReadonlyMap<string, Table>, batch: FoldedBatch): void {
  const checkpoint = readCheckpoint(connection)
  const refused: BrokenDocument[] = []
  for (const { view, documents } of batch.documents) {
    const table = tables.get(view)
    if (!table) throw new Error(`The view store was opened without the view ${view}`)
    for (const document of documents) {
      const error = writeDocument(connection, table, document)
      if (error !== undefined) refused.push({ view, id: document.id, error })
    }
  }
  if (refused.length > 0) throw new DocumentsRefused(refused)
  if (batch.checkpoint >= checkpoint) markBroken(connection, batch)
  const isNew = batch.history.filter((entry) => entry.position > checkpoint)
  if (isNew.length > 0) appendHistory(connection, isNew)
  if (batch.checkpoint > checkpoint) connection.statement('UPDATE views SET checkpoint = ?').run(batch.checkpoint)
}

function readCheckpoint(connection: Connection): Position {
  return Number(connection.statement('SELECT checkpoint FROM views').get()?.[0] ?? START)
}

function matchesNothing(filter: PageQuery['filter']): boolean {
  return filter.some((condition) => 'oneOf' in condition && condition.oneOf.length === 0)
}

/** A field of the order: every document has it. */
function orderValue(document: ViewDocument, field: string): string | number {
  return (document as unknown as Record<string, string | number>)[field] ?? ''
}

interface Wanted {
  file: string
  set: ViewSet
  tables: readonly Table[]
  schema: Schema
}

/** Creates the tables, unless the existing ones are for the same log and the same projections. */
function prepareTables(connection: Connection, { file, set, tables, schema }: Wanted): void {
  const { logId } = set
  const definition = definitionOf(LAYOUT, set)

  const found = schemaOf(connection)
  if (found.get('views') === schema.get('views')) {
    const [row] = connection.all(sql`SELECT log_id, definition FROM views`)
    if (row && row[0] !== logId) {
      throw new ViewsOfAnotherLog(
        `The views in ${file} were folded from the log ${row[0]}, and this is the log ${logId}. ${WAY_OUT}`,
      )
    }
    if (row?.[1] === definition && missingFrom(found, schema) === undefined) return
  }
  for (const [name] of connection.all(sql`SELECT name FROM sqlite_schema WHERE type = 'table'`))
    connection.exec(`DROP TABLE "${name}"`)
  createSchema(connection, tables)
  connection.all(sql`INSERT INTO views VALUES (${value(logId)}, ${value(definition)}, ${value(START)})`)
}
