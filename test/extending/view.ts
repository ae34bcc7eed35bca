// A view: for each product, the orders that were refused because too few pieces were available.
import { type Addition, after, atTheEnd, before } from './addition.ts'

export const view: Addition = {
  heading: 'A view',
  changed: {
    'query/views/index.ts': [
      after("import { products } from './products.ts'\n", "import { shortages } from './shortages.ts'\n"),
      after('export const views = { ', 'shortages, '),
    ],
    'schema/schema.graphql': [
      after(
        '\ntype Query {\n',
        `  "The shortage of a product. Null when no order was refused."
  shortage("The id of the product." productId: ID!, "The answer includes everything up to this position." atLeast: Position): Shortage

`,
      ),
      atTheEnd(`
"The orders that were refused because too few pieces of a product were available."
type Shortage {
  "The id of the product."
  id: ID!
  "The product. Null when no product has this id."
  product: Product
  "The number of refused orders."
  refusedOrders: Int!
  "The number of pieces that these orders asked for."
  refusedPieces: Int!
}
`),
    ],
    'query/resolvers/index.ts': [
      before('import { EventFeedItem,', "import { Shortage, shortageQueries } from './shortages.ts'\n"),
      after('  Query: { ', '...shortageQueries, '),
      after('  Subscription,\n', '  Shortage,\n'),
    ],
  },
  created: {
    'query/views/shortages.ts': `// The shortages: for each product, the orders that were refused because too few pieces were available.
import { productEvents } from '../../events/catalogue.ts'
import { listed } from '../../kernel/projecting/listed-events.ts'
import { begun, changed, type VersionedDocument } from '../../kernel/projecting/projection.ts'
import { viewOf } from './view-of.ts'

export interface ShortageDocument extends VersionedDocument {
  refusedOrders: number
  refusedPieces: number
}

export const shortages = viewOf<ShortageDocument>('product', {
  name: 'shortages',
  version: 1,
  queriedBy: { refusedPieces: 'range' },
  orderedBy: { createdAt: 'text' },
  events: {
    product: listed(
      productEvents,
      ['StockReservationRefused'],
      [
        'ProductAdded',
        'PriceChanged',
        'StockReceived',
        'StockReserved',
        'StockReleased',
        'StockShipped',
        'StockReservationRaised',
        'StockRaiseRefused',
        'StockReservationLowered',
      ],
    ),
  },

  documentsOf: ({ data }) => ('productId' in data ? [data.productId] : []),

  evolve(before, event) {
    if (event.type !== 'StockReservationRefused') return before
    const { productId, quantity } = event.data
    const shortage = before ?? { ...begun(productId, event), version: 0, refusedOrders: 0, refusedPieces: 0 }
    const { refusedOrders, refusedPieces } = shortage
    return changed(shortage, event, { refusedOrders: refusedOrders + 1, refusedPieces: refusedPieces + quantity })
  },
})
`,
    'query/resolvers/shortages.ts': `// Shortages, by the id of the product.
import type { QueryResolvers, ShortageResolvers } from '../resolvers.generated.ts'
import { requireId } from './arguments.ts'
import { lookUp } from './look-up.ts'

export const shortageQueries: Pick<QueryResolvers, 'shortage'> = {
  shortage: (_, { productId, atLeast }, context) => {
    requireId('product', 'productId', productId)
    return lookUp('shortages', productId, atLeast, context)
  },
}

export const Shortage: ShortageResolvers = {
  product: ({ id }, _, { loaders }) => loaders.products.load(id),
}
`,
    'schema/operations/30-shortage.graphql': `# Read how many pieces were missing
query Shortage($productId: ID!, $atLeast: Position) {
  shortage(productId: $productId, atLeast: $atLeast) {
    id
    product {
      available
    }
    refusedOrders
    refusedPieces
  }
}
`,
    'schema/operations/30-shortage.json': `{ "productId": "prd_demo" }
`,
  },
  test: `// An order that a product refuses is counted in the product's shortage.
import { expect, test } from 'vitest'
import { ask } from '../client.ts'
import { sharedDesk } from '../shared-desk.ts'

const desk = sharedDesk()

test('an order that is refused for lack of stock counts as a shortage of the product', async () => {
  await ask(
    desk.url(),
    \`mutation {
      registerCustomer(input: { customerId: "cus_1", name: "Ada", creditLimit: "1000.00" }) { receipt { version } }
      addProduct(input: { productId: "prd_1", name: "Lamp", price: "9.00", stock: 1 }) { receipt { version } }
      placeOrder(input: { customerId: "cus_1", content: { lines: [{ productId: "prd_1", quantity: 3 }] } }) {
        receipt { version }
      }
    }\`,
  )
  const shortage = () =>
    ask(desk.url(), '{ shortage(productId: "prd_1") { product { name } refusedOrders refusedPieces } }')
  await expect
    .poll(shortage)
    .toEqual({ shortage: { product: { name: 'Lamp' }, refusedOrders: 1, refusedPieces: 3 } })
})
`,
}
