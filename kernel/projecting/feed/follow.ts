// Follows the history: each entry once and in order, from a position or from now, first from the store and then live.
import { setImmediate as turn } from 'node:timers/promises'
import type { Position } from '../../store/position.ts'
import type { HistoryFilter } from '../store/history-filter.ts'
import type { HistoryEntry, ViewStore } from '../store/view-store.ts'
import type { Feed } from './feed.ts'
import type { Source } from './live.ts'

/** The reader was too slow for the live feed. All entries up to `resumeSince` were returned; nothing follows. */
export interface Lagged {
  resumeSince: Position
}

const PAGE_SIZE = 100

/**
 * The matching entries after `since`, or after this node's position without it, at most 100 at a time. They end when
 * the feed closes, or with `Lagged`. A reader may read stored entries slowly: only live entries are queued for it.
 */
export function follow(
  { views, feed }: { views: Pick<ViewStore, 'history'>; feed: Feed },
  filter: HistoryFilter,
  since?: Position,
): Source<HistoryEntry | Lagged> {
  const queue = feed.entries(filter)
  let last = since ?? feed.position()
  let state: 'stored' | 'live' | 'lagged' = since === undefined ? 'live' : 'stored'
  /** The end of the stored entries at the last read, and the position from which the queue was collecting then. */
  let end: { asOf: Position; queuedFrom: Position } | undefined
  if (since === undefined) queue.start()

  async function stored(): Promise<HistoryEntry[]> {
    const queuedFrom = queue.isCollecting() ? feed.position() : Number.POSITIVE_INFINITY
    const { entries, hasNextPage, asOf } = await views.history({ ...filter, after: last, first: PAGE_SIZE })
    last = Math.max(last, hasNextPage ? (entries.at(-1)?.position ?? last) : asOf)
    end = hasNextPage ? undefined : { asOf, queuedFrom }
    return entries
  }

  async function queued(): Promise<(HistoryEntry | Lagged)[] | undefined> {
    const taken = await queue.take()
    if (taken === 'ended') return undefined
    if (taken === 'overflowed') {
      state = 'lagged'
      return [{ resumeSince: last }]
    }
    const unseen = taken.filter((entry) => entry.position > last)
    last = Math.max(last, taken.at(-1)?.position ?? last)
    return unseen
  }

  return {
    async next() {
      if (state === 'lagged' || queue.isEnded()) return undefined
      if (end !== undefined) {
        // The queue began before that page was read, and has not overflowed since: together they are complete.
        if (queue.isCollecting() && end.asOf >= end.queuedFrom) state = 'live'
        else queue.start()
        end = undefined
      }
      if (state === 'live') return queued()
      const entries = await stored()
      // An embedded store answers at once, and a client that keeps up takes at once: other work gets its turn between
      // pages.
      await turn()
      return entries
    },
    close: queue.close,
  }
}
