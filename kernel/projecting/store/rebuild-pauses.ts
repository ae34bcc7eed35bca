// The pauses before rebuilds: no rebuild mends damage that comes back, so it is not repeated in a loop.
import type { ViewsLost } from './view-store.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 600_000

/** Damage that comes back within this many times the last pause is the same damage. */
const COMES_BACK_WITHIN = 20

/**
 * The pause before each rebuild, in ms. The first damage is repaired at once. The same damage again means that the
 * rebuild did not help: the pauses then double, up to ten minutes. Removed or replaced views are no damage, and are
 * rebuilt at once.
 * @param now the clock, in ms
 */
export function rebuildPauses(now: () => number = () => performance.now()): (lost: ViewsLost) => number {
  let last: { damage: string; at: number; pauseMs: number } | undefined

  return ({ message, cause }) => {
    if (cause === undefined) return 0
    const at = now()
    const isSame = last?.damage === message && at - last.at < COMES_BACK_WITHIN * Math.max(last.pauseMs, FIRST_PAUSE_MS)
    const pauseMs = isSame ? Math.min(Math.max(2 * (last?.pauseMs ?? 0), FIRST_PAUSE_MS), LONGEST_PAUSE_MS) : 0
    last = { damage: message, at: at + pauseMs, pauseMs }
    return pauseMs
  }
}
