// Every subscription of the schema: what it follows, and what its messages show.

import { follow } from '../../kernel/projecting/feed/follow.ts'
import type {
  SubscriptionCustomerChangedArgs,
  SubscriptionCustomerOrdersChangedArgs,
  SubscriptionEventsRecordedArgs,
  SubscriptionOrderChangedArgs,
  SubscriptionOrdersFeedArgs,
  SubscriptionProductChangedArgs,
} from '../../schema/types.generated.ts'
import type { EventFeedItemResolvers, OrderFeedItemResolvers, SubscriptionResolvers } from '../resolvers.generated.ts'
import { historyFilter, requireId } from './arguments.ts'
import { customerOrdersChanges, documentChanges } from './live-documents.ts'
import { orderAsSent, orderEventFeed } from './live-events.ts'
import { messages, subscription } from './messages.ts'

export const Subscription: SubscriptionResolvers = {
  customerChanged: subscription(({ customerId, since }: SubscriptionCustomerChangedArgs, { reads }) => {
    requireId('customer', 'customerId', customerId)
    const changes = documentChanges(reads, 'customers', customerId, since ?? undefined)
    return messages(changes, ({ document, ...change }) => ({ ...change, customer: document }))
  }),

  orderChanged: subscription(({ orderId, since }: SubscriptionOrderChangedArgs, { reads }) => {
    requireId('order', 'orderId', orderId)
    const changes = documentChanges(reads, 'orders', orderId, since ?? undefined)
    return messages(changes, ({ document, ...change }) => ({ ...change, order: document }))
  }),

  productChanged: subscription(({ productId, since }: SubscriptionProductChangedArgs, { reads }) => {
    requireId('product', 'productId', productId)
    const changes = documentChanges(reads, 'products', productId, since ?? undefined)
    return messages(changes, ({ document, ...change }) => ({ ...change, product: document }))
  }),

  customerOrdersChanged: subscription(({ customerId, since }: SubscriptionCustomerOrdersChangedArgs, { reads }) => {
    requireId('customer', 'customerId', customerId)
    return messages(customerOrdersChanges(reads, customerId, since ?? undefined), (change) => change)
  }),

  ordersFeed: subscription(({ filter, since }: SubscriptionOrdersFeedArgs, { reads }) => {
    const feed = orderEventFeed(reads, filter, since ?? undefined)
    return messages(feed, async (item) => ('resumeSince' in item ? item : orderAsSent(reads, item)))
  }),

  eventsRecorded: subscription(({ filter, since }: SubscriptionEventsRecordedArgs, { reads }) =>
    messages(follow(reads, historyFilter(filter), since ?? undefined), (item) => item),
  ),
}

export const OrderFeedItem: OrderFeedItemResolvers = {
  __resolveType: (item) => ('resumeSince' in item ? 'FeedLagged' : 'OrderEvent'),
}

export const EventFeedItem: EventFeedItemResolvers = {
  __resolveType: (item) => ('resumeSince' in item ? 'FeedLagged' : 'Event'),
}
