// Which events a reader can trust: each recorded event is judged once, where an adapter first reads it.
import type * as z from 'zod'
import { messageOf } from '../failures/message-of.ts'
import { type Catalogue, isBookkeeping } from './catalogue.ts'
import { categoryOf, ownPart } from './categories.ts'
import type { Category, Data } from './category.ts'
import type { ForeignEvent, Metadata, RecordedEvent, Revision, StreamName, UnreadableEvent } from './event-store.ts'
import type { Position } from './position.ts'
import { upcast } from './upcast.ts'

/** An event as a store has it. Anybody may have written it: nothing is known of what it says. */
export interface StoredEvent {
  /** The name of its stream, without the namespace. */
  stream: string
  type: string
  id: string
  revision: Revision
  position: Position
  /** RFC 3339, UTC, milliseconds. */
  recordedAt: string
  /** What the JSON of both says; `NotJson` where it is none, `undefined` where there is nothing. */
  metadata: unknown
  data: unknown
}

/** Bytes, or a text that no JSON parser takes. `problem` is what a text is wrong at. */
export class NotJson {
  readonly problem: string | undefined
  constructor(problem?: string) {
    this.problem = problem
  }
}

/** Parses a text. The parser counts characters from the beginning of the text, and calls that a position: a log has other ones. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return new NotJson(messageOf(error).replace(/\bat position (\d+)/, 'at character $1 of the text'))
  }
}

/**
 * The event as readers get it.
 * - Foreign: it has no metadata of a desk, is not JSON, or is in a stream that no desk has. Somebody else wrote it, and readers skip it.
 * - Unreadable: a desk wrote it, but this release cannot tell what it says. It must not be skipped, since it may have decided something.
 * - All others have a type of the catalogue and the shape that goes with it; fields that the catalogue does not have may be there too.
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

/** Also of an old version: that it cannot be upcast is no reason to show it as something else. */
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

/** All types of events, whatever their category. */
function typesOf(catalogue: Catalogue): ReadonlySet<string> {
  const known = types.get(catalogue)
  if (known) return known
  const all = new Set(Object.values(catalogue.categories).flatMap(({ events }) => Object.keys(events)))
  types.set(catalogue, all)
  return all
}

/**
 * The kernel has to understand processes of a newer release beside it as long as the shape is the same: those that share a lease, for
 * example.
 */
function isOfKernel(category: string): boolean {
  return category === 'log' || isBookkeeping(category)
}

/** The fields of metadata besides the version: all are texts, and none has to be there. */
const TEXTS: ReadonlySet<string> = new Set(['commandId', 'digest', 'correlationId', 'causationId', 'actor'])

/** The metadata that a desk writes, without fields that only others have; `undefined` when it is none. */
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

/** The first thing that is wrong, e.g. `lines.0.quantity: Invalid input: expected number, received string`. */
function issueOf({ issues: [first] }: z.ZodError): string {
  return first ? [first.path.join('.'), first.message].filter(Boolean).join(': ') : 'it is not valid'
}
