// State subscriptions: documents now, and after every change; a slow client misses what lay in between, never the last state.
import { setImmediate as turn } from 'node:timers/promises'
import { documentChanges as changesOf, type DocumentChange } from '../../kernel/projecting/feed/document-changes.ts'
import type { Source } from '../../kernel/projecting/feed/live.ts'
import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { HistoryEntry } from '../../kernel/projecting/store/view-store.ts'
import type { Position } from '../../kernel/store/position.ts'
import { type Loaded, load, loadUnbroken, type Reads } from '../context.ts'
import type { ViewName } from '../views/index.ts'
import { type OrderDocument, orders } from '../views/orders.ts'

/** A document of the shop now, and after every change. See the function of the kernel. */
export function documentChanges<View extends ViewName>(
  { documents, feed }: Reads,
  view: View,
  id: string,
  since: Position | undefined,
): Source<DocumentChange<Loaded<View>>> {
  return changesOf(feed, () => load(documents, view, id), documentTopic(view, id), since)
}

interface OrdersChange {
  kind: 'SNAPSHOT' | 'CHANGED'
  orders: readonly OrderDocument[]
  position: Position
}

const MAX_ORDERS = 50
const HISTORY_PAGE = 500

/**
 * The latest 50 orders of a customer now, then those that changed or were placed. With `since` only the orders that were
 * touched after it: resuming and going on are one. Orders that are broken are left out.
 */
export function customerOrdersChanges(
  { views, documents, feed }: Reads,
  customerId: string,
  since: Position | undefined,
): Source<OrdersChange> {
  const topic = `${documentTopic('customers', customerId)}/orders`
  const changes = feed.changes(topic)
  /** Everything up to there was given out. */
  let position = since
  let isCaughtUp = false

  async function snapshot(): Promise<OrdersChange> {
    const { items, asOf } = await views.page(orders, {
      filter: [{ field: 'customerId', oneOf: [customerId] }],
      orderBy: { field: 'createdAt', direction: 'DESC' },
      first: MAX_ORDERS,
    })
    return { kind: 'SNAPSHOT', orders: items.map(({ item }) => item), position: asOf }
  }

  async function touchedAfter(start: Position): Promise<OrdersChange> {
    const page = await views.history({ topic, after: start, first: HISTORY_PAGE })
    const { ids, entries } = ordersOf(page.entries)
    isCaughtUp = entries === page.entries.length && !page.hasNextPage
    const readTo = page.entries[entries - 1]?.position ?? start
    return {
      kind: 'CHANGED',
      orders: await loadUnbroken(documents, 'orders', ids),
      position: isCaughtUp ? Math.max(start, page.asOf) : readTo,
    }
  }

  return {
    async next() {
      if (isCaughtUp && !(await changes.next())) return undefined
      // Others have their turn between the pages.
      if (position !== undefined && !isCaughtUp) await turn()
      const change = position === undefined ? await snapshot() : await touchedAfter(position)
      if (position === undefined) isCaughtUp = true
      position = change.position
      return change.kind === 'SNAPSHOT' || change.orders.length > 0 ? [change] : []
    },
    close: changes.close,
  }
}

const ORDER_TOPIC = documentTopic('orders', '')

/** The orders that the first entries touched, each once, at most 50 of them, and how many entries that are. */
function ordersOf(entries: readonly HistoryEntry[]): { ids: string[]; entries: number } {
  const ids = new Set<string>()
  for (const [index, { topics }] of entries.entries()) {
    const touched = topics
      .filter((topic) => topic.startsWith(ORDER_TOPIC))
      .map((topic) => topic.slice(ORDER_TOPIC.length))
    const isNew = touched.some((id) => !ids.has(id))
    if (isNew && ids.size >= MAX_ORDERS) return { ids: [...ids], entries: index }
    for (const id of touched) ids.add(id)
  }
  return { ids: [...ids], entries: entries.length }
}
