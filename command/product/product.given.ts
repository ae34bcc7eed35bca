// The commands and events of product prd_1, for tests.
import type { ProductEvent } from '../../events/catalogue.ts'
import type { ProductCommand } from './product.ts'

const productId = 'prd_1'

export function add(price: number, stock = 0): ProductCommand {
  return { type: 'AddProduct', productId, name: 'Hammer', price, stock }
}

export function changePrice(price: number, expectedPrice?: number): ProductCommand {
  return { type: 'ChangePrice', productId, price, expectedPrice }
}

export function receive(quantity: number): ProductCommand {
  return { type: 'ReceiveStock', productId, quantity }
}

export function reserveStock(orderId: string, quantity: number): ProductCommand {
  return { type: 'ReserveStock', productId, orderId, quantity }
}

export function releaseStock(orderId: string): ProductCommand {
  return { type: 'ReleaseStock', productId, orderId }
}

export function ship(orderId: string, quantity: number): ProductCommand {
  return { type: 'ShipStock', productId, orderId, quantity }
}

export function raiseStock(orderId: string, revision: number, to: number, from = 0): ProductCommand {
  return { type: 'RaiseStock', productId, orderId, revision, from, to }
}

export function lowerStock(orderId: string, revision: number, to: number): ProductCommand {
  return { type: 'LowerStock', productId, orderId, revision, to }
}

export function added(price = 1000): ProductEvent {
  return { type: 'ProductAdded', data: { productId, name: 'Hammer', price } }
}

export function priceChanged(previousPrice: number, price: number): ProductEvent {
  return { type: 'PriceChanged', data: { productId, price, previousPrice } }
}

export function received(quantity: number): ProductEvent {
  return { type: 'StockReceived', data: { productId, quantity } }
}

export function reserved(orderId: string, quantity: number): ProductEvent {
  return { type: 'StockReserved', data: { productId, orderId, quantity } }
}

export function released(orderId: string, quantity: number): ProductEvent {
  return { type: 'StockReleased', data: { productId, orderId, quantity } }
}

export function shipped(orderId: string, quantity: number): ProductEvent {
  return { type: 'StockShipped', data: { productId, orderId, quantity } }
}

export function raised(orderId: string, revision: number, quantity: number, by: number): ProductEvent {
  return { type: 'StockReservationRaised', data: { productId, orderId, revision, quantity, by } }
}

export function lowered(orderId: string, revision: number, quantity: number, by: number): ProductEvent {
  return { type: 'StockReservationLowered', data: { productId, orderId, revision, quantity, by } }
}

type RaiseRefused = Extract<ProductEvent, { type: 'StockRaiseRefused' }>['data']

export function raiseRefused(
  orderId: string,
  revision: number,
  by: number,
  { available = 0, reason = 'OUT_OF_STOCK' }: Partial<Pick<RaiseRefused, 'available' | 'reason'>>,
): ProductEvent {
  return { type: 'StockRaiseRefused', data: { productId, orderId, revision, by, reason, available } }
}

type Refused = Extract<ProductEvent, { type: 'StockReservationRefused' }>['data']

export function refused(
  orderId: string,
  quantity: number,
  { available = 0, reason = 'OUT_OF_STOCK' }: Partial<Pick<Refused, 'available' | 'reason'>>,
): ProductEvent {
  return { type: 'StockReservationRefused', data: { productId, orderId, quantity, reason, available } }
}
