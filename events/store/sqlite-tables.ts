// The event log as SQLite tables: how a group of appends is written, and how events are read back.
import { LRUCache } from 'lru-cache'
import type { Position } from '../position.ts'
import type { Database } from '../sqlite.ts'
import { upcast } from '../upcasters.ts'
import type { Append } from './append.ts'
import { type Categories, categoryOf } from './categories.ts'
import {
  type Appended,
  type Batch,
  type EventMark,
  type Found,
  type NewEvent,
  NO_EVENTS,
  type RecordedEvent,
  type Revision,
  RevisionConflict,
  type StreamName,
} from './event-store.ts'

const TABLES_VERSION = 1

/**
 * Positions have no gaps: events are never deleted, and each is written in the transaction that took its position. Not even old renewals
 * of a lease may go: an append that expects an outdated revision is refused because the row in its place is there.
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
/** What became of each append of a group, and everything that was recorded. */
export interface WrittenGroup {
  outcomes: (Appended | RevisionConflict)[]
  recorded: RecordedEvent[]
  /** The size of each recorded event's texts, in characters. */
  sizes: number[]
  /** The newest position of the log afterwards. */
  head: Position
}

export interface EventTables {
  /** Writes all appends of a group that find their stream as expected, in one transaction. */
  write(group: readonly Append[], recordedAt: number): WrittenGroup
  head(): Position
  /** Up to `limit` wanted events after a position, looking no further than the position `through`. */
  after(position: Position, through: Position, limit: number, categories: Categories): Batch
  /** Events of a stream from a revision on. */
  forwards(stream: StreamName, from: Revision, limit: number): RecordedEvent[]
  find(event: EventMark): Found
  /** Events of a stream before a revision, the newest first. */
  backwards(stream: StreamName, before: Revision, limit: number): RecordedEvent[]
}

/** What is known of a stream. `revision` is one that it has reached; it may have gone on since, by another process. */
interface KnownStream {
  sid: number
  revision: Revision
}

const KNOWN_STREAMS = 50_000

const COLUMNS = 'position, revision, id, type, recorded_at, metadata, data'
type Row = [
  position: Position,
  revision: Revision,
  id: string,
  type: string,
  recordedAt: number,
  metadata: string,
  data: string,
  stream: StreamName,
]

/** @throws Error when the tables are of another version, or are missing and must exist */
export function eventTables(db: Database, { mustExist }: { mustExist: boolean }): EventTables {
  db.transaction(() => createTables(db, mustExist))

  const newest = db.prepare<[Position | null]>('SELECT max(position) FROM events', 'arrays')
  const findStream = db.prepare<[number]>('SELECT sid FROM streams WHERE name = ?', 'arrays')
  const addStream = db.prepare('INSERT INTO streams (name, category) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const lastRevision = db.prepare<[Revision | null]>('SELECT max(revision) FROM events WHERE sid = ?', 'arrays')
  const insert = db.prepare(
    `INSERT INTO events (sid, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sid, revision) DO NOTHING`,
  )
  const recordedBefore = db.prepare<[Position, string]>(
    'SELECT position, id FROM events WHERE sid = ? AND revision > ? ORDER BY revision LIMIT ?',
    'arrays',
  )
  // CROSS JOIN: SQLite shall walk along the positions, not along the streams.
  const afterOfAll = db.prepare<Row>(
    `SELECT ${COLUMNS}, name FROM events CROSS JOIN streams USING (sid)
     WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
    'arrays',
  )
  const afterOfSome = db.prepare<Row>(
    `SELECT ${COLUMNS}, name FROM events CROSS JOIN streams USING (sid)
     WHERE position > ? AND position <= ? AND category IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT ?`,
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
   * Whether the stream has reached the revision that an append expects. That it has not gone further is for the unique
   * index to say, which holds for all processes; so the usual append asks nothing beforehand.
   */
  const hasReached = (stream: KnownStream, revision: Revision): boolean => {
    if (stream.revision < revision) stream.revision = lastRevision.get(stream.sid)?.[0] ?? NO_EVENTS
    return stream.revision >= revision
  }

  /** What an append that found its stream further on answers: as the first time, if it is a repeat. */
  const repeated = ({ stream: name, events, expected }: Append, stream: KnownStream): Appended | RevisionConflict => {
    const before = recordedBefore.all(stream.sid, expected, events.length)
    const isRepeat = events.every((event, index) => event.id === before[index]?.[1])
    const last = before.at(-1)
    return isRepeat && last
      ? { revision: expected + events.length, position: last[0] }
      : new RevisionConflict(name, expected)
  }

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
    const { stream: name, events, expected } = append
    const stream = streamOf(append)
    if (!stream || !hasReached(stream, expected)) return new RevisionConflict(name, expected)
    if (stream.revision > expected) return repeated(append, stream)

    let revision = expected
    for (const [index, event] of events.entries()) {
      const data = append.data[index] as string
      const metadata = append.metadata[index] as string
      const position = written.head + 1
      revision++
      const { changes } = insert.run(stream.sid, position, revision, event.id, event.type, recordedAt, metadata, data)
      // Streams have no gaps: only the first event of an append can find its place taken.
      if (changes === 0) return repeated(append, stream)
      written.head = position
      written.recorded.push(recorded(event, name, revision, position, time))
      written.sizes.push(data.length + metadata.length)
    }
    stream.revision = revision
    return { revision, position: written.head }
  }

  return {
    head,

    write(group, recordedAt) {
      try {
        return db.transaction(() => write(group, recordedAt))
      } catch (error) {
        // What was learned of streams in a transaction that is rolled back is not so.
        known.clear()
        throw error
      }
    },

    after(position, through, limit, categories) {
      const rows = categories
        ? afterOfSome.all(position, through, JSON.stringify([...categories]), limit)
        : afterOfAll.all(position, through, limit)
      const last = rows.at(-1)
      return { events: rows.map(eventOf), position: last && rows.length === limit ? last[0] : through }
    },

    forwards(name, from, limit) {
      const stream = knownStream(name)
      return stream ? streamForwards.all(name, stream.sid, from, limit).map(eventOf) : []
    },

    find({ stream, revision, position, id }) {
      if (idAt.get(stream, revision, position)?.[0] === id) return 'found'
      // A name without events: somebody has deleted them from the file.
      const row = findStream.get(stream)
      return row && lastRevision.get(row[0])?.[0] === null ? 'removed' : 'missing'
    },

    backwards(name, before, limit) {
      const stream = knownStream(name)
      return stream ? streamBackwards.all(name, stream.sid, before, limit).map(eventOf) : []
    },
  }
}

function createTables(db: Database, mustExist: boolean): void {
  const version = db.prepare<[number]>('PRAGMA user_version', 'arrays').get()?.[0]
  if (version === 0 && mustExist) throw new Error('It is no log: it has no tables of events. Put the log back.')
  if (version === 0) db.exec(TABLES)
  else if (version !== TABLES_VERSION)
    throw new Error(`The event log has tables of version ${version}, not ${TABLES_VERSION}.`)
}

/** What readers and subscribers get. */
function recorded(
  { type, data, id, metadata }: NewEvent,
  stream: StreamName,
  revision: Revision,
  position: Position,
  recordedAt: string,
): RecordedEvent {
  return upcast({ type, data, id, metadata, stream, revision, position, recordedAt } as RecordedEvent)
}

function eventOf([position, revision, id, type, recordedAt, metadata, data, stream]: Row): RecordedEvent {
  const event = { type, data: JSON.parse(data), id, metadata: JSON.parse(metadata) } as NewEvent
  return recorded(event, stream, revision, position, timeText(recordedAt))
}

let lastTime = 0
let lastTimeText = new Date(0).toISOString()

/** RFC 3339 in UTC. Neighbours in the log often have the very same time: the last text is kept. */
function timeText(time: number): string {
  if (time !== lastTime) {
    lastTimeText = new Date(time).toISOString()
    lastTime = time
  }
  return lastTimeText
}
