// Feeds: each event once and in order; a client that is too slow is told where to resume, and the feed ends.
import type { OrderEvent, OrderNote } from '../../events/catalogue.ts'
import type { Position } from '../../events/position.ts'
import type { OrderFeedFilter } from '../../schema/types.generated.ts'
import type { Reads } from '../context.ts'
import { follow, type Lagged } from '../feed/follow.ts'
import { stoppable } from '../feed/stoppable.ts'
import { documentTopic } from '../projection.ts'
import type { HistoryFilter } from '../store/history-filter.ts'
import type { HistoryEntry } from '../store/view-store.ts'
import type { OrderDocument } from '../views/orders.ts'
import { eventTypes, requireId } from './arguments.ts'

/**
 * The matching events after `since`, or from now on.
 * @param select those of a few events that meet a condition that the filter cannot express
 */
export function eventFeed(
  reads: Reads,
  filter: HistoryFilter,
  since: Position | undefined,
  select = async (entries: HistoryEntry[]) => entries,
): AsyncIterableIterator<HistoryEntry | Lagged, void> {
  const chunks = follow(reads, filter, since)

  async function* items(): AsyncGenerator<HistoryEntry | Lagged, void> {
    for await (const chunk of chunks) {
      if (Array.isArray(chunk)) yield* await select(chunk)
      else yield chunk
    }
  }

  return stoppable(items(), () => void chunks.return?.())
}

/** What an order notes of its placement by choreography tells clients nothing new. */
const orderEventTypes = Object.keys({
  OrderPlaced: true,
  OrderApproved: true,
  OrderRejected: true,
  OrderCancelled: true,
  OrderShipped: true,
  OrderPaid: true,
  OrderRevisionRequested: true,
  OrderRevised: true,
  OrderRevisionRejected: true,
} satisfies Record<Exclude<OrderEvent['type'], OrderNote['type']>, true>)

/**
 * The events of orders that meet the client's conditions, after `since`, or from now on.
 * @throws GraphQLError when a condition is malformed
 */
export function orderEventFeed(
  reads: Reads,
  conditions: OrderFeedFilter | null | undefined,
  since: Position | undefined,
): AsyncIterableIterator<HistoryEntry | Lagged, void> {
  const { customerId, productId, typeIn } = conditions ?? {}
  const filter: HistoryFilter = { typeIn: orderEventTypes }
  if (typeIn) filter.typeIn = eventTypes(typeIn).filter((type) => orderEventTypes.includes(type))
  if (typeof customerId === 'string') {
    requireId('customer', 'filter.customerId', customerId)
    filter.topic = `${documentTopic('customers', customerId)}/orders`
  }
  if (typeof productId !== 'string') return eventFeed(reads, filter, since)
  requireId('product', 'filter.productId', productId)
  return eventFeed(reads, filter, since, (entries) => withProduct(reads, entries, productId))
}

/** Those whose order has a line of the product when they are sent: a revision may have changed its lines since. */
async function withProduct({ documents }: Reads, entries: HistoryEntry[], productId: string): Promise<HistoryEntry[]> {
  const found = await documents.orders.loadMany(entries.map(orderIdOf))
  // An order that cannot be read goes along: its reader shall see the error, not nothing.
  return entries.filter((_, index) => {
    const order = found[index]
    return order instanceof Error || order?.productIds.includes(productId)
  })
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

function orderIdOf({ type, data }: HistoryEntry): string {
  if (!('orderId' in data)) throw new Error(`${type} is not an event of an order`)
  return data.orderId
}
