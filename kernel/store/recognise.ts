// Decides which events a reader can trust. An adapter judges each recorded event once, at its first read.
import type * as z from 'zod'
import { messageOf } from '../failures/message-of.ts'
import { type Catalogue, isBookkeeping } from './catalogue.ts'
import { categoryOf, ownPart } from './categories.ts'
import type { Category, Data } from './category.ts'
import type { ForeignEvent, Metadata, RecordedEvent, Revision, StreamName, UnreadableEvent } from './event-store.ts'
import type { Position } from './position.ts'
import { upcast } from './upcast.ts'

/** An event in its stored form. Anybody may have written it, so its content is not trusted. */
export interface StoredEvent {
  /** The name of its stream, without the namespace. */
  stream: string
  type: string
  id: string
  revision: Revision
  position: Position
  /** RFC 3339, UTC, milliseconds. */
  recordedAt: string
  /** The parsed JSON of both texts; `NotJson` where a text is not JSON, `undefined` where there is no text. */
  metadata: unknown
  data: unknown
}

/** Bytes, or a text that no JSON parser accepts. `problem` states the error in a text. */
export class NotJson {
  readonly problem: string | undefined
  constructor(problem?: string) {
    this.problem = problem
  }
}

/**
 * Parses a text. The parser counts characters from the beginning of the text, and calls that a position: a log has
 * other ones.
 */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return new NotJson(messageOf(error).replace(/\bat position (\d+)/, 'at character $1 of the text'))
  }
}

/**
 * The event in its form for readers.
 * - Foreign: it has no metadata of a desk, is not JSON, or is in a stream that no desk has. Somebody else wrote it, and
 * readers skip it.
 * - Unreadable: a desk wrote it, but this release cannot interpret it. Readers must not skip it, since it may have
 * decided something.
 * - All others have a type of the catalogue and data that fit its schema; fields that the catalogue does not have may
 * be there too.
 */
export function recognise(stored: StoredEvent, catalogue: Catalogue): RecordedEvent | ForeignEvent {
  const { stream, type, id, revision, position, recordedAt, data } = stored
  const own = ownPart(stream, catalogue)
  if (own === undefined) return foreign(stored, 'the stream has the name of none that a desk has')
  const name = stream as StreamName
  const category = categoryOf(name)
  if (isDamaged(stored.metadata) && typesOf(catalogue).has(type)) {
    const problem = `its metadata is not JSON: ${stored.metadata.problem}`
    const metadata: Metadata = { schemaVersion: catalogue.version }
    return unreadable({ ...stored, stream: name, metadata }, 'DAMAGED', problem)
  }
  const metadata = metadataOf(stored.metadata)
  if (!metadata) return foreign(stored, 'it has no metadata of a desk')
  if (data instanceof NotJson) {
    if (!isDamaged(data)) return foreign(stored, 'its data is not JSON')
    return unreadable({ ...stored, stream: name, metadata }, 'DAMAGED', `its data is not JSON: ${data.problem}`)
  }

  const ours: Ours = { type, id, stream: name, revision, position, recordedAt, metadata, data }
  const { events, about: aboutOf } = catalogue.categories[category] as Category
  if (!Object.hasOwn(events, type)) {
    return typesOf(catalogue).has(type)
      ? unreadable(ours, 'MALFORMED', `a stream of the category ${category} has no ${type}`)
      : unreadable(ours, 'NEWER', `this release knows no ${type}; a newer one has written it`)
  }
  if (metadata.schemaVersion > catalogue.version && !isOfKernel(category)) {
    const problem = `it was written with version ${metadata.schemaVersion} of the events, and this release knows versions up to ${catalogue.version}`
    return unreadable(ours, 'NEWER', problem)
  }
  if (typeof data !== 'object' || data === null) return unreadable(ours, 'MALFORMED', 'its data is no object')
  const event = upcast(ours as RecordedEvent, catalogue)
  const { error } = (events[type] as z.ZodObject).safeParse(event.data)
  if (error) return unreadable(ours, 'MALFORMED', `its data has not the shape of the catalogue: ${issueOf(error)}`)
  const about = aboutOf(event.data as Data)
  if (about !== own) return unreadable(ours, 'MALFORMED', `it is about ${about}, and its stream about ${own}`)
  return event
}

export function isForeign(event: RecordedEvent | ForeignEvent): event is ForeignEvent {
  return 'foreign' in event
}

interface Ours extends Omit<StoredEvent, 'stream' | 'metadata'> {
  stream: StreamName
  metadata: Metadata
}

function foreign({ stream, type, revision, position }: StoredEvent, why: string): ForeignEvent {
  return { stream, type, revision, position, foreign: why }
}

/** Also for an old version: a failed upcast is no reason to show the event in another form. */
function unreadable(
  { type, data, stream, ...event }: Ours,
  because: UnreadableEvent['data']['because'],
  problem: string,
): RecordedEvent {
  const stored = data instanceof NotJson ? undefined : data
  return { ...event, stream, type: 'Unreadable', data: { recordedAs: type, because, problem, stored } }
}

function isDamaged(json: unknown): json is NotJson & { problem: string } {
  return json instanceof NotJson && json.problem !== undefined
}

const types = new WeakMap<Catalogue, ReadonlySet<string>>()

/** All types of events of all categories. */
function typesOf(catalogue: Catalogue): ReadonlySet<string> {
  const known = types.get(catalogue)
  if (known) return known
  const all = new Set(Object.values(catalogue.categories).flatMap(({ events }) => Object.keys(events)))
  types.set(catalogue, all)
  return all
}

/**
 * The kernel reads processes of a newer release beside it if their data fit the schema: those that share a lease, for
 * example.
 */
function isOfKernel(category: string): boolean {
  return category === 'log' || isBookkeeping(category)
}

/** The optional fields of metadata, besides the version. All are texts. */
const TEXTS: ReadonlySet<string> = new Set(['commandId', 'digest', 'correlationId', 'causationId', 'actor'])

/** The metadata that a desk writes, without fields of other writers; `undefined` for other metadata. */
function metadataOf(metadata: unknown): Metadata | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return undefined
  const fields = metadata as Data
  const { schemaVersion } = fields
  if (!Number.isSafeInteger(schemaVersion) || Number(schemaVersion) < 1) return undefined
  let hasOthers = false
  for (const field in fields) {
    if (TEXTS.has(field)) {
      if (typeof fields[field] !== 'string') return undefined
    } else if (field !== 'schemaVersion') hasOthers = true
  }
  if (!hasOthers) return metadata as Metadata
  const known = Object.entries(fields).filter(([field]) => TEXTS.has(field) || field === 'schemaVersion')
  return Object.fromEntries(known) as unknown as Metadata
}

/** The first mistake, e.g. `lines.0.quantity: Invalid input: expected number, received string`. */
function issueOf({ issues: [first] }: z.ZodError): string {
  return first ? [first.path.join('.'), first.message].filter(Boolean).join(': ') : 'it is not valid'
}
