// Converts the server's records to the events of the port: numbers for positions and revisions, public names, no events
// of the server's own.
import type { AllStreamResolvedEvent, ResolvedEvent, Position as ServerPosition } from '@eventstore/db-client'
import type { Catalogue } from '../catalogue.ts'
import type { ForeignEvent, RecordedEvent } from '../event-store.ts'
import type { Position } from '../position.ts'
import { NotJson, recognise } from '../recognise.ts'
import type { Names } from './names.ts'

type Resolved = ResolvedEvent | AllStreamResolvedEvent

/**
 * A position in the server's form. Commit equals prepare: only transactions over TCP, which no longer exist, had two
 * values.
 */
export function serverPosition(position: Position): ServerPosition {
  return { commit: BigInt(position), prepare: BigInt(position) }
}

/**
 * The number for a position, or `undefined` if there is none: the server sends -1, unsigned, for an unknown position.
 */
export function knownPosition(position: ServerPosition | undefined): Position | undefined {
  if (!position || position.commit !== position.prepare) return undefined
  const number = Number(position.commit)
  return Number.isSafeInteger(number) ? number : undefined
}

/**
 * The position of a server's checkpoint. For history without an event of ours the server reports the beginning of the
 * page that it has read, with a prepare position of 0; later it reports the position of an event.
 */
export function checkpointAt({ commit }: ServerPosition): Position | undefined {
  return knownPosition({ commit, prepare: commit })
}

/** The position of a record in the log. @throws Error when it is no position that a number can represent */
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
 * An event of the namespace, for readers; `undefined` for an event of another namespace, and for the server's own:
 * metadata, and tombstones (at a revision beyond the largest number).
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
  // Somebody else has put them there: none of the server's own links is in a stream of a desk.
  if (resolved.link || type === LINK) return { ...at, type, foreign: 'it is a link to another event' }
  const data = isJson ? event.data : new NotJson()
  return recognise({ ...at, type, id, metadata, data, recordedAt: timeText(created) }, catalogue)
}

const LINK = '$>'
const OF_THE_SERVER: ReadonlySet<string> = new Set(['$streamDeleted', '$metadata'])

function timeText(time: Date): string {
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString()
}
