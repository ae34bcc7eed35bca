// The newest event of a namespace in a log that others write to as well.
import type { AllStreamResolvedEvent, StreamingRead } from '@eventstore/db-client'
import { type Position, START } from '../position.ts'
import { positionOf } from './events.ts'
import { atLeader } from './leader.ts'

export interface Head {
  /** @throws StoreUnavailable */
  find(): Promise<Position>
  /** An event of the namespace is at this position. */
  note(position: Position): void
}

/** The position of the newest event on the server, of any namespace. @throws StoreUnavailable */
export async function endOf(readNewest: () => StreamingRead<AllStreamResolvedEvent>): Promise<Position> {
  for await (const resolved of atLeader(readNewest)) return positionOf(resolved)
  return START
}

/** The number of events in the first search. Each further search for the same head reads ten times as many. */
const FIRST_SEARCH = 100
const SEARCH_GROWS_BY = 10

/**
 * A namespace whose log has not begun has no events, except for one written this moment: the search goes no further
 * back.
 */
const SEARCHED_WITHOUT_LOG = 1_000

interface Searching {
  /** The newest events on the server, of any namespace, in a limited number and newest first. */
  readNewest(maxCount: number): StreamingRead<AllStreamResolvedEvent>
  /**
   * No event of the namespace comes before this position; `undefined` when its log has not begun. @throws
   * StoreUnavailable
   */
  beginning(): Promise<Position | undefined>
  isOurs(resolved: AllStreamResolvedEvent): boolean
}

/**
 * Searches the log backwards for the newest event of the namespace, and stops at the start of the previous search. A
 * subscriber that has received all events is at the found position or beyond, also while others write. The search ends
 * where the log of the namespace begins. Each read has a limit, since the server sends the whole range of a read.
 */
export function headOf({ readNewest, beginning, isOurs }: Searching): Head {
  let newest: Position = START
  let searched: Position = START

  const note = (position: Position) => {
    newest = Math.max(newest, position)
  }

  /** @returns the end of the log, and whether nothing is left to search */
  async function searchNewest(maxCount: number): Promise<{ end: Position; isOver: boolean }> {
    let end: Position = START
    let count = 0
    for await (const resolved of atLeader(() => readNewest(maxCount))) {
      const position = positionOf(resolved)
      if (count++ === 0) end = position
      if (position <= searched || position <= newest) return { end, isOver: true }
      if (!isOurs(resolved)) continue
      note(position)
      return { end, isOver: true }
    }
    return { end, isOver: count < maxCount }
  }

  return {
    note,
    async find() {
      const begun = newest === START ? await beginning() : newest
      if (begun !== undefined) note(begun)
      const most = begun === undefined ? SEARCHED_WITHOUT_LOG : Number.POSITIVE_INFINITY
      for (let count = FIRST_SEARCH; ; count *= SEARCH_GROWS_BY) {
        const { end, isOver } = await searchNewest(count)
        if (!isOver && count < most) continue
        searched = Math.max(searched, end)
        return newest
      }
    },
  }
}
