import { test } from 'vitest'
import {
  given,
  orderPlaced,
  priceChanged,
  productAdded,
  stockLowered,
  stockRaised,
  stockRaiseRefused,
  stockReceived,
  stockRefused,
  stockReleased,
  stockReserved,
  stockShipped,
  time,
} from './given.ts'
import { products } from './products.ts'

test('a product that is added has a price and no stock', () => {
  given(products)
    .when(productAdded({ name: 'Claw Hammer', price: 1_000 }))
    .then({
      id: 'prd_1',
      name: 'Claw Hammer',
      words: ['claw', 'hammer'],
      price: 1_000,
      inStock: 0,
      reserved: 0,
      available: 0,
      version: 1,
      createdAt: time(1),
    })
})

test('a changed price is the price', () => {
  given(products, productAdded())
    .when(priceChanged({ price: 1_200 }))
    .then({ price: 1_200, version: 2 })
})

test('reserved stock is still there, but no longer available', () => {
  given(products, productAdded(), stockReceived({ quantity: 10 }))
    .when(stockReserved({ quantity: 4 }))
    .then({ inStock: 10, reserved: 4, available: 6, version: 3 })
})

test('stock that is given back is available again', () => {
  given(products, productAdded(), stockReceived({ quantity: 10 }), stockReserved({ quantity: 4 }))
    .when(stockReleased({ quantity: 4 }))
    .then({ inStock: 10, reserved: 0, available: 10, version: 4 })
})

test('shipped stock is neither there nor reserved', () => {
  given(products, productAdded(), stockReceived({ quantity: 10 }), stockReserved({ quantity: 4 }))
    .when(stockShipped({ quantity: 4 }))
    .then({ inStock: 6, reserved: 0, available: 6, version: 4 })
})

test('a revision reserves more, and gives back what is too much', () => {
  const before = [productAdded(), stockReceived({ quantity: 10 }), stockReserved({ quantity: 4 })]
  given(products, ...before)
    .when(stockRaised({ quantity: 6, by: 2 }))
    .then({ inStock: 10, reserved: 6, available: 4, version: 4 })
  given(products, ...before, stockRaised({ quantity: 6, by: 2 }))
    .when(stockRaiseRefused(), stockLowered({ quantity: 1, by: 5 }))
    .then({ inStock: 10, reserved: 1, available: 9, version: 6 })
})

test("the version counts every event of the product's stream, refusals too", () => {
  given(products, stockRefused({ reason: 'UNKNOWN_PRODUCT' }), productAdded())
    .when(stockRefused())
    .then({ inStock: 0, reserved: 0, version: 3 })
})

test('a raise that is refused counts as well', () => {
  given(products, productAdded()).when(stockRaiseRefused()).then({ version: 2 })
})

test('a refusal for a product that nobody added makes no product', () => {
  given(products)
    .when(stockRefused({ reason: 'UNKNOWN_PRODUCT' }))
    .thenNothing()
})

test('an order changes no product before its stock is reserved', () => {
  given(products, productAdded()).when(orderPlaced()).thenNothing()
})
