// Pauses that grow with each failure and jitter: a crowd that has failed together does not come back together.

export interface BackOff {
  /** The pause after one more failure, in ms: between half of the longest one that is allowed by now and all of it. */
  next(): number
  /** The longest pause, in ms, with the same jitter. It does not change the next one. */
  longest(): number
  /** The work succeeded: the next failure is the first one. */
  reset(): void
}

export interface BackOffOptions {
  /** The first pause (default 50), and the longest one (default 5,000), in ms. */
  firstPauseMs?: number
  longestPauseMs?: number
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/** Pauses that double from one failure to the next. `retry` is for work that ends; this is for work that goes on for ever. */
export function backOff({
  firstPauseMs = FIRST_PAUSE_MS,
  longestPauseMs = LONGEST_PAUSE_MS,
}: BackOffOptions = {}): BackOff {
  let upTo = firstPauseMs
  return {
    next() {
      const pauseMs = jittered(upTo)
      upTo = Math.min(2 * upTo, longestPauseMs)
      return pauseMs
    },
    longest: () => jittered(longestPauseMs),
    reset() {
      upTo = firstPauseMs
    },
  }
}

/** A pause between half of the given one and all of it. */
function jittered(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random() / 2)
}
