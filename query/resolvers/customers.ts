// Customers: by id, in pages, and what is shown of one.

import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { Condition } from '../../kernel/projecting/store/view-store.ts'
import type { CustomerResolvers, QueryResolvers } from '../resolvers.generated.ts'
import { customers } from '../views/customers.ts'
import { rangeCondition, requireId, searchConditions, waitFor } from './arguments.ts'
import { lookUp } from './look-up.ts'
import { orderPage } from './orders.ts'
import { documentPage, historyPage } from './pages.ts'

const newestFirst = { field: 'createdAt', direction: 'DESC' } as const
/** The default in the schema, for clients that give null. */
const LARGE_TOTAL = 100_000_00

export const customerQueries: Pick<QueryResolvers, 'customer' | 'customers' | 'recentValuableCustomers'> = {
  customer: (_, { id, atLeast }, context) => {
    requireId('customer', 'id', id)
    return lookUp('customers', id, atLeast, context)
  },

  async customers(_, { filter, atLeast, ...page }, context) {
    await waitFor(atLeast, context)
    const conditions = [
      ...searchConditions('words', filter?.search),
      ...rangeCondition('creditLimit', filter?.creditLimit),
      ...rangeCondition('createdAt', filter?.createdAt),
    ]
    return documentPage(context, 'customers', customers, page, { filter: conditions, orderBy: newestFirst })
  },

  recentValuableCustomers(_, { createdAfter, orderTotalOver, ...page }, context) {
    const filter: Condition[] = [
      { field: 'largestShippedTotal', range: { gt: orderTotalOver ?? LARGE_TOTAL } },
      ...rangeCondition('createdAt', typeof createdAfter === 'string' ? { gt: createdAfter } : null),
    ]
    return documentPage(context, 'recentValuableCustomers', customers, page, { filter, orderBy: newestFirst })
  },
}

export const Customer: CustomerResolvers = {
  // A limit may be lowered below what is reserved.
  availableCredit: ({ creditLimit, reservedCredit }) => Math.max(0, creditLimit - reservedCredit),
  orders: ({ id }, args, context) => orderPage(context, `${id}.orders`, args, [{ field: 'customerId', oneOf: [id] }]),
  history: ({ id }, page, context) =>
    historyPage(context, `${id}.history`, { topic: documentTopic('customers', id) }, page),
}
