// The desk itself, and anything by its id.
import { type Entity, ID_FORM, isId } from '../../events/ids.ts'
import type { NodeResolvers, QueryResolvers } from '../resolvers.generated.ts'
import { badArgument } from './errors.ts'

export const deskQueries: Pick<QueryResolvers, 'desk' | 'node'> = {
  desk: (_, __, { reads: { currency, version, feed } }) => ({ currency, version, position: feed.position() }),

  node(_, { id }, { loaders }) {
    switch (entityOf(id)) {
      case 'customer':
        return loaders.customers.load(id)
      case 'order':
        return loaders.orders.load(id)
      case 'product':
        return loaders.products.load(id)
      default:
        throw badArgument('id', `must be ${Object.values(ID_FORM).join(', or ')}`)
    }
  },
}

const typeNames = { customer: 'Customer', order: 'Order', product: 'Product' } as const

export const Node: NodeResolvers = {
  __resolveType: ({ id }) => typeNames[entityOf(id) ?? 'customer'],
}

const entities: readonly Entity[] = ['customer', 'order', 'product']

function entityOf(id: string): Entity | undefined {
  return entities.find((entity) => isId(entity, id))
}
