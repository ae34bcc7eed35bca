// Checks that views were folded from the history of a log: a log that was restored from a backup has lost its end.

import { foldedCategories } from '../../store/catalogue.ts'
import type { EventMark, EventStore } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'
import { type ViewStore, ViewsOfAnotherLog, WAY_OUT } from '../store/view-store.ts'

/**
 * The difference between the history of the views and that of the log: a clause such as "the log ends at position 12";
 * `undefined` when there is none. Leases, checkpoints and snapshots do not count.
 * @throws StoreUnavailable, and the errors of the view store
 */
export async function differenceOfHistory(
  views: Pick<ViewStore, 'lastFolded'>,
  store: Pick<EventStore, 'find' | 'end' | 'head' | 'subscribe' | 'catalogue'>,
): Promise<string | undefined> {
  // The views first: the log, which is read after them, then has all events that they have folded.
  const { checkpoint, event } = await views.lastFolded()
  if (!event) return undefined
  const found = await store.find(event)
  const end = await store.end()
  if (found === 'missing') {
    return `they end with ${described(event)}, and the log, which ends at position ${end}, does not have that event`
  }
  if (checkpoint > end) return `they are folded up to position ${checkpoint}, and the log ends at position ${end}`
  if (found === 'removed') return undefined
  const passedOver = await firstFoldedBetween(store, event.position, Math.min(checkpoint, await store.head()))
  return passedOver && `they are folded up to position ${checkpoint} without ${described(passedOver)}`
}

/**
 * Compares the views with the log. A log that was restored from a backup would give the next events positions that the
 * views have folded already, and the views show events that it never had.
 * @param which views, for the error: their file, for example
 * @throws ViewsOfAnotherLog with the difference and a remedy
 */
export async function assertSameHistory(views: ViewStore, store: EventStore, which: string): Promise<void> {
  const difference = await differenceOfHistory(views, store)
  if (difference === undefined) return
  throw new ViewsOfAnotherLog(
    `The views in ${which} show a history that the log does not have: ${difference}. ${WAY_OUT}`,
  )
}

/** No foldable event may follow the last event folded before the checkpoint. */
async function firstFoldedBetween(
  store: Pick<EventStore, 'subscribe' | 'catalogue'>,
  after: Position,
  through: Position,
): Promise<EventMark | undefined> {
  if (after >= through) return undefined
  const enough = new AbortController()
  const categories = foldedCategories(store.catalogue)
  try {
    for await (const { events, position } of store.subscribe(after, { signal: enough.signal, categories })) {
      const [first] = events
      if (first && first.position <= through) return first
      if (position >= through) return undefined
    }
  } finally {
    enough.abort()
  }
  return undefined
}

function described({ stream, revision, position, id }: EventMark): string {
  return `the event ${id}, revision ${revision} of ${stream} at position ${position}`
}
