// The position up to which everything is done, while later work may be done already.
import type { Position } from '../../store/position.ts'

export interface Watermark {
  /** Work at this position has begun; positions never go back. */
  begin(position: Position): void
  /** The work that began at this position is done. */
  end(position: Position): void
  /** No event at this position or before it is relevant, unless its work has begun. */
  seen(position: Position): void
  /**
   * Everything up to here is done. It is a position that was begun, seen or started with: a log can be read after no
   * other.
   */
  low(): Position
}

/** @param start everything up to here is done already */
export function openWatermark(start: Position): Watermark {
  /**
   * The work that has begun, each with the position before it; in ascending order: a Map keeps the order of insertion.
   */
  const underWay = new Map<Position, Position>()
  let newest = start
  let before = start

  function seen(position: Position): void {
    if (position <= newest) return
    before = newest
    newest = position
  }

  return {
    begin(position) {
      seen(position)
      if (!underWay.has(position)) underWay.set(position, before)
    },
    end: (position) => void underWay.delete(position),
    seen,
    low() {
      for (const first of underWay.values()) return first
      return newest
    },
  }
}
