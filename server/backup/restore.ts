// `creditline restore FILE`: puts a backup in the place of the embedded log of a desk that does not run.

import { existsSync, renameSync } from 'node:fs'
import { resolve } from 'node:path'
import { copyLog } from '../../events/open-log.ts'
import { removeDatabase } from '../../kernel/sqlite/files.ts'
import { restoredName } from '../../kernel/store/sqlite/log-beginning.ts'
import { openDataDirectory } from '../desk/data-directory.ts'
import { onLogOfDesk } from './place.ts'

const USAGE = `Usage: creditline restore FILE

Puts the log in FILE, which creditline backup has made, in the place of the log in DATA_DIR, while no desk runs there. The log that
was there is kept beside it under another name. The views are removed, and built anew at the next start.

  -h, --help this text`

process.exitCode = await onLogOfDesk(USAGE, async ({ file, settings }) => {
  const directory = await openDataDirectory(settings.dataDirectory, 'alone')
  try {
    const { events, views } = directory
    const ready = restoredName(events)
    removeDatabase(ready)
    const { logId, head } = await copyLog(resolve(file), ready)
    const aside = setAside(events)
    renameSync(ready, events)
    removeDatabase(views)
    return [
      ...(aside === undefined ? [] : [`The former log is now ${aside}.`]),
      `${events} is now the log ${logId} up to position ${head}. The next start builds the views from it.`,
      ...(settings.mongodbUrl === undefined
        ? []
        : ['The views on MongoDB belong to the former log: start once with --rebuild-views.']),
    ]
  } finally {
    directory.release()
  }
})

/** The write-ahead log first: without it the main file is refused, where the other way round it would belong to nobody. */
function setAside(events: string): string | undefined {
  const aside = `${events}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  for (const suffix of ['-wal', '-shm', '-journal', '']) {
    if (existsSync(events + suffix)) renameSync(events + suffix, aside + suffix)
  }
  return existsSync(aside) ? aside : undefined
}
