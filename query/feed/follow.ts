// Follows the history: each entry once and in order, from a position on or from now, from the store first and live then.
import { setImmediate as turn } from 'node:timers/promises'
import type { Position } from '../../events/position.ts'
import type { HistoryFilter } from '../store/history-filter.ts'
import type { HistoryEntry, ViewStore } from '../store/view-store.ts'
import type { Feed } from './feed.ts'
import { stoppable } from './stoppable.ts'

/** The reader was too slow for the live feed. Everything up to `resumeSince` was given out; nothing follows. */
export interface Lagged {
  resumeSince: Position
}

const PAGE_SIZE = 100

/**
 * The matching entries after `since`, or after this node's position without it, in chunks of at most 100; they end when the feed closes, or with `Lagged`.
 * A reader may take its time with what is in the store: only live entries are queued for it.
 */
export function follow(
  { views, feed }: { views: Pick<ViewStore, 'history'>; feed: Feed },
  filter: HistoryFilter,
  since?: Position,
): AsyncIterableIterator<HistoryEntry[] | Lagged, void> {
  const queue = feed.entries(filter)
  let last = since ?? feed.position()
  if (since === undefined) queue.start()

  async function* stored(): AsyncGenerator<HistoryEntry[], void> {
    while (!queue.isEnded()) {
      const queuedFrom = queue.isCollecting() ? feed.position() : Number.POSITIVE_INFINITY
      const { entries, hasNextPage, asOf } = await views.history({ ...filter, after: last, first: PAGE_SIZE })
      if (entries.length > 0) yield entries
      // An embedded store answers at once, and a client that keeps up takes at once: others have their turn between pages.
      await turn()
      last = Math.max(last, hasNextPage ? (entries.at(-1)?.position ?? last) : asOf)
      if (hasNextPage) continue
      // The queue began before this page was read, and has not overflowed since: together they are whole.
      if (queue.isCollecting() && asOf >= queuedFrom) return
      queue.start()
    }
  }

  async function* live(): AsyncGenerator<HistoryEntry[] | Lagged, void> {
    for (;;) {
      const taken = await queue.take()
      if (taken === 'ended') return
      if (taken === 'overflowed') {
        yield { resumeSince: last }
        return
      }
      const unseen = taken.filter((entry) => entry.position > last)
      if (unseen.length > 0) yield unseen
      last = Math.max(last, taken.at(-1)?.position ?? last)
    }
  }

  async function* entries(): AsyncGenerator<HistoryEntry[] | Lagged, void> {
    try {
      if (since !== undefined) yield* stored()
      yield* live()
    } finally {
      queue.close()
    }
  }

  return stoppable(entries(), queue.close)
}
