// The query side's part of a mutation's answer: the read model, as soon as it shows the effect of the command.
import type { Payload } from '../../schema/payload.ts'
import { createLoaders, type Loaders, type QueryContext } from '../context.ts'
import type {
  CustomerPayloadResolvers,
  OrderPayloadResolvers,
  ParkedPayloadResolvers,
  ProductPayloadResolvers,
  UserErrorResolvers,
} from '../resolvers.generated.ts'
import { assertReadable, VISIBLE_WITHIN_MS } from './arguments.ts'

export const CustomerPayload: CustomerPayloadResolvers = {
  customer: async (payload, _, context) => (await loadersThatSee(payload, context))?.customers.load(payload.id),
}

export const ProductPayload: ProductPayloadResolvers = {
  product: async (payload, _, context) => (await loadersThatSee(payload, context))?.products.load(payload.id),
}

export const OrderPayload: OrderPayloadResolvers = {
  order: async (payload, _, context) => (await loadersThatSee(payload, context))?.orders.load(payload.id),
}

export const ParkedPayload: ParkedPayloadResolvers = {
  parked: async (payload, _, context) => (await loadersThatSee(payload, context))?.parked.load(payload.id),
}

export const UserError: UserErrorResolvers = {
  __resolveType: ({ code }) => (code === 'CONFLICT' ? 'Conflict' : 'SimpleUserError'),
}

/**
 * Undefined when the command was refused, or the views have not reached it within 2 s.
 * @throws StoreUnavailable when the views cannot be read: the receipt says all the same that the command was done
 */
async function loadersThatSee({ receipt }: Payload, context: QueryContext): Promise<Loaders | undefined> {
  if (!receipt) return undefined
  if (!(await context.reads.feed.reached(receipt.position, VISIBLE_WITHIN_MS))) {
    assertReadable(context.reads)
    return undefined
  }
  // The mutations of an operation run one after another: what an earlier one has loaded may be out of date.
  context.loaders = createLoaders(context.reads)
  return context.loaders
}
