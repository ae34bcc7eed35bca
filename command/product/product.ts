// What can be asked of a product, and what the answer is.
import type { ProductEvent } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import type { Decider } from '../decider.ts'

export type ProductCommand =
  | { type: 'AddProduct'; productId: string; name: string; price: Cents; stock: number }
  | { type: 'ChangePrice'; productId: string; price: Cents; expectedPrice?: Cents | undefined }
  | { type: 'ReceiveStock'; productId: string; quantity: number }
  | { type: 'ReserveStock'; productId: string; orderId: string; quantity: number }
  | { type: 'ReleaseStock'; productId: string; orderId: string }
  | { type: 'ShipStock'; productId: string; orderId: string }

/** Orders can name a product that is not in the range: a release leaves its mark even then. */
export type Product =
  | { status: 'UNKNOWN'; settled: Set<string> }
  | {
      status: 'ADDED'
      price: Cents
      /** What lies on the shelves, reserved or not. */
      inStock: number
      /** The sum of `reservations`. */
      reserved: number
      /** What each order has reserved, and neither given back nor taken out. */
      reservations: Map<string, number>
      /** The orders whose stock was given back or shipped, or whose release came before their reservation. */
      settled: Set<string>
    }

/** 2^31 − 1: the largest quantity that the API can show. */
export const MAX_QUANTITY = 2 ** 31 - 1

export const product: Decider<{ command: ProductCommand; state: Product; event: ProductEvent }> = {
  initialState: () => ({ status: 'UNKNOWN', settled: new Set() }),

  decide(command, product) {
    switch (command.type) {
      case 'AddProduct': {
        const { productId, name, price, stock } = command
        if (product.status === 'ADDED') {
          return { code: 'ALREADY_EXISTS', message: `${productId} is in the range already.`, path: ['productId'] }
        }
        const added: ProductEvent = { type: 'ProductAdded', data: { productId, name, price } }
        return stock > 0 ? [added, { type: 'StockReceived', data: { productId, quantity: stock } }] : [added]
      }

      case 'ChangePrice': {
        const { productId, price, expectedPrice } = command
        if (product.status === 'UNKNOWN') return notFound(productId)
        if (expectedPrice !== undefined && expectedPrice !== product.price) {
          const expected = formatMoney(expectedPrice)
          const actual = formatMoney(product.price)
          return {
            code: 'CONFLICT',
            message: `The price is ${actual}, not ${expected}.`,
            path: ['expectedPrice'],
            expected,
            actual,
          }
        }
        return [{ type: 'PriceChanged', data: { productId, price, previousPrice: product.price } }]
      }

      case 'ReceiveStock': {
        const { productId, quantity } = command
        if (product.status === 'UNKNOWN') return notFound(productId)
        if (product.inStock + quantity > MAX_QUANTITY) {
          const most = MAX_QUANTITY - product.inStock
          return {
            code: 'INVALID_INPUT',
            message: `${product.inStock} are in stock: at most ${most} more can be received.`,
            path: ['quantity'],
          }
        }
        return [{ type: 'StockReceived', data: { productId, quantity } }]
      }

      case 'ReserveStock': {
        const { productId, orderId, quantity } = command
        const available = product.status === 'ADDED' ? product.inStock - product.reserved : 0
        const refused = (reason: RefusedBecause) =>
          [
            { type: 'StockReservationRefused', data: { productId, orderId, quantity, reason, available } },
          ] satisfies ProductEvent[]

        if (product.settled.has(orderId)) return refused('ALREADY_RELEASED')
        if (product.status === 'UNKNOWN') return refused('UNKNOWN_PRODUCT')
        if (product.reservations.has(orderId)) return []
        if (quantity > available) return refused('OUT_OF_STOCK')
        return [{ type: 'StockReserved', data: { productId, orderId, quantity } }]
      }

      case 'ReleaseStock': {
        const { productId, orderId } = command
        if (product.settled.has(orderId)) return []
        return [{ type: 'StockReleased', data: { productId, orderId, quantity: reservedFor(product, orderId) } }]
      }

      case 'ShipStock': {
        const { productId, orderId } = command
        const quantity = reservedFor(product, orderId)
        return quantity === 0 ? [] : [{ type: 'StockShipped', data: { productId, orderId, quantity } }]
      }

      default:
        throw new Error(`A product knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(product, { type, data }) {
    switch (type) {
      case 'ProductAdded':
        return {
          status: 'ADDED',
          price: data.price,
          inStock: 0,
          reserved: 0,
          reservations: new Map(),
          settled: product.settled,
        }
      case 'PriceChanged':
        return product.status === 'ADDED' ? Object.assign(product, { price: data.price }) : product
      case 'StockReceived':
        if (product.status === 'ADDED') product.inStock += data.quantity
        return product
      case 'StockReserved':
        if (product.status === 'ADDED') {
          product.reservations.set(data.orderId, data.quantity)
          product.reserved += data.quantity
        }
        return product
      case 'StockReleased':
      case 'StockShipped':
        product.settled.add(data.orderId)
        if (product.status === 'ADDED' && product.reservations.delete(data.orderId)) {
          product.reserved -= data.quantity
          if (type === 'StockShipped') product.inStock -= data.quantity
        }
        return product
      case 'StockReservationRefused':
        return product
      default:
        throw new Error(`A product knows no event ${type satisfies never}`)
    }
  },
}

type RefusedBecause = Extract<ProductEvent, { type: 'StockReservationRefused' }>['data']['reason']

function reservedFor(product: Product, orderId: string): number {
  return product.status === 'ADDED' ? (product.reservations.get(orderId) ?? 0) : 0
}

function notFound(productId: string) {
  return { code: 'NOT_FOUND', message: `There is no product ${productId}.`, path: ['productId'] } as const
}
