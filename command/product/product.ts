// The commands of a product and the outcome of each.
import type { ProductEvent } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import type { Decider } from '../../kernel/deciding/decider.ts'

export type ProductCommand =
  | { type: 'AddProduct'; productId: string; name: string; price: Cents; stock: number }
  | { type: 'ChangePrice'; productId: string; price: Cents; expectedPrice?: Cents | undefined }
  | { type: 'ReceiveStock'; productId: string; quantity: number }
  | { type: 'ReserveStock'; productId: string; orderId: string; quantity: number }
  | { type: 'ReleaseStock'; productId: string; orderId: string }
  /** `quantity` leaves the shelves; what is reserved beyond it, for a revision of the order, becomes free. */
  | { type: 'ShipStock'; productId: string; orderId: string; quantity: number }
  /** `from` is what the order takes of the product so far: when that is not reserved any more, it was given back. */
  | ({ type: 'RaiseStock'; from: number } & Revised)
  | ({ type: 'LowerStock' } & Revised)

/**
 * A revision of the order raises its reservation to at least `to`, or makes it; once it is done with, it lowers it to at most `to`:
 * to zero where the order does without the product.
 */
interface Revised {
  productId: string
  orderId: string
  /** The newest revision decides: late commands, of an older revision or after its own lowering, change nothing. */
  revision: number
  to: number
}

/** Orders can name a product that is not in the range: a release leaves its mark even then. */
export type Product =
  | { status: 'UNKNOWN'; settled: Set<string>; revised: Map<string, number> }
  | {
      status: 'ADDED'
      price: Cents
      /** The pieces on the shelves, reserved or not. */
      inStock: number
      /** The sum of `reservations`. */
      reserved: number
      /** The pieces of each order that are reserved, and neither released nor shipped. */
      reservations: Map<string, number>
      /** The orders whose stock was given back or shipped, or whose release came before their reservation. */
      settled: Set<string>
      /** Of each order that is not settled here: the newest revision that has come. */
      revised: Map<string, number>
    }

/** 2^31 − 1: the largest quantity that the API can show. */
export const MAX_QUANTITY = 2 ** 31 - 1

export const product: Decider<{ command: ProductCommand; state: Product; event: ProductEvent }> = {
  beginsWith: 'AddProduct',
  initialState: () => ({ status: 'UNKNOWN', settled: new Set(), revised: new Map() }),

  decide(command, product) {
    switch (command.type) {
      case 'AddProduct': {
        const { productId, name, price, stock } = command
        if (product.status === 'ADDED') {
          return {
            code: 'ALREADY_EXISTS',
            message: `productId must be a new id: ${productId} is in the range already.`,
            path: ['productId'],
          }
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
            message: `expectedPrice is ${expected}, but the price is ${actual}. Read the product again.`,
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
            message: `quantity must be at most ${most}, because ${product.inStock} pieces are in stock and ${MAX_QUANTITY} is the maximum.`,
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
        // A revision may have lowered it to zero since.
        if (product.reservations.has(orderId) || product.revised.has(orderId)) return []
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
        if (product.settled.has(orderId)) return []
        const reserved = reservedFor(product, orderId)
        const revision = newestRevision(product, orderId)
        // Only a revision reserves more than the order takes.
        const quantity = revision > 0 ? Math.min(command.quantity, reserved) : reserved
        if (quantity === 0) {
          return revision > 0 ? [{ type: 'StockReleased', data: { productId, orderId, quantity: reserved } }] : []
        }
        const shipped: ProductEvent = { type: 'StockShipped', data: { productId, orderId, quantity } }
        if (quantity === reserved) return [shipped]
        const by = reserved - quantity
        return [{ type: 'StockReservationLowered', data: { productId, orderId, revision, quantity, by } }, shipped]
      }

      case 'RaiseStock': {
        const { productId, orderId, revision, from, to } = command
        const before = reservedFor(product, orderId)
        const by = Math.max(0, to - before)
        const available = product.status === 'ADDED' ? product.inStock - product.reserved : 0
        const refused = (reason: RaiseRefusedBecause) =>
          [
            { type: 'StockRaiseRefused', data: { productId, orderId, revision, by, reason, available } },
          ] satisfies ProductEvent[]

        if (product.settled.has(orderId) || before < from) return refused('ALREADY_RELEASED')
        if (revision <= newestRevision(product, orderId)) return []
        if (product.status === 'UNKNOWN') return refused('UNKNOWN_PRODUCT')
        if (by > available) return refused('OUT_OF_STOCK')
        return [{ type: 'StockReservationRaised', data: { productId, orderId, revision, quantity: before + by, by } }]
      }

      case 'LowerStock': {
        const { productId, orderId, revision, to } = command
        const newest = newestRevision(product, orderId)
        if (product.settled.has(orderId) || revision < newest) return []
        const before = reservedFor(product, orderId)
        const quantity = Math.min(before, to)
        const by = before - quantity
        if (by === 0 && revision === newest) return []
        return [{ type: 'StockReservationLowered', data: { productId, orderId, revision, quantity, by } }]
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
          revised: product.revised,
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
        product.revised.delete(data.orderId)
        if (product.status === 'ADDED' && product.reservations.delete(data.orderId)) {
          product.reserved -= data.quantity
          if (type === 'StockShipped') product.inStock -= data.quantity
        }
        return product
      case 'StockReservationRaised':
      case 'StockReservationLowered': {
        const { orderId, revision, quantity, by } = data
        product.revised.set(orderId, revision)
        if (product.status === 'ADDED') {
          if (quantity > 0) product.reservations.set(orderId, quantity)
          else product.reservations.delete(orderId)
          product.reserved += type === 'StockReservationRaised' ? by : -by
        }
        return product
      }
      case 'StockReservationRefused':
      case 'StockRaiseRefused':
        return product
      default:
        throw new Error(`A product knows no event ${type satisfies never}`)
    }
  },
}

type RefusedBecause = Extract<ProductEvent, { type: 'StockReservationRefused' }>['data']['reason']
type RaiseRefusedBecause = Extract<ProductEvent, { type: 'StockRaiseRefused' }>['data']['reason']

/** Zero before the first. */
function newestRevision({ revised }: Product, orderId: string): number {
  return revised.get(orderId) ?? 0
}

function reservedFor(product: Product, orderId: string): number {
  return product.status === 'ADDED' ? (product.reservations.get(orderId) ?? 0) : 0
}

function notFound(productId: string) {
  return {
    code: 'NOT_FOUND',
    message: `productId must be the id of a product in the range: there is no ${productId}.`,
    path: ['productId'],
  } as const
}
