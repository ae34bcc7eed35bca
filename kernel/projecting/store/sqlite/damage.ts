// Detects damage of the embedded views: data that cannot be read as it was written.
import { statSync } from 'node:fs'
import { messageOf } from '../../../failures/message-of.ts'
import { isDamage } from '../../../sqlite/database.ts'
import { identityOfFile } from '../../../sqlite/files.ts'
import { type ViewStore, ViewsLost } from '../view-store.ts'
import { type Connection, sql } from './connection.ts'
import type { Table } from './documents.ts'
import { missingFrom, type Schema, schemaOf } from './schema.ts'
import { NotAsStored } from './stored.ts'

/** The number of bytes that a start reads through: about a second. */
const CHECKED_BYTES = 256 * 1024 * 1024

/** Whether an error reports that pages of the file, or texts in it, differ from the written ones. */
export function isLost(error: unknown): boolean {
  return isDamage(error) || error instanceof NotAsStored
}

/**
 * The damage that an error of a statement reports; `undefined` when there is none, since a statement also fails by a
 * mistake of the program, which no rebuild mends. SQLite has one code for such a mistake and for a missing table: so
 * the schema of the file decides.
 */
function damageShownBy(error: unknown, connection: Connection, wanted: Schema): string | undefined {
  if (isLost(error)) return messageOf(error)
  if (!(error instanceof Error && 'errcode' in error)) return undefined
  try {
    const missing = missingFrom(schemaOf(connection), wanted)
    return missing === undefined ? undefined : `${missing} is missing or was changed`
  } catch (failure) {
    return isLost(failure) ? messageOf(failure) : undefined
  }
}

interface Guarded {
  file: string
  connection: Connection
  schema: Schema
}

/** The same store. Every function throws ViewsLost when the file is damaged, removed or replaced. */
export function guarded(views: ViewStore, { file, connection, schema }: Guarded): ViewStore {
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
      const damage = damageShownBy(error, connection, schema)
      if (damage === undefined) throw error
      const message = `The views in ${file} are damaged: ${damage}. They are built anew.`
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
    // Readers call it several times a second.
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
  if (found !== 'ok') throw new NotAsStored(String(found))
  for (const { name } of tables) {
    const [bad] = connection.all(sql`SELECT id FROM ${{ text: name, values: [] }} WHERE NOT json_valid(body) LIMIT 1`)
    if (bad) throw new NotAsStored(`${bad[0]} in ${name} is not JSON`)
  }
}
