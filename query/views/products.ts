// The products: what they cost, and how many there are, are reserved, and can still be ordered.
import { productEvents } from '../../events/catalogue.ts'
import type { Cents } from '../../events/money.ts'
import { listed } from '../../kernel/projecting/listed-events.ts'
import { changed, type VersionedDocument } from '../../kernel/projecting/projection.ts'
import { viewOf } from './view-of.ts'
import { wordsOf } from './words.ts'

export interface ProductDocument extends VersionedDocument {
  name: string
  price: Cents
  inStock: number
  /** Of those in stock, how many belong to orders that are not shipped yet. */
  reserved: number
  /** `inStock` less `reserved`: a field of its own, since products are searched by it. */
  available: number
  /** The folded words of the name, for searching by their beginning. */
  words: readonly string[]
}

export const products = viewOf<ProductDocument>('product', {
  name: 'products',
  version: 3,
  queriedBy: { words: 'prefix', available: 'range' },
  orderedBy: { createdAt: 'text' },
  events: {
    product: listed(
      productEvents,
      [
        'ProductAdded',
        'PriceChanged',
        'StockReceived',
        'StockReserved',
        'StockReleased',
        'StockShipped',
        'StockReservationRaised',
        'StockReservationLowered',
      ],
      ['StockReservationRefused', 'StockRaiseRefused'],
    ),
  },

  documentsOf: (event) => ('productId' in event.data ? [event.data.productId] : []),

  evolve(product, event) {
    if (event.type === 'ProductAdded') {
      return {
        id: event.data.productId,
        name: event.data.name,
        price: event.data.price,
        inStock: 0,
        reserved: 0,
        available: 0,
        words: wordsOf(event.data.name),
        version: 0,
        position: event.position,
        createdAt: event.recordedAt,
        updatedAt: event.recordedAt,
      }
    }
    // The refusal of a reservation may name a product that nobody has added.
    if (!product) return undefined
    const { inStock, reserved } = product

    switch (event.type) {
      case 'PriceChanged':
        return changed(product, event, { price: event.data.price })
      case 'StockReceived':
        return changed(product, event, { ...stock(inStock + event.data.quantity, reserved) })
      case 'StockReserved':
        return changed(product, event, { ...stock(inStock, reserved + event.data.quantity) })
      case 'StockReleased':
        return changed(product, event, { ...stock(inStock, reserved - event.data.quantity) })
      case 'StockShipped':
        return changed(product, event, {
          ...stock(inStock - event.data.quantity, reserved - event.data.quantity),
        })
      case 'StockReservationRaised':
        return changed(product, event, { ...stock(inStock, reserved + event.data.by) })
      case 'StockReservationLowered':
        return changed(product, event, { ...stock(inStock, reserved - event.data.by) })
      default:
        return product
    }
  },
})

function stock(inStock: number, reserved: number): Pick<ProductDocument, 'inStock' | 'reserved' | 'available'> {
  return { inStock, reserved, available: inStock - reserved }
}
