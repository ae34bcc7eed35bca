// The parked orders: in pages, and what is shown of one.
import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { ParkedOrderResolvers, QueryResolvers } from '../resolvers.generated.ts'
import { parked } from '../views/parked.ts'
import { waitFor } from './arguments.ts'
import { documentPage, historyPage } from './pages.ts'

export const parkedQueries: Pick<QueryResolvers, 'parked'> = {
  async parked(_, { atLeast, ...page }, context) {
    await waitFor(atLeast, context)
    return documentPage(context, 'parked', parked, page, {
      filter: [{ field: 'status', oneOf: ['PARKED'] }],
      orderBy: { field: 'parkedAt', direction: 'DESC' },
    })
  },
}

export const ParkedOrder: ParkedOrderResolvers = {
  process: ({ saga }) => saga,
  order: ({ orderId }, _, { loaders }) => loaders.orders.load(orderId),
  events: ({ id, orderId }, page, context) =>
    historyPage(context, `${id}.events`, { topic: documentTopic('orders', orderId) }, page),
}
