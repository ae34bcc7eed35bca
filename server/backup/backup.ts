// `creditline backup FILE`: copies the embedded log of a desk, which may be running.

import { join, resolve } from 'node:path'
import { copyLog } from '../../events/open-log.ts'
import { counted } from '../../kernel/counted.ts'
import { onLogOfDesk } from './place.ts'

const USAGE = `Usage: creditline backup FILE

Copies the log of the desk in DATA_DIR into FILE, which must not be there yet. The desk may run meanwhile. The views are not
copied: they are built anew from the log.

  -h, --help this text`

process.exitCode = await onLogOfDesk(USAGE, async ({ file, settings }) => {
  const to = resolve(file)
  const { logId, head, bytes } = await copyLog(join(settings.dataDirectory, 'events.db'), to)
  return [`${to} contains the log ${logId} up to position ${head}, ${counted(bytes, 'byte')}.`]
})
