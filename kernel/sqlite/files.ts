// The files of a SQLite database, seen from outside: their identity, their sizes and their removal.
import { rmSync, statSync } from 'node:fs'

/**
 * Identifies the file that has the name now: another one after it was removed, moved or replaced. `undefined` when
 * there is none.
 */
export function identityOfFile(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev}.${stats.ino}`
}

/** The size of a database's write-ahead log, in bytes; `undefined` when there is no such file. */
export function sizeOfWal(file: string): number | undefined {
  return sizeOfFile(`${file}-wal`)
}

/** In bytes; `undefined` when there is no such file. */
export function sizeOfFile(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size
}

/**
 * Removes a database. Its write-ahead log goes first: beside another database SQLite would take it for the log of that
 * one.
 */
export function removeDatabase(file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(`${file}${suffix}`, { force: true })
}
