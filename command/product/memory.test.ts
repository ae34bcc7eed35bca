// The content of a product's snapshot: a change of it, or of the way it is computed, must raise its version.
import { expect, test } from 'vitest'
import type { ProductEvent } from '../../events/catalogue.ts'
import { productMemory } from './memory.ts'
import {
  added,
  lowered,
  priceChanged,
  raised,
  received,
  refused,
  released,
  reserved,
  shipped,
} from './product.given.ts'
import { product } from './product.ts'

const fold = (...events: ProductEvent[]) => events.reduce(product.evolve, product.initialState())
const history = [
  released('ord_0', 0),
  added(1_000),
  received(10),
  reserved('ord_1', 1),
  reserved('ord_2', 2),
  reserved('ord_3', 3),
  priceChanged(1_000, 1_200),
  shipped('ord_1', 1),
  released('ord_2', 2),
  refused('ord_4', 50, { available: 6 }),
  raised('ord_3', 1, 5, 2),
  lowered('ord_5', 2, 0, 0),
]

test('version 2 is the price, the stock, what is reserved, and the newest revisions', () => {
  expect(productMemory.version).toBe(2)
  expect(productMemory.freeze(fold(...history))).toEqual({
    status: 'ADDED',
    price: 1_200,
    inStock: 9,
    reserved: 5,
    reservations: [['ord_3', 5]],
    revised: [
      ['ord_3', 1],
      ['ord_5', 2],
    ],
  })
  expect(productMemory.freeze(fold(released('ord_0', 0)))).toEqual({ status: 'UNKNOWN', revised: [] })
})

test.each([
  ['not in the range', [released('ord_0', 0)]],
  ['in the range', history],
])('a product that is %s comes out of a snapshot as before, without marks', (_, events) => {
  const state = fold(...events)
  const thawed = productMemory.thaw(JSON.parse(JSON.stringify(productMemory.freeze(state))))
  productMemory.marks(state).clear()
  expect(thawed).toStrictEqual(state)
})

test('a snapshot that is being written is not changed by what happens meanwhile', () => {
  const state = fold(...history)
  const frozen = productMemory.freeze(state)
  const before = structuredClone(frozen)
  product.evolve(state, reserved('ord_9', 1))
  expect(frozen).toStrictEqual(before)
})
