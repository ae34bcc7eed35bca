// The history: entries in blocks of JSON lines, found by hashes of their filter values. It is only ever appended to.
import { setImmediate as turn } from 'node:timers/promises'
import { type Position, START } from '../../../store/position.ts'
import { matcher } from '../history-filter.ts'
import type { HistoryEntry, HistoryQuery, Range } from '../view-store.ts'
import { type Connection, sql, value } from './connection.ts'
import { parseStored } from './stored.ts'

/**
 * Entries of one batch share rows: with a row for each entry, and for each of its keys, writing takes about twice as
 * long.
 */
const BLOCK = 64

/** The number of blocks that are searched before other work gets its turn: about a millisecond. */
const BLOCKS_A_STEP = 8

/** The number of consecutive blocks in one read. */
const READ_AHEAD = 4

/**
 * Keys are hashes, so they are spread all over an index. An index for each span of this many entries keeps the writes
 * in a few pages (2.5 times as fast), and a look-up pays with one step for each span.
 */
const SPAN = 4_096

/** The wanted entries. */
type Filter = Omit<HistoryQuery, 'first'>

/** Creates the missing tables of the history. */
export function createHistory(connection: Connection): void {
  connection.exec(`
    CREATE TABLE history (position INTEGER PRIMARY KEY, entries TEXT NOT NULL);
    CREATE TABLE history_spans (
      position INTEGER PRIMARY KEY, entries INTEGER NOT NULL, earliest TEXT NOT NULL, latest TEXT NOT NULL
    );
    CREATE TABLE history_keys (
      span INTEGER NOT NULL, key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (span, key, block)
    ) WITHOUT ROWID`)
}

/** Appends entries, all of them newer than the stored ones. Within a write transaction. */
export function appendHistory(connection: Connection, entries: readonly HistoryEntry[]): void {
  const insertBlock = connection.statement('INSERT INTO history VALUES (?, ?)')
  const insertKey = connection.statement('INSERT INTO history_keys VALUES (?, ?, ?)')
  let span = lastSpan(connection)
  for (let index = 0; index < entries.length; index += BLOCK) {
    const block = entries.slice(index, index + BLOCK)
    const position = block[0]?.position ?? START
    insertBlock.run(position, block.map((entry) => JSON.stringify(entry)).join('\n'))

    const longer = extended(span, block)
    if (span && span.position !== longer.position) writeSpan(connection, span)
    span = longer
    for (const key of new Set(block.flatMap(keysOf))) insertKey.run(span.position, key, position)
  }
  if (span) writeSpan(connection, span)
}

/** The newest entry. */
export function lastEntry(connection: Connection): HistoryEntry | undefined {
  const block = connection.statement('SELECT entries FROM history ORDER BY position DESC LIMIT 1').get()
  return block && (parseStored(String(block[0]).split('\n').at(-1) ?? '') as HistoryEntry)
}

/**
 * Entries that match, in log order: up to `limit` of those after `after` and not after `until`. A long search proceeds
 * in steps, and other work gets its turn between them; its data does not change meanwhile.
 */
export async function readHistory(
  connection: Connection,
  query: Filter,
  until: Position,
  limit: number,
): Promise<HistoryEntry[]> {
  const { after = START } = query
  const mark = markOf(query)
  const isWanted = matcher(query)
  const found: HistoryEntry[] = []
  let step = 0
  for (const lines of blocks(connection, query, after, until)) {
    if (++step % BLOCKS_A_STEP === 0) await turn()
    for (const line of lines.split('\n')) {
      if (mark !== undefined && !line.includes(mark)) continue
      const entry = parseStored(line) as HistoryEntry
      if (entry.position <= after || entry.position > until || !isWanted(entry)) continue
      found.push(entry)
      if (found.length === limit) return found
    }
  }
  return found
}

/** The blocks that may contain matching entries, in log order. */
function* blocks(connection: Connection, query: Filter, after: Position, until: Position): Generator<string> {
  const conditions = keysOfConditions(query)
  const begin = startOf(connection, 'history', after)
  if (conditions.length === 0 && !query.recordedAt) return yield* blocksBetween(connection, begin, until)

  const spans = connection
    .statement('SELECT position, earliest, latest FROM history_spans WHERE position BETWEEN ? AND ? ORDER BY position')
    .all(startOf(connection, 'history_spans', after), until)
  for (const [index, [span, earliest, latest]] of spans.entries()) {
    if (query.recordedAt && !overlaps(query.recordedAt, String(earliest), String(latest))) continue
    const from = Math.max(Number(span), begin)
    const next = Number(spans[index + 1]?.[0] ?? until + 1)
    yield* conditions.length > 0
      ? blocksWith(connection, Number(span), conditions, from)
      : blocksBetween(connection, from, next - 1)
  }
}

/** The blocks of a span, from a given one on, that contain one of the keys of each condition. */
function* blocksWith(
  connection: Connection,
  span: Position,
  conditions: readonly (readonly number[])[],
  from: Position,
) {
  const withOneOf = (keys: readonly number[]) =>
    `SELECT block FROM history_keys WHERE span = ? AND key IN (${keys.map(() => '?').join(', ')}) AND block >= ?`
  const positions = connection
    .statement(
      `${conditions.map(withOneOf).join(' INTERSECT ')}${conditions.length === 1 ? ' GROUP BY block' : ''} ORDER BY block`,
    )
    .all(...conditions.flatMap((keys) => [span, ...keys, from]))
  for (const [position] of positions) {
    const block = connection.statement('SELECT entries FROM history WHERE position = ?').get(Number(position))
    if (block) yield String(block[0])
  }
}

/** All blocks that begin within these bounds, in groups. */
function* blocksBetween(connection: Connection, begin: Position, end: Position): Generator<string> {
  const next = connection.statement(
    `SELECT position, entries FROM history WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ${READ_AHEAD}`,
  )
  let from = begin
  for (;;) {
    const rows = next.all(from, end)
    for (const [position, entries] of rows) {
      yield String(entries)
      from = Number(position) + 1
    }
    if (rows.length < READ_AHEAD) return
  }
}

/** The beginning of the block, or the span, that may contain the entry after `after`. */
function startOf(connection: Connection, table: 'history' | 'history_spans', after: Position): Position {
  return Number(
    connection.all(sql`SELECT max(position) FROM ${table} WHERE position <= ${value(after)}`)[0]?.[0] ?? START,
  )
}

/** Spans are skipped by time: clocks may jump, so the order of the log is not quite that of time. */
interface Span {
  position: Position
  entries: number
  earliest: string
  latest: string
}

function lastSpan(connection: Connection): Span | undefined {
  const row = connection
    .statement('SELECT position, entries, earliest, latest FROM history_spans ORDER BY position DESC LIMIT 1')
    .get()
  if (!row) return undefined
  const [position, entries, earliest, latest] = row
  return { position: Number(position), entries: Number(entries), earliest: String(earliest), latest: String(latest) }
}

function extended(last: Span | undefined, block: readonly HistoryEntry[]): Span {
  const span = last && last.entries < SPAN ? last : undefined
  const times = block.map((entry) => entry.recordedAt).concat(span ? [span.earliest, span.latest] : [])
  times.sort()
  return {
    position: span?.position ?? block[0]?.position ?? START,
    entries: (span?.entries ?? 0) + block.length,
    earliest: times[0] ?? '',
    latest: times.at(-1) ?? '',
  }
}

function writeSpan(connection: Connection, { position, entries, earliest, latest }: Span): void {
  connection
    .statement('INSERT OR REPLACE INTO history_spans VALUES (?, ?, ?, ?)')
    .run(position, entries, earliest, latest)
}

function overlaps(range: Range, earliest: string, latest: string): boolean {
  const { gte, gt, lte, lt } = range
  const begins = (gte === undefined || latest >= gte) && (gt === undefined || latest > gt)
  const ends = (lte === undefined || earliest <= lte) && (lt === undefined || earliest < lt)
  return begins && ends
}

/** The keys of an entry. */
function keysOf({ topics, stream, type, metadata: { commandId, correlationId } }: HistoryEntry): number[] {
  const keys = [key(type), key(stream)]
  for (const topic of topics) keys.push(key(topic))
  if (commandId !== undefined) keys.push(key(commandId))
  if (correlationId !== undefined) keys.push(key(correlationId))
  return keys
}

/** For each condition, keys of which every matching entry has at least one. */
function keysOfConditions({ commandId, correlationId, stream, topic, typeIn }: Filter): number[][] {
  const texts = [commandId, correlationId, stream, topic].filter((text) => text !== undefined)
  return [...texts.map((text) => [key(text)]), ...(typeIn ? [typeIn.map(key)] : [])]
}

/** A text that is in the line of every entry that matches, so that others need not be parsed. */
function markOf({ commandId, correlationId, stream, topic }: Filter): string | undefined {
  const text = commandId ?? correlationId ?? stream ?? topic
  return text === undefined ? undefined : JSON.stringify(text)
}

/** The stream of a subject, its topics and the requests of its saga all name it: one key serves them all. */
const THING = /(?:cus|ord|prd)_[\w-]{1,64}/

/** FNV-1a, 32 bits. Two texts with the same key cost a vain read of a block, and nothing else. */
function key(text: string): number {
  const named = THING.exec(text)?.[0] ?? text
  let hash = 0x811c9dc5
  for (let index = 0; index < named.length; index++) hash = Math.imul(hash ^ named.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
