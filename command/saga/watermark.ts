// Up to where everything is done, while what came later may be done already.
import type { Position } from '../../events/position.ts'

export interface Watermark {
  /** Something at this position has begun; positions never go back. */
  begin(position: Position): void
  /** What has begun at this position is done. */
  end(position: Position): void
  /** Nothing at this position or before it is of interest, unless it has begun. */
  seen(position: Position): void
  /** Everything up to here is done. */
  low(): Position
}

export function openWatermark(start: Position): Watermark {
  /** In ascending order: a Set keeps the order of insertion. */
  const underWay = new Set<Position>()
  let seen = start

  return {
    begin(position) {
      underWay.add(position)
      seen = Math.max(seen, position)
    },
    end: (position) => void underWay.delete(position),
    seen(position) {
      seen = Math.max(seen, position)
    },
    low() {
      for (const first of underWay) return first - 1
      return seen
    },
  }
}
