// The newest event of a namespace in a log that others write to as well.
import type { AllStreamResolvedEvent, StreamingRead } from '@eventstore/db-client'
import { type Position, START } from '../position.ts'
import { positionOf } from './eventstoredb-events.ts'
import { atLeader } from './eventstoredb-leader.ts'

export interface Head {
  /** @throws StoreUnavailable */
  find(): Promise<Position>
  /** An event of the namespace is at this position. */
  note(position: Position): void
}

/** The newest event of the server, of whoever it is. @throws StoreUnavailable */
export async function endOf(readNewest: () => StreamingRead<AllStreamResolvedEvent>): Promise<Position> {
  for await (const resolved of atLeader(readNewest)) return positionOf(resolved)
  return START
}

/**
 * Searches the log backwards for the newest event of the namespace, no further than the search before came from: a subscriber that
 * has seen everything is at this position or beyond, whatever others write.
 * @param readBackwards everything from the end of the log on
 */
export function headOf(
  readBackwards: () => StreamingRead<AllStreamResolvedEvent>,
  isOurs: (resolved: AllStreamResolvedEvent) => boolean,
): Head {
  let newest: Position = START
  let searched: Position = START

  const note = (position: Position) => {
    newest = Math.max(newest, position)
  }

  return {
    note,
    async find() {
      let end: Position | undefined
      for await (const resolved of atLeader(readBackwards)) {
        const position = positionOf(resolved)
        end ??= position
        if (position <= searched || position <= newest) break
        if (!isOurs(resolved)) continue
        note(position)
        break
      }
      searched = Math.max(searched, end ?? START)
      return newest
    },
  }
}
