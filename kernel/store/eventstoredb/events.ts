// What the server has recorded, as the port tells it: numbers for positions and revisions, public names, no events of the server's own.
import type { AllStreamResolvedEvent, ResolvedEvent, Position as ServerPosition } from '@eventstore/db-client'
import type { Catalogue } from '../catalogue.ts'
import type { ForeignEvent, RecordedEvent } from '../event-store.ts'
import type { Position } from '../position.ts'
import { NotJson, recognise } from '../recognise.ts'
import type { Names } from './names.ts'

type Resolved = ResolvedEvent | AllStreamResolvedEvent

/** A position as the server takes it. Commit equals prepare: only transactions over TCP, long gone, had two. */
export function serverPosition(position: Position): ServerPosition {
  return { commit: BigInt(position), prepare: BigInt(position) }
}

/** The number for a position, or `undefined` if there is none: the server says -1, unsigned, where it does not know. */
export function knownPosition(position: ServerPosition | undefined): Position | undefined {
  if (!position || position.commit !== position.prepare) return undefined
  const number = Number(position.commit)
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * How far a checkpoint of the server is. From history without an event of ours it tells the beginning of the page that it has looked at, with
 * a prepare position of 0; later the position of an event.
 */
export function checkpointAt({ commit }: ServerPosition): Position | undefined {
  return knownPosition({ commit, prepare: commit })
}

/** Where something stands in the log. @throws Error when that is no position that a number can hold */
export function positionOf({ event, link, commitPosition }: Resolved): Position {
  const at =
    (link ?? event)?.position ??
    (commitPosition === undefined ? undefined : { commit: commitPosition, prepare: commitPosition })
  const position = knownPosition(at)
  if (position === undefined) {
    throw new Error(
      `Event ${event?.id ?? link?.id} in ${event?.streamId ?? link?.streamId} has the position ${at?.commit}/${at?.prepare}, which cannot be used.`,
    )
  }
  return position
}

/**
 * An event of the namespace, as readers get it; `undefined` for one of another namespace, and for what belongs to the server: metadata, and
 * tombstones (at a revision beyond what a number holds).
 */
export function recordedEvent(
  resolved: Resolved,
  names: Names,
  catalogue: Catalogue,
): RecordedEvent | ForeignEvent | undefined {
  const { event } = resolved
  if (!event || !names.isOurs(event.streamId) || OF_THE_SERVER.has(event.type)) return undefined
  const { type, id, metadata, isJson, streamId, created } = event
  const at = { stream: names.stream(streamId), revision: Number(event.revision), position: positionOf(resolved) }
  // Somebody has put them there: none of the server's own links is in a stream of a desk.
  if (resolved.link || type === LINK) return { ...at, type, foreign: 'it is a link to another event' }
  const data = isJson ? event.data : new NotJson()
  return recognise({ ...at, type, id, metadata, data, recordedAt: timeText(created) }, catalogue)
}

const LINK = '$>'
const OF_THE_SERVER: ReadonlySet<string> = new Set(['$streamDeleted', '$metadata'])

function timeText(time: Date): string {
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString()
}
