// The event store for a laptop: one SQLite file, one connection, one durable commit for all appends of an event-loop
// turn.
import { resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { messageOf } from '../../failures/message-of.ts'
import { CommitFailed, isStorageFailure } from '../../sqlite/database.ts'
import { appendOf } from '../append.ts'
import { appendQueue, type WaitingAppend } from '../append-queue.ts'
import type { Catalogue } from '../catalogue.ts'
import type { AnyEvent } from '../category.ts'
import { changesOf } from '../changes.ts'
import {
  type EventStore,
  mustBeLimit,
  OutcomeUnknown,
  type RecordedEvent,
  type Revision,
  RevisionConflict,
  StoreUnavailable,
} from '../event-store.ts'
import type { Position } from '../position.ts'
import { type Followed, subscription } from '../subscription.ts'
import { tailOf } from '../tail.ts'
import { openLogFile } from './log-file.ts'
import { assertTables, eventTables, type StreamPage, type WrittenGroup } from './tables.ts'

export interface SqliteEventStoreOptions<Event extends AnyEvent = AnyEvent> {
  /** The events that the log can have. */
  catalogue: Catalogue<Event>
  /** The file of the log, created if it does not exist. Its directory must exist. Several processes may share it. */
  file: string
  /** Another connection of this process has the log open already, and maintains the file (default: no). */
  joins?: boolean
  /** Whether a file without the tables of a log is refused (default: they are created). */
  mustHaveTables?: boolean
  /** The clock, in milliseconds since 1970. */
  now?: () => number
}

const PAGE = 500
/** The largest number of events that a page of a filtered subscription examines. */
const LOOK_AHEAD = 5_000
const TAIL_EVENTS = 8_192
const TAIL_SIZE = 32 * 1024 * 1024

/** Opens the log in a file. @throws Error that names the file, when it cannot be opened or is no event log */
export async function openSqliteEventStore<Event extends AnyEvent>(
  options: SqliteEventStoreOptions<Event>,
): Promise<EventStore<Event>> {
  const { file, catalogue, now = Date.now, joins = false, mustHaveTables = joins } = options
  const logFile = await openLogFile(file, {
    joins,
    check({ tablesVersion, hasIdentity }) {
      assertTables(tablesVersion, { mustExist: mustHaveTables })
      if (mustHaveTables && !hasIdentity)
        throw new Error(
          `it has no identity: it is no log, or it was copied without ${file}-wal, which has its events. Put the log back with both files`,
        )
    },
    prepare: (db) => eventTables(db, { file, catalogue }, { mustExist: mustHaveTables }),
  })
  const { db, tables } = logFile
  const version = db.prepare<[number]>('PRAGMA data_version', 'arrays')
  const tail = tailOf(TAIL_EVENTS, TAIL_SIZE)
  let newest: Position = tables.head()
  let seenVersion = version.get()?.[0]
  let closed = false

  const changes = changesOf(resolve(file), () => {
    if (closed) return
    try {
      const found = version.get()?.[0]
      if (found === seenVersion) return
      newest = tables.head()
      seenVersion = found
      changes.announce()
    } catch (error) {
      // A file that cannot be read now is checked again later. A caller that requests events receives the error.
      if (!isStorageFailure(error)) throw error
    }
  })

  const mustBeOpen = () => {
    if (closed) throw new StoreUnavailable('The event log is closed.')
  }

  const reading = <Result>(read: () => Result): Result => {
    mustBeOpen()
    try {
      return read()
    } catch (error) {
      throw isStorageFailure(error) ? logFile.failure(error) : error
    }
  }

  /** Commands are decided, and readiness is reported, from this. A log that no longer exists must not answer. */
  const readingCurrent = <Result>(read: () => Result): Result => {
    mustBeOpen()
    logFile.assertThere()
    return reading(read)
  }

  const queue = appendQueue((group) => {
    let written: WrittenGroup
    try {
      logFile.assertThere()
      written = tables.write(group, now())
      stillThere()
    } catch (error) {
      const reason = failure(error)
      for (const append of group) append.reject(reason)
      return
    }
    tail.add(written.recorded, written.sizes)
    newest = written.head
    settle(group, written)
    changes.announce()
    changes.tellThreads()
    logFile.grew(written.sizes.reduce((sum, size) => sum + size, 0))
  })

  /** The log may have disappeared between the check and the commit: then nobody may learn that anything is recorded. */
  function stillThere(): void {
    try {
      logFile.assertThere()
    } catch (error) {
      throw new OutcomeUnknown(messageOf(error), { cause: error })
    }
  }

  function failure(error: unknown): unknown {
    if (error instanceof CommitFailed) {
      logFile.failure(error.cause)
      return new OutcomeUnknown(error.message, { cause: error })
    }
    return isStorageFailure(error) ? logFile.failure(error) : error
  }

  const log: Followed = {
    isClosed: () => closed,
    newest: () => newest,
    remembered: tail.after,
    page: (position, limit, categories) =>
      reading(() => tables.after(position, Math.min(newest, position + LOOK_AHEAD), Math.min(limit, PAGE), categories)),
    change: changes.next,
    follow: changes.follow,
  }

  const store: EventStore = {
    catalogue,

    append: (stream, events, expected) =>
      new Promise((recorded, reject) => {
        mustBeOpen()
        queue.add({ ...appendOf(stream, events, expected), resolve: recorded, reject })
      }),

    read: (stream, { from = 0, limit }) =>
      pages(limit, from, (next, size) => readingCurrent(() => tables.forwards(stream, next, size)), 1),

    readBackwards: (stream, { from = Number.MAX_SAFE_INTEGER - 1, limit }) =>
      pages(limit, from + 1, (next, size) => readingCurrent(() => tables.backwards(stream, next, size)), 0),

    subscribe: (after, options) => subscription(log, after, options),

    head: async () => readingCurrent(tables.head),

    end: async () => readingCurrent(tables.head),

    find: async (event) => readingCurrent(() => tables.find(event)),

    async close() {
      if (closed) return
      closed = true
      queue.drain()
      changes.announce()
      changes.close()
      await logFile.close()
    },
  }
  // Each event was checked against the catalogue when it was read.
  return store as EventStore<Event>
}

/**
 * Reads page after page, until nothing is left or the limit is reached: foreign events may have filled a part of a
 * page.
 * @param step from the last revision of a page to the beginning of the next one
 */
async function* pages(
  limit: number,
  begin: Revision,
  read: (next: Revision, size: number) => StreamPage,
  step: 0 | 1,
): AsyncGenerator<RecordedEvent[]> {
  mustBeLimit(limit)
  let next = begin
  for (let left = limit; left > 0; ) {
    const { events, last } = read(next, Math.min(PAGE, left))
    if (events.length > 0) yield events
    if (last === undefined) return
    left -= events.length
    next = last + step
    await turn()
  }
}

function settle(group: readonly WaitingAppend[], { outcomes }: WrittenGroup): void {
  for (const [index, append] of group.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || outcome instanceof RevisionConflict) append.reject(outcome)
    else append.resolve(outcome)
  }
}
