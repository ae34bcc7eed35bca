// Orders: by id, in pages, and what is shown of one and of its placement.

import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { Condition } from '../../kernel/projecting/store/view-store.ts'
import type { OrderFilter, OrderSort } from '../../schema/types.generated.ts'
import type { QueryContext } from '../context.ts'
import type {
  OrderLineResolvers,
  OrderResolvers,
  PlacementResolvers,
  QueryResolvers,
  RevisionResolvers,
} from '../resolvers.generated.ts'
import { orders } from '../views/orders.ts'
import { rangeCondition, requireId, waitFor } from './arguments.ts'
import { lookUp } from './look-up.ts'
import { documentPage, historyPage, listPage } from './pages.ts'

export const orderQueries: Pick<QueryResolvers, 'order' | 'orders'> = {
  order: (_, { id, atLeast }, context) => {
    requireId('order', 'id', id)
    return lookUp('orders', id, atLeast, context)
  },

  async orders(_, { atLeast, ...args }, context) {
    await waitFor(atLeast, context)
    return orderPage(context, 'orders', args, [])
  },
}

export const Order: OrderResolvers = {
  customer: ({ customerId }, _, { loaders }) => loaders.customers.load(customerId),
  history: ({ id }, page, context) =>
    historyPage(context, `${id}.history`, { topic: documentTopic('orders', id) }, page),
  placement: ({ id, placement }) => ({ ...placement, orderId: id }),
  revision: ({ id, revision }) => revision && { ...revision, orderId: id },
}

export const OrderLine: OrderLineResolvers = {
  product: ({ productId }, _, { loaders }) => loaders.products.load(productId),
}

export const Placement: PlacementResolvers = {
  steps: ({ orderId, steps }, page) => listPage(`${orderId}.placement.steps`, steps, page),
}

export const Revision: RevisionResolvers = {
  steps: ({ orderId, number, steps }, page) => listPage(`${orderId}.revision ${number}.steps`, steps, page),
}

interface OrderPageArguments {
  first: number | null | undefined
  after?: string | null | undefined
  filter?: OrderFilter | null | undefined
  orderBy?: OrderSort | null | undefined
}

/**
 * A page of the orders that meet the client's filter and some further conditions, without those that are broken.
 * @param list names the list that the page is of
 * @throws GraphQLError when an argument is wrong
 */
export function orderPage(
  context: QueryContext,
  list: string,
  { filter, orderBy, ...page }: OrderPageArguments,
  further: readonly Condition[],
) {
  return documentPage(context, list, orders, page, {
    filter: [...further, ...orderConditions(filter ?? {})],
    orderBy: { field: sortFields[orderBy?.field ?? 'CREATED_AT'], direction: orderBy?.direction ?? 'DESC' },
  })
}

const sortFields = {
  PLACED_AT: 'placedAt',
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  TOTAL: 'total',
} as const

function orderConditions({ customerId, productId, statusIn, ...ranges }: OrderFilter): Condition[] {
  const conditions = [
    ...rangeCondition('total', ranges.total),
    ...rangeCondition('placedAt', ranges.placedAt),
    ...rangeCondition('createdAt', ranges.createdAt),
  ]
  if (typeof customerId === 'string') {
    requireId('customer', 'filter.customerId', customerId)
    conditions.push({ field: 'customerId', oneOf: [customerId] })
  }
  if (typeof productId === 'string') {
    requireId('product', 'filter.productId', productId)
    conditions.push({ field: 'productIds', oneOf: [productId] })
  }
  if (statusIn) conditions.push({ field: 'status', oneOf: statusIn })
  return conditions
}
