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

/** The newest event of the server, of whoever it is. @throws StoreUnavailable */
export async function endOf(readNewest: () => StreamingRead<AllStreamResolvedEvent>): Promise<Position> {
  for await (const resolved of atLeader(readNewest)) return positionOf(resolved)
  return START
}

/** The first search reads so many events, and each further one of the same head ten times as many. */
const FIRST_SEARCH = 100
const SEARCH_GROWS_BY = 10

/** A namespace whose log has not begun has no events, unless somebody has just written one: the search goes no further back. */
const SEARCHED_WITHOUT_LOG = 1_000

interface Searching {
  /** The newest events of the server, whoever wrote them: so many, and the newest one first. */
  readNewest(maxCount: number): StreamingRead<AllStreamResolvedEvent>
  /** No event of the namespace comes before this position; `undefined` when its log has not begun. @throws StoreUnavailable */
  beginning(): Promise<Position | undefined>
  isOurs(resolved: AllStreamResolvedEvent): boolean
}

/**
 * Searches the log backwards for the newest event of the namespace, no further than the search before came from: a subscriber that
 * has seen everything is at this position or beyond, whatever others write. The search ends where the log of the namespace begins. Each
 * read has a limit, since the server sends all that a read asks for.
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
