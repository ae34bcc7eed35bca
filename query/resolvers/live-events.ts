// Feeds: each event once and in order. A client that is too slow receives the position to resume from, and the feed
// ends.

import { orderEvents, orderNotes } from '../../events/catalogue.ts'
import { ownerOf } from '../../events/owners.ts'
import { follow, type Lagged } from '../../kernel/projecting/feed/follow.ts'
import type { Source } from '../../kernel/projecting/feed/live.ts'
import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { HistoryFilter } from '../../kernel/projecting/store/history-filter.ts'
import type { HistoryEntry } from '../../kernel/projecting/store/view-store.ts'
import type { Position } from '../../kernel/store/position.ts'
import type { OrderFeedFilter } from '../../schema/types.generated.ts'
import type { Reads } from '../context.ts'
import type { OrderDocument } from '../views/orders.ts'
import { eventTypes, requireId } from './arguments.ts'

/** The records of an order about its placement by choreography contain nothing new for clients. */
const orderEventTypes = Object.keys(orderEvents).filter((type) => !Object.hasOwn(orderNotes, type))

/**
 * The events of orders that meet the client's conditions, after `since`, or from now on.
 * @throws GraphQLError when a condition is malformed
 */
export function orderEventFeed(
  reads: Reads,
  conditions: OrderFeedFilter | null | undefined,
  since: Position | undefined,
): Source<HistoryEntry | Lagged> {
  const { customerId, productId, typeIn } = conditions ?? {}
  const filter: HistoryFilter = { typeIn: orderEventTypes }
  if (typeIn) filter.typeIn = eventTypes(typeIn).filter((type) => orderEventTypes.includes(type))
  if (typeof customerId === 'string') {
    requireId('customer', 'filter.customerId', customerId)
    filter.topic = `${documentTopic('customers', customerId)}/orders`
  }
  if (typeof productId === 'string') requireId('product', 'filter.productId', productId)
  const { next, close } = follow(reads, filter, since)
  return {
    async next() {
      const items = (await next())?.filter(isOfOrder)
      return items && typeof productId === 'string' ? withProduct(reads, items, productId) : items
    },
    close,
  }
}

/** Those whose order has a line of the product when they are sent: a revision may have changed its lines since. */
async function withProduct(
  { documents }: Reads,
  items: readonly (HistoryEntry | Lagged)[],
  productId: string,
): Promise<(HistoryEntry | Lagged)[]> {
  const isShown = async (item: HistoryEntry | Lagged): Promise<boolean> => {
    if ('resumeSince' in item) return true
    try {
      const order = await documents.orders.load(orderIdOf(item))
      return order?.productIds.includes(productId) ?? false
    } catch {
      // An order that cannot be read goes along: its reader shall see the error, not nothing.
      return true
    }
  }
  const shown = await Promise.all(items.map(isShown))
  return items.filter((_, index) => shown[index])
}

/** An event of an order with the order as it is now. @throws GraphQLError with the code VIEW_BROKEN */
export async function orderAsSent(
  { documents }: Reads,
  event: HistoryEntry,
): Promise<{ event: HistoryEntry; order: OrderDocument; position: Position }> {
  const orderId = orderIdOf(event)
  const order = await documents.orders.load(orderId)
  if (!order) throw new Error(`There is an event of ${orderId}, but no document`)
  return { event, order, position: event.position }
}

/** One that could not be read may stand in any stream. */
function isOfOrder(item: HistoryEntry | Lagged): boolean {
  return 'resumeSince' in item || ownerOf(item.stream)?.entity === 'order'
}

/** By the stream: the data of an event that could not be read says nothing. */
function orderIdOf({ type, stream }: HistoryEntry): string {
  const owner = ownerOf(stream)
  if (owner?.entity !== 'order') throw new Error(`${type} is not an event of an order`)
  return owner.id
}
