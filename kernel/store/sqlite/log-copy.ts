// Copies of the embedded log as one file, made while it is in use or at rest.
import { existsSync, linkSync, renameSync, statSync } from 'node:fs'
import { messageOf } from '../../failures/message-of.ts'
import { openDatabase } from '../../sqlite/database.ts'
import { removeDatabase } from '../../sqlite/files.ts'
import type { Catalogue } from '../catalogue.ts'
import { recordedIdentity } from '../log-identity.ts'
import { checkFiles } from './log-file-check.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

export interface LogCopy {
  logId: string
  /** The newest event of the copy. */
  head: number
  bytes: number
}

/**
 * Copies the state of a log at one moment into a new file. Processes that use the log continue meanwhile.
 * @throws Error that names the file: it is no log, incomplete or damaged, or the copy exists already
 */
export async function copyLog(catalogue: Catalogue, from: string, to: string): Promise<LogCopy> {
  if (!existsSync(from)) throw new Error(`There is no file ${from}.`)
  if (existsSync(to)) throw new Error(`${to} is there already: it is not overwritten.`)
  const made = `${to}.new-${process.pid}`
  removeDatabase(made)
  try {
    await copyWhole(from, made)
    const { logId, head } = await closed(catalogue, made)
    nameIt(made, to)
    return { logId, head, bytes: statSync(to).size }
  } finally {
    removeDatabase(made)
  }
}

async function copyWhole(from: string, made: string): Promise<void> {
  const { both } = await checkFiles(from)
  if (both && !both.hasIdentity) throw new Error(`The log ${from} cannot be copied: it is no log, or has no identity.`)
  const database = await openDatabase(from, { synchronous: 'FULL', readonly: true })
  try {
    // Table by table, not page by page, so that no damage is copied unnoticed.
    database.exec(`VACUUM INTO '${made.replaceAll("'", "''")}'`)
  } catch (error) {
    throw new Error(`The log ${from} cannot be copied: ${messageOf(error)}.`, { cause: error })
  } finally {
    database.close()
  }
}

/** Opens the copy as a log, which checks it, and closes it: it is then one file on the disk. */
async function closed(catalogue: Catalogue, made: string): Promise<Pick<LogCopy, 'logId' | 'head'>> {
  const store = await openSqliteEventStore({ catalogue, file: made, mustHaveTables: true })
  try {
    const logId = await recordedIdentity(store)
    if (logId === undefined) throw new Error('The file has no log with an identity.')
    return { logId, head: await store.head() }
  } finally {
    await store.close()
  }
}

/** Somebody else may have created the file meanwhile: a link does not overwrite it. */
function nameIt(made: string, to: string): void {
  try {
    linkSync(made, to)
  } catch (error) {
    if (existsSync(to)) throw error
    renameSync(made, to)
  }
}
