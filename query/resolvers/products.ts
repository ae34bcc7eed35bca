// Products: by id, in pages, and what is shown of one.
import { documentTopic } from '../../kernel/projecting/projection.ts'
import type { ProductResolvers, QueryResolvers } from '../resolvers.generated.ts'
import { products } from '../views/products.ts'
import { requireId, searchConditions, waitFor } from './arguments.ts'
import { lookUp } from './look-up.ts'
import { documentPage, historyPage } from './pages.ts'

export const productQueries: Pick<QueryResolvers, 'product' | 'products'> = {
  product: (_, { id, atLeast }, context) => {
    requireId('product', 'id', id)
    return lookUp('products', id, atLeast, context)
  },

  async products(_, { filter, atLeast, ...page }, context) {
    await waitFor(atLeast, context)
    const conditions = searchConditions('words', filter?.search)
    if (typeof filter?.availableBelow === 'number') {
      conditions.push({ field: 'available', range: { lt: filter.availableBelow } })
    }
    return documentPage(context, 'products', products, page, {
      filter: conditions,
      orderBy: { field: 'createdAt', direction: 'DESC' },
    })
  },
}

export const Product: ProductResolvers = {
  history: ({ id }, page, context) =>
    historyPage(context, `${id}.history`, { topic: documentTopic('products', id) }, page),
}
