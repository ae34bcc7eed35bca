// A lock on a file, held by one process alone or shared by several, that the operating system lets go of in whatever way they end.
import { driver, isBusy } from './database.ts'

export interface FileLock {
  release(): void
}

/**
 * Takes the lock, making the file where it is missing: a transaction that stays open. There is no write-ahead log, so one that reads
 * keeps an exclusive one out, and the other way round.
 * @returns `undefined` when somebody else holds it
 * @throws Error when the file cannot be used as a lock
 */
export async function lockFile(file: string, use: 'alone' | 'shared'): Promise<FileLock | undefined> {
  const { DatabaseSync } = await driver()
  const connection = new DatabaseSync(file)
  try {
    connection.exec('PRAGMA busy_timeout = 0')
    connection.exec(use === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema')
  } catch (error) {
    connection.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return {
    release() {
      // Within one process a connection that closes with an open transaction would keep its lock.
      connection.exec('ROLLBACK')
      connection.close()
    },
  }
}
