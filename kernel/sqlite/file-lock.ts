// A lock on a file, exclusive or shared, that the operating system releases after every kind of end of its holders.
import { driver, isBusy } from './database.ts'

export interface FileLock {
  release(): void
}

/**
 * Takes the lock, and creates the file if it does not exist. The lock is a transaction that stays open. There is no
 * write-ahead log, so a reading transaction keeps an exclusive one out, and the reverse.
 * @returns `undefined` when another process holds it
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
