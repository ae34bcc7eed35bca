// The requests in flight from a saga or policies to participants. Each request is sent once, until a crash makes the
// sender forget it.
import { take } from './chances.given.ts'

export interface OnTheWay<Request> {
  /** Sends those that were not sent before. */
  send(wanted: readonly Request[]): void
  /** One of them arrives, if there is any, or is lost. */
  take(which: number): Request[]
  /** Sends it once more: it was lost. */
  again(request: Request): void
  /** The requests in flight arrive all the same. */
  crash(): void
  count(): number
}

export function onTheWay<Request>(keyOf: (request: Request) => string): OnTheWay<Request> {
  const requests: Request[] = []
  let sent = new Set<string>()
  return {
    send(wanted) {
      for (const request of wanted) {
        const key = keyOf(request)
        if (sent.has(key)) continue
        sent.add(key)
        requests.push(request)
      }
    },
    take: (which) => take(requests, which),
    again: (request) => void requests.push(request),
    crash() {
      sent = new Set()
    },
    count: () => requests.length,
  }
}
