// How damage of the embedded views is noticed: whatever cannot be read as it was written.
import { statSync } from 'node:fs'
import { messageOf } from '../../../failures/message-of.ts'
import { isDamage } from '../../../sqlite/database.ts'
import { identityOfFile } from '../../../sqlite/files.ts'
import { type ViewStore, ViewsLost } from '../view-store.ts'
import { type Connection, sql } from './connection.ts'
import { sideTable, type Table } from './documents.ts'

/** So many bytes are read through at the start: about a second. */
const CHECKED_BYTES = 256 * 1024 * 1024

/** Whether an error says that what is in the file cannot be read: pages, tables or the text of documents. */
export function isLost(error: unknown): boolean {
  return isDamage(error) || error instanceof SyntaxError || /no such (table|column|index)/.test(messageOf(error))
}

/** The same store, of which everything throws ViewsLost when the file is damaged, or has been removed or replaced. */
export function guarded(views: ViewStore, file: string): ViewStore {
  const files = [file, `${file}-wal`]
  const opened = files.map(identityOfFile)
  const [own] = opened

  function assertThere(): void {
    const changed = files.find((name, index) => identityOfFile(name) !== opened[index])
    if (changed === undefined) return
    throw new ViewsLost(`The views in ${file} are lost: ${changed} was removed or replaced. They are built anew.`, {
      file: own,
    })
  }

  async function guard<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (!isLost(error)) throw error
      const message = `The views in ${file} are damaged: ${messageOf(error)}. They are built anew.`
      throw new ViewsLost(message, { file: own, cause: error })
    }
  }

  return {
    get: (view, ids) => guard(views.get(view, ids)),
    page: (view, query) => guard(views.page(view, query)),
    count: (view, filter, limit) => guard(views.count(view, filter, limit)),
    history: (query) => guard(views.history(query)),
    async write(batch) {
      assertThere()
      await guard(views.write(batch))
    },
    // Readers ask for it several times a second.
    async checkpoint() {
      assertThere()
      return guard(views.checkpoint())
    },
    lastFolded: () => guard(views.lastFolded()),
    broken: () => guard(views.broken()),
    close: () => views.close(),
  }
}

/** @throws Error for which `isLost` holds, when a page or a document cannot be read */
export function assertReadable(connection: Connection, file: string, tables: readonly Table[]): void {
  if (statSync(file).size > CHECKED_BYTES) return
  const [[found] = []] = connection.all(sql`PRAGMA quick_check(1)`)
  if (found !== 'ok') throw new SyntaxError(String(found))
  for (const { name } of tables) {
    const [bad] = connection.all(sql`SELECT id FROM ${{ text: name, values: [] }} WHERE NOT json_valid(body) LIMIT 1`)
    if (bad) throw new SyntaxError(`${bad[0]} in ${name} is not JSON`)
  }
}

export function tableNames(connection: Connection): string[] {
  return connection.all(sql`SELECT name FROM sqlite_schema WHERE type = 'table'`).map(([name]) => String(name))
}

/** What a file with views of these tables has. */
export function namesOfTables(tables: readonly Table[]): string[] {
  const sides = tables.flatMap((table) => table.lists.map((field) => sideTable(table, field).replaceAll('"', '')))
  return ['views', 'broken', 'history', 'history_spans', 'history_keys', ...tables.map(({ name }) => name), ...sides]
}
