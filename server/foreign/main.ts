// `creditline foreign list`: the events in the log of a desk that no desk wrote. It reads the log itself; the desk may run meanwhile.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EventStore } from '../../events/catalogue.ts'
import { messageOf } from '../../kernel/failures/message-of.ts'
import type { ForeignEvent } from '../../kernel/store/event-store.ts'
import { START } from '../../kernel/store/position.ts'
import { BadArguments, parsed } from '../client/command-line.ts'
import { BAD_INPUT, complain, DESK_FAILED, DONE } from '../client/ending.ts'
import { openLog } from '../process/log.ts'
import { readSettings, type Settings } from '../settings/settings.ts'

const USAGE = `Usage: creditline foreign list [options]

Lists the events in the log of the desk that no desk wrote, with their streams and positions. A desk skips them. The log is that
of DATA_DIR, or of EVENTSTORE_URL and NAMESPACE; the desk may run meanwhile. The whole log is read.

  --json     one object a line
  -h, --help this text`

const options = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof BadArguments) return complain(`${error.message}\n\n${USAGE}`, BAD_INPUT)
  return complain(messageOf(error), DESK_FAILED)
})

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, options)
  if (values.help) {
    console.log(USAGE)
    return DONE
  }
  const [action, ...more] = positionals
  if (action !== 'list') throw new BadArguments('Say list: there is nothing else to do about foreign events.')
  if (more.length > 0) throw new BadArguments(`list takes no argument: remove ${more.join(' ')}.`)
  const settings = readSettings(process.env, [])
  if (Array.isArray(settings)) throw new BadArguments(settings.join('\n'))

  const store = await openLogOf(settings)
  let count = 0
  try {
    for await (const event of foreignEvents(store)) {
      count++
      console.log(values.json ? JSON.stringify(event) : lineOf(event))
    }
  } finally {
    await store.close()
  }
  if (!values.json) console.log(count === 0 ? 'The log has no foreign events.' : `${count} foreign events.`)
  return DONE
}

async function openLogOf({ dataDirectory, eventstoreUrl, namespace, logLevel }: Settings): Promise<EventStore> {
  const events = join(dataDirectory, 'events.db')
  if (eventstoreUrl === undefined && !existsSync(events)) throw new Error(`There is no log in ${dataDirectory}.`)
  const { joinEventStore } = await import('../desk/stores.ts')
  return joinEventStore({ eventstoreUrl, namespace, files: { events, views: '' } }, openLog(logLevel))
}

/** Those that are in the log by now. */
async function* foreignEvents(store: EventStore): AsyncGenerator<ForeignEvent> {
  const head = await store.head()
  if (head === START) return
  for await (const { foreign = [], position } of store.subscribe(START, { signal: new AbortController().signal })) {
    yield* foreign.filter((event) => event.position <= head)
    if (position >= head) return
  }
}

/** The writer of the event chose its names. They are shown in a form that cannot control the terminal. */
function lineOf({ position, stream, revision, type, foreign }: ForeignEvent): string {
  return `${String(position).padStart(12)}  ${shown(stream)}, event ${revision + 1}, ${shown(type)}: ${foreign}`
}

function shown(name: string): string {
  return /^[\w.@$>-]{1,200}$/.test(name) ? name : JSON.stringify(name.slice(0, 200))
}
