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
 * Copies a log, as it is at one moment, into a file that is not there yet. Processes that use the log go on meanwhile.
 * @throws Error that names the file: it is no log, not whole or damaged, or the copy is there already
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
    // By its own tables, not page by page: what is damaged does not come along unnoticed.
    database.exec(`VACUUM INTO '${made.replaceAll("'", "''")}'`)
  } catch (error) {
    throw new Error(`The log ${from} cannot be copied: ${messageOf(error)}.`, { cause: error })
  } finally {
    database.close()
  }
}

/** Opens the copy as a log, which looks it through, and closes it: it is one file on the disk then. */
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

/** Somebody else may have made the file meanwhile: a link does not overwrite it. */
function nameIt(made: string, to: string): void {
  try {
    linkSync(made, to)
  } catch (error) {
    if (existsSync(to)) throw error
    renameSync(made, to)
  }
}
