// All resolvers of the read side.
import type { Resolvers } from '../resolvers.generated.ts'
import { Customer, customerQueries } from './customers.ts'
import { deskQueries, Node } from './desk.ts'
import { Event, eventQueries } from './events.ts'
import { Order, OrderLine, orderQueries, Placement, Revision } from './orders.ts'
import { ParkedOrder, parkedQueries } from './parked.ts'
import { CustomerPayload, OrderPayload, ParkedPayload, ProductPayload, UserError } from './payloads.ts'
import { Product, productQueries } from './products.ts'
import { EventFeedItem, OrderFeedItem, Subscription } from './subscriptions.ts'

export const queryResolvers: Resolvers = {
  Query: { ...deskQueries, ...customerQueries, ...orderQueries, ...productQueries, ...parkedQueries, ...eventQueries },
  Subscription,
  Node,
  Customer,
  Order,
  OrderLine,
  Placement,
  Revision,
  Product,
  Event,
  CustomerPayload,
  ProductPayload,
  OrderPayload,
  ParkedOrder,
  ParkedPayload,
  UserError,
  OrderFeedItem,
  EventFeedItem,
}
