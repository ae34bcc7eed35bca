// Estimates how long a request was on its way, between two hosts whose clocks cannot be compared.
import { LRUCache } from 'lru-cache'

/** Clocks drift apart: the quickest request of a sender counts for this long, and as long again. */
const WINDOW_MS = 5_000

/** No request takes this long: one of the clocks has stood still, as on a machine that was suspended. */
const LONGEST_MS = 60_000

/** The number of remembered senders. A forgotten one is treated as new. */
const MOST_SENDERS = 1_000

interface Sender {
  since: number
  /** The smallest difference of the two clocks in this window, and in the one before. */
  quickest: number
  before: number
}

/**
 * Compares each request with the quickest one of the same sender. Both clocks are monotonic, and their difference is
 * constant except for the time on the way. So the smallest difference stands for no delay, and each excess over it is a
 * delay. The first request of a sender counts as one without a delay.
 * @returns a function that returns the delay in milliseconds, for a sender and its own monotonic clock at the sending
 */
export function openTransit(): (sender: string, sentAt: number) => number {
  const senders = new LRUCache<string, Sender>({ max: MOST_SENDERS })

  return (name, sentAt) => {
    const now = performance.now()
    const difference = now - sentAt
    const known = senders.get(name)
    if (!known || difference - Math.min(known.quickest, known.before) > LONGEST_MS) {
      senders.set(name, { since: now, quickest: difference, before: difference })
      return 0
    }
    if (now - known.since >= WINDOW_MS) {
      known.before = known.quickest
      known.quickest = difference
      known.since = now
    }
    known.quickest = Math.min(known.quickest, difference)
    return difference - Math.min(known.quickest, known.before)
  }
}
