// The common part of `creditline backup` and `creditline restore`: the log that they work on, and their error messages.

import { messageOf } from '../../kernel/failures/message-of.ts'
import { BadArguments, parsed } from '../client/command-line.ts'
import { BAD_INPUT, complain, DESK_FAILED, DONE } from '../client/ending.ts'
import { readSettings, type Settings } from '../settings/settings.ts'

export interface Given {
  file: string
  settings: Settings
}

/**
 * Runs one of the two commands on the arguments of this process.
 * @param work returns the lines to print
 * @returns the exit code
 */
export async function onLogOfDesk(usage: string, work: (given: Given) => Promise<string[]>): Promise<number> {
  try {
    const { values, positionals } = parsed(process.argv.slice(2), {
      help: { type: 'boolean', short: 'h', default: false },
    })
    if (values.help) {
      console.log(usage)
      return DONE
    }
    const [file, ...more] = positionals
    if (file === undefined) throw new BadArguments('The name of the file is missing.')
    if (more.length > 0) throw new BadArguments(`Give one file only: remove ${more.join(' ')}.`)
    const settings = readSettings(process.env, [])
    if (Array.isArray(settings)) throw new BadArguments(settings.join('\n'))
    if (settings.eventstoreUrl !== undefined) throw new BadArguments(ELSEWHERE)
    for (const line of await work({ file, settings })) console.log(line)
    return DONE
  } catch (error) {
    return error instanceof BadArguments
      ? complain(`${error.message}\n\n${usage}`, BAD_INPUT)
      : complain(messageOf(error), DESK_FAILED)
  }
}

const ELSEWHERE = `EVENTSTORE_URL is set: the log is on that server, and is backed up and restored by the means of EventStoreDB.
See docs/eventstoredb.md, and https://developers.eventstore.com/server/v23.10/operations/#backup-and-restore.
After a restore start one gateway or projector once with --rebuild-views.`
