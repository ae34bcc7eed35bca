// The event log as SQLite tables: it writes groups of appends, and reads events.
import { LRUCache } from 'lru-cache'
import type { Database } from '../../sqlite/database.ts'
import type { Append } from '../append.ts'
import type { Catalogue } from '../catalogue.ts'
import { type Categories, categoryOf, isWanted, othersThan } from '../categories.ts'
import {
  type Appended,
  type Batch,
  type EventMark,
  type ForeignEvent,
  type Found,
  NO_EVENTS,
  type RecordedEvent,
  type Revision,
  RevisionConflict,
  type StreamName,
} from '../event-store.ts'
import { keptOf } from '../kept-short.ts'
import type { Position } from '../position.ts'
import { isUnreadable } from '../readable.ts'
import { isForeign, jsonOf, NotJson, recognise } from '../recognise.ts'
import { upcast } from '../upcast.ts'

const TABLES_VERSION = 1

/**
 * Positions grow by one, since each is written in the transaction that took it. Events are never deleted, except in
 * streams that are kept short: there positions and revisions have gaps, and the newest event always stays.
 */
const TABLES = `
  CREATE TABLE streams (
    sid INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    sid INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (sid, revision)
  );
  PRAGMA user_version = ${TABLES_VERSION};
`
/** The result of each append of a group, and all recorded events. */
export interface WrittenGroup {
  outcomes: (Appended | RevisionConflict)[]
  recorded: RecordedEvent[]
  /** The size of each recorded event's texts, in characters. */
  sizes: number[]
  /** The newest position of the log afterwards. */
  head: Position
}

export interface EventTables {
  /** Writes all appends of a group whose expected revision holds, in one transaction. */
  write(group: readonly Append[], recordedAt: number): WrittenGroup
  head(): Position
  /** Up to `limit` wanted events after a position. It reads no further than the position `through`. */
  after(position: Position, through: Position, limit: number, categories: Categories): Batch
  find(event: EventMark): Found
  /** A limited number of events of a stream from a revision on. Some of them may be foreign. */
  forwards(stream: StreamName, from: Revision, limit: number): StreamPage
  /** A limited number of events of a stream before a revision, the newest first. */
  backwards(stream: StreamName, before: Revision, limit: number): StreamPage
}

/** The file of the log, for people who search for a damaged event, and the events that it can have. */
export interface Source {
  file: string
  catalogue: Catalogue
}

export interface StreamPage {
  events: RecordedEvent[]
  /** The last revision that was read; `undefined` when nothing follows it. */
  last: Revision | undefined
}

/** Remembered facts about a stream. It has reached `revision`; another process may have appended since. */
interface KnownStream {
  sid: number
  revision: Revision
}

const KNOWN_STREAMS = 50_000

/** The number of events in each read when an append finds newer events in its stream. */
const LOOK_BEHIND = 100

/** A log of an older release may have millions of renewals: they are removed in steps. */
const REMOVED_AT_ONCE = 1_000

const COLUMNS = 'position, revision, id, type, recorded_at, metadata, data'
type Row = [
  position: Position,
  revision: Revision,
  id: string,
  type: string,
  recordedAt: number,
  metadata: string | Uint8Array,
  data: string | Uint8Array,
  stream: string,
]

/** @throws Error when the tables are of another version, or are missing and must exist */
export function eventTables(db: Database, source: Source, { mustExist }: { mustExist: boolean }): EventTables {
  const { catalogue } = source
  db.transaction(() => createTables(db, mustExist))

  const newest = db.prepare<[Position | null]>('SELECT max(position) FROM events', 'arrays')
  const findStream = db.prepare<[number]>('SELECT sid FROM streams WHERE name = ?', 'arrays')
  const addStream = db.prepare('INSERT INTO streams (name, category) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const lastRevision = db.prepare<[Revision | null]>('SELECT max(revision) FROM events WHERE sid = ?', 'arrays')
  const insert = db.prepare(
    `INSERT INTO events (sid, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sid, revision) DO NOTHING`,
  )
  const removeOldest = db.prepare(
    `DELETE FROM events WHERE position IN
       (SELECT position FROM events WHERE sid = ? AND revision <= ? ORDER BY revision LIMIT ?)`,
  )
  // CROSS JOIN makes SQLite walk along the positions, not along the streams.
  const afterOfAll = db.prepare<Row>(
    `SELECT ${COLUMNS}, name FROM events CROSS JOIN streams USING (sid)
     WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
    'arrays',
  )
  const afterOfSome = db.prepare<Row>(
    `SELECT ${COLUMNS}, name FROM events CROSS JOIN streams USING (sid)
     WHERE position > ? AND position <= ? AND category NOT IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT ?`,
    'arrays',
  )
  const streamForwards = db.prepare<Row>(
    `SELECT ${COLUMNS}, ? FROM events WHERE sid = ? AND revision >= ? ORDER BY revision LIMIT ?`,
    'arrays',
  )
  const streamBackwards = db.prepare<Row>(
    `SELECT ${COLUMNS}, ? FROM events WHERE sid = ? AND revision < ? ORDER BY revision DESC LIMIT ?`,
    'arrays',
  )

  const idAt = db.prepare<[string]>(
    `SELECT id FROM events JOIN streams USING (sid) WHERE name = ? AND revision = ? AND position = ?`,
    'arrays',
  )

  const known = new LRUCache<StreamName, KnownStream>({ max: KNOWN_STREAMS })

  const knownStream = (name: StreamName): KnownStream | undefined => {
    const cached = known.get(name)
    if (cached) return cached
    const row = findStream.get(name)
    return row && remember(name, row[0])
  }

  const remember = (name: StreamName, sid: number): KnownStream => {
    const stream = { sid, revision: NO_EVENTS }
    known.set(name, stream)
    return stream
  }

  const newStream = (name: StreamName): KnownStream | undefined => {
    const { changes, lastInsertRowid } = addStream.run(name, categoryOf(name))
    return changes === 0 ? undefined : remember(name, Number(lastInsertRowid))
  }

  /** The stream of an append; `undefined` when it has no events although some are expected. */
  const streamOf = ({ stream: name, expected }: Append): KnownStream | undefined =>
    known.get(name) ?? (expected === NO_EVENTS ? (newStream(name) ?? knownStream(name)) : knownStream(name))

  /**
   * Whether the stream has reached the revision that an append expects. The unique index, which holds for all
   * processes, detects newer events; so the usual append needs no query before.
   */
  const hasReached = (stream: KnownStream, revision: Revision): boolean => {
    if (stream.revision < revision) stream.revision = lastRevision.get(stream.sid)?.[0] ?? NO_EVENTS
    return stream.revision >= revision
  }

  /**
   * Decides an append that found newer events in its stream.
   * @returns its first answer for a repeat; a conflict; or the revision to append after when all newer events are
   * foreign
   */
  const inTheWay = ({ stream: name, events, expected }: Append, { sid }: KnownStream) => {
    let last = expected
    for (;;) {
      const rows = streamForwards.all(name, sid, last + 1, LOOK_BEHIND)
      for (const row of rows) {
        const [position, revision, id] = row
        // The expected event is not kept any more: another writer has appended.
        if (revision !== last + 1) return new RevisionConflict(name, expected)
        if (id === events[0]?.id) {
          // An append is stored as a whole or not at all.
          const end = { revision: revision + events.length - 1, position: position + events.length - 1 }
          return isStored(sid, end.revision, events.at(-1)?.id) ? end : new RevisionConflict(name, expected)
        }
        if (!isForeign(eventOf(row, source))) return new RevisionConflict(name, expected)
        last = revision
      }
      if (rows.length < LOOK_BEHIND) return last
    }
  }

  const isStored = (sid: number, revision: Revision, id: string | undefined) =>
    streamForwards.all('', sid, revision, 1)[0]?.[2] === id

  const head = (): Position => newest.get()?.[0] ?? 0

  const write = (group: readonly Append[], recordedAt: number): WrittenGroup => {
    const written: WrittenGroup = { outcomes: [], recorded: [], sizes: [], head: head() }
    const time = timeText(recordedAt)
    for (const append of group) written.outcomes.push(writeAppend(append, recordedAt, time, written))
    return written
  }

  const writeAppend = (
    append: Append,
    recordedAt: number,
    time: string,
    written: WrittenGroup,
  ): Appended | RevisionConflict => {
    const { stream: name, expected } = append
    const stream = streamOf(append)
    const kept = keptOf(name)
    // The row in the place of an outdated append may be gone.
    if (stream && kept !== undefined) stream.revision = lastRevision.get(stream.sid)?.[0] ?? NO_EVENTS
    if (!stream || !hasReached(stream, expected)) return new RevisionConflict(name, expected)
    let revision = expected
    for (;;) {
      if (stream.revision === revision && insertAll(append, stream, recordedAt, time, written)) {
        if (kept !== undefined) shorten(stream, revision, kept)
        return { revision: stream.revision, position: written.head }
      }
      const found = inTheWay(append, stream)
      if (typeof found !== 'number') return found
      revision = stream.revision = found
    }
  }

  /** Inserts the events after the known revision of their stream. @returns false when that place is taken */
  const insertAll = (
    { stream: name, events, ...texts }: Append,
    stream: KnownStream,
    recordedAt: number,
    time: string,
    written: WrittenGroup,
  ): boolean => {
    let { revision } = stream
    for (const [index, { type, data, id, metadata }] of events.entries()) {
      const dataText = texts.data[index] as string
      const metadataText = texts.metadata[index] as string
      const position = written.head + 1
      revision++
      const { changes } = insert.run(stream.sid, position, revision, id, type, recordedAt, metadataText, dataText)
      // Streams have no gaps: only the first event of an append can find its place taken.
      if (changes === 0) return false
      written.head = position
      const event = { type, data, id, metadata, stream: name, revision, position, recordedAt: time } as RecordedEvent
      written.recorded.push(upcast(event, catalogue))
      written.sizes.push(dataText.length + metadataText.length)
    }
    stream.revision = revision
    return true
  }

  /** From time to time only, since it is one more write: a stream has up to a tenth more events than are kept. */
  function shorten({ sid, revision }: KnownStream, before: Revision, kept: number): void {
    const every = Math.ceil(kept / 10)
    if (Math.floor(revision / every) > Math.floor(before / every))
      removeOldest.run(sid, revision - kept, REMOVED_AT_ONCE)
  }

  return {
    head,

    write(group, recordedAt) {
      try {
        return db.transaction(() => write(group, recordedAt))
      } catch (error) {
        // The facts learned about streams in a transaction that is rolled back are wrong.
        known.clear()
        throw error
      }
    },

    after(position, through, limit, categories) {
      const rows = categories
        ? afterOfSome.all(position, through, JSON.stringify(othersThan(categories, catalogue)), limit)
        : afterOfAll.all(position, through, limit)
      const last = rows.at(-1)
      const { events, foreign } = sorted(rows, source)
      return {
        events: events.filter((event) => isWanted(event, categories)),
        position: last && rows.length === limit ? last[0] : through,
        ...(foreign.length > 0 && { foreign }),
      }
    },

    forwards(name, from, limit) {
      const stream = knownStream(name)
      return pageOf(stream ? streamForwards.all(name, stream.sid, from, limit) : [], limit, source)
    },

    find({ stream, revision, position, id }) {
      if (idAt.get(stream, revision, position)?.[0] === id) return 'found'
      // A name without events: somebody has deleted them from the file.
      const row = findStream.get(stream)
      return row && lastRevision.get(row[0])?.[0] === null ? 'removed' : 'missing'
    },

    backwards(name, before, limit) {
      const stream = knownStream(name)
      return pageOf(stream ? streamBackwards.all(name, stream.sid, before, limit) : [], limit, source)
    },
  }
}

/** @throws Error when the tables of a file are of another version, or are missing and must exist */
export function assertTables(version: number, { mustExist }: { mustExist: boolean }): void {
  if (version === 0 && mustExist) throw new Error('It is no log: it has no tables of events. Put the log back.')
  if (version !== 0 && version !== TABLES_VERSION)
    throw new Error(`The event log has tables of version ${version}, not ${TABLES_VERSION}.`)
}

function createTables(db: Database, mustExist: boolean): void {
  const version = db.prepare<[number]>('PRAGMA user_version', 'arrays').get()?.[0] ?? 0
  assertTables(version, { mustExist })
  if (version === 0) db.exec(TABLES)
}

function pageOf(rows: readonly Row[], limit: number, source: Source): StreamPage {
  return { events: sorted(rows, source).events, last: rows.length === limit ? rows.at(-1)?.[1] : undefined }
}

function sorted(rows: readonly Row[], source: Source): { events: RecordedEvent[]; foreign: ForeignEvent[] } {
  const events: RecordedEvent[] = []
  const foreign: ForeignEvent[] = []
  for (const row of rows) {
    const event = eventOf(row, source)
    if (isForeign(event)) foreign.push(event)
    else events.push(event)
  }
  return { events, foreign }
}

/** Columns may contain values of any type. */
function eventOf(row: Row, { file, catalogue }: Source): RecordedEvent | ForeignEvent {
  const [position, revision, id, type, recordedAt, metadata, data, stream] = row
  const event = recognise(
    {
      stream,
      type: String(type),
      id: String(id),
      revision,
      position,
      recordedAt: timeText(recordedAt),
      metadata: parsed(metadata),
      data: parsed(data),
    },
    catalogue,
  )
  if (isForeign(event) || !isUnreadable(event) || event.data.because !== 'DAMAGED') return event
  return { ...event, data: { ...event.data, problem: `${event.data.problem} (in the file ${file})` } }
}

function parsed(column: string | Uint8Array): unknown {
  if (typeof column !== 'string') return new NotJson()
  return column === '' ? undefined : jsonOf(column)
}

/** In milliseconds since 1970: no date is later. */
const LATEST = 8.64e15

let lastTime = 0
let lastTimeText = new Date(0).toISOString()

/** RFC 3339 in UTC. Neighbours in the log often have the very same time: the last text is kept. */
function timeText(time: number): string {
  if (time !== lastTime) {
    if (!(Math.abs(time) <= LATEST)) return new Date(0).toISOString()
    lastTimeText = new Date(time).toISOString()
    lastTime = time
  }
  return lastTimeText
}
