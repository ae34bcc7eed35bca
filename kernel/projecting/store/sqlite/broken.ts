// The table of the documents that are marked broken: refused by id, and left out of pages and counts.
import { type BrokenDocument, DocumentBroken, type FoldedBatch } from '../view-store.ts'
import { type Connection, type Sql, sql, value } from './connection.ts'

export function createBroken(connection: Connection): void {
  connection.exec(
    'CREATE TABLE broken (view TEXT NOT NULL, id TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (view, id)) WITHOUT ROWID',
  )
}

/** Marks the broken documents of a batch, and removes the marks of mended ones. Within a write transaction. */
export function markBroken(connection: Connection, { broken, mended }: Pick<FoldedBatch, 'broken' | 'mended'>): void {
  const mark = connection.statement('INSERT OR REPLACE INTO broken VALUES (?, ?, ?)')
  for (const { view, id, error } of broken) mark.run(view, id, error)
  const unmark = connection.statement('DELETE FROM broken WHERE view = ? AND id = ?')
  for (const { view, id } of mended) unmark.run(view, id)
}

export function readBroken(connection: Connection): BrokenDocument[] {
  const rows = connection.statement('SELECT view, id, error FROM broken ORDER BY view, id').all()
  return rows.map(([view, id, error]) => ({ view, id, error }) as BrokenDocument)
}

/** @throws DocumentBroken when one of the documents is marked */
export function assertNotBroken(connection: Connection, view: string, ids: readonly string[]): void {
  if (!hasBroken(connection, view)) return
  const marked = connection.statement('SELECT 1 FROM broken WHERE view = ? AND id = ?')
  const broken = ids.find((id) => marked.get(view, id))
  if (broken !== undefined) throw new DocumentBroken(view, broken)
}

/**
 * The term over the table `t` that broken documents do not meet; none while the view has no broken document, so that
 * pages cost no more.
 */
export function brokenLeftOut(connection: Connection, view: string): Sql[] {
  return hasBroken(connection, view) ? [sql`t.id NOT IN (SELECT id FROM broken WHERE view = ${value(view)})`] : []
}

function hasBroken(connection: Connection, view: string): boolean {
  return connection.statement('SELECT 1 FROM broken WHERE view = ? LIMIT 1').get(view) !== undefined
}
