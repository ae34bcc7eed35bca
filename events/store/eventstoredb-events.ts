// What the server has recorded, as the port tells it: numbers for positions and revisions, public names, no events of the server's own.
import type { AllStreamResolvedEvent, ResolvedEvent, Position as ServerPosition } from '@eventstore/db-client'
import type { Position } from '../position.ts'
import { upcast } from '../upcasters.ts'
import type { NewEvent, RecordedEvent } from './event-store.ts'
import type { Names } from './eventstoredb-names.ts'

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
 * The event, if it is one of ours. What begins with `$` belongs to the server: metadata, tombstones (at a revision beyond what a number
 * holds), links.
 */
export function recordedEvent(resolved: Resolved, names: Names): RecordedEvent | undefined {
  const { event, link } = resolved
  if (!event || link || event.type.startsWith('$') || !names.isOurs(event.streamId)) return undefined
  // Only desks write to the streams of their namespace: what is in them is what they appended.
  const { type, data, id, metadata } = event
  return upcast({
    ...({ type, data, id, metadata } as unknown as NewEvent),
    stream: names.stream(event.streamId),
    revision: Number(event.revision),
    position: positionOf(resolved),
    recordedAt: event.created.toISOString(),
  })
}
