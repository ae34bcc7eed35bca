// The file of the embedded views: opened by one process at a time.
import { setTimeout as pause } from 'node:timers/promises'
import { type FileLock, lockFile } from '../../../sqlite/file-lock.ts'

const LOOK_EVERY_MS = 20
const OPENING_TAKES_AT_MOST_MS = 60_000

/**
 * Runs `work` while no other process opens or removes the file. Processes that have it open continue meanwhile.
 * @throws Error when other processes do not finish with it
 */
export async function whileOpening<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await lockOf(file)
  try {
    return await work()
  } finally {
    lock.release()
  }
}

async function lockOf(file: string): Promise<FileLock> {
  const begun = performance.now()
  for (;;) {
    const lock = await lockFile(`${file}.lock`, 'alone')
    if (lock) return lock
    if (performance.now() - begun > OPENING_TAKES_AT_MOST_MS)
      throw new Error(`Another process does not let go of ${file}.lock.`)
    await pause(LOOK_EVERY_MS)
  }
}
