// Limits the requests in flight to a receiver of unknown capacity: the limit grows while it answers quickly, and
// shrinks otherwise.

/** Called once when the request has ended. `isQuick`: it was answered, and soon. */
export type Leave = (isQuick: boolean) => void

export interface AdaptiveLimit {
  /**
   * Waits for a place among the requests in flight, in the order of arrival.
   * @returns `undefined` when no place was free within the given milliseconds
   */
  enter(withinMs: number): Promise<Leave | undefined>
  /** The present limit of requests in flight. */
  limit(): number
}

const INITIAL = 4
/** Up to here the limit grows by one for each quick answer: it doubles with each round. */
const FAST_UP_TO = 16
const MOST = 1_024
const DECREASE = 0.7

/**
 * A limit that grows additively, by one for each round of quick answers, and shrinks multiplicatively, once for each
 * round with a late or failed request. While it is small it grows by one for each answer, so that it recovers soon
 * after an outage. It never falls below one request, which detects the recovery of the receiver.
 */
export function adaptiveLimit({ initial = INITIAL, most = MOST } = {}): AdaptiveLimit {
  let limit = initial
  let inFlight = 0
  let decreasedAt = Number.NEGATIVE_INFINITY
  /** In order of arrival. */
  const waiting = new Set<() => void>()

  function begin(): Leave {
    const begunAt = performance.now()
    const wasUsed = ++inFlight >= limit / 2
    return (isQuick) => {
      const isUsed = wasUsed || inFlight >= limit / 2
      inFlight--
      if (isQuick) increase(isUsed)
      else decrease(begunAt)
      admit()
    }
  }

  /** A limit that the requests in flight never approach says nothing about the receiver. */
  function increase(isUsed: boolean): void {
    if (isUsed) limit = Math.min(most, limit + (limit < FAST_UP_TO ? 1 : 1 / limit))
  }

  /** Requests that were in flight already when the limit was lowered say nothing about the new one. */
  function decrease(begunAt: number): void {
    if (begunAt < decreasedAt) return
    limit = Math.max(1, limit * DECREASE)
    decreasedAt = performance.now()
  }

  function admit(): void {
    for (const next of waiting) {
      if (inFlight >= Math.floor(limit)) return
      waiting.delete(next)
      next()
    }
  }

  return {
    async enter(withinMs) {
      if (inFlight < Math.floor(limit)) return begin()
      return new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined
        const next = () => {
          clearTimeout(timer)
          resolve(begin())
        }
        waiting.add(next)
        if (withinMs === Number.POSITIVE_INFINITY) return
        timer = setTimeout(() => {
          waiting.delete(next)
          resolve(undefined)
        }, withinMs)
      })
    },
    limit: () => Math.floor(limit),
  }
}
