// The memories of customers and products name the reservation of each command, event and state.
import { describe, expect, test } from 'vitest'
import * as customers from './customer/customer.given.ts'
import { customer } from './customer/customer.ts'
import { customerMemory } from './customer/memory.ts'
import { productMemory } from './product/memory.ts'
import * as products from './product/product.given.ts'
import { product } from './product/product.ts'

describe('credit', () => {
  test('is asked for and given back under the id of the order', () => {
    const commands = [
      customers.register(900),
      customers.reserveCredit('ord_1', 5),
      customers.releaseCredit('ord_2'),
    ] as const
    expect(commands.map(customerMemory.asked)).toEqual([undefined, 'ord_1', 'ord_2'])
  })

  test('may be asked for twice, but a raise is answered as the first time', () => {
    const commands = [customers.reserveCredit('ord_1', 5), customers.raiseCredit('ord_1', 1, 9)]
    const state = customer.initialState()
    expect(commands.map((command) => customerMemory.repeatable(command, state))).toEqual([true, false])
  })

  test('is settled when it is given back', () => {
    const events = [customers.registered(), customers.reserved('ord_1', 5), customers.released('ord_2', 5)]
    expect(events.map(customerMemory.settled)).toEqual([undefined, undefined, 'ord_2'])
  })

  test('is open when it is reserved, and leaves a mark when it was given back', () => {
    const before = customer.evolve(customer.initialState(), customers.released('ord_0', 0))
    expect(customerMemory.open(before)).toEqual(new Map())
    expect(customerMemory.marks(before)).toEqual(new Set(['ord_0']))
    const after = [
      customers.registered(),
      customers.reserved('ord_1', 100),
      customers.reserved('ord_2', 200),
      customers.released('ord_1', 100),
    ].reduce(customer.evolve, before)
    expect(customerMemory.open(after)).toEqual(new Map([['ord_2', 200]]))
    expect(customerMemory.marks(after)).toEqual(new Set(['ord_0', 'ord_1']))
  })
})

describe('stock', () => {
  test('is asked for, given back and shipped under the id of the order', () => {
    const commands = [
      products.receive(5),
      products.reserveStock('ord_1', 5),
      products.releaseStock('ord_2'),
      products.ship('ord_3', 5),
    ]
    expect(commands.map(productMemory.asked)).toEqual([undefined, 'ord_1', 'ord_2', 'ord_3'])
  })

  test('may be asked for twice, but a raise, and what may be open since a raise, is answered as the first time', () => {
    const commands = [
      products.reserveStock('ord_1', 5),
      products.raiseStock('ord_1', 1, 9),
      products.reserveStock('ord_2', 5),
      products.releaseStock('ord_2'),
    ]
    const raised = product.evolve(product.initialState(), products.raised('ord_2', 1, 9, 9))
    expect(commands.map((command) => productMemory.repeatable(command, raised))).toEqual([true, false, false, true])
  })

  test('is settled when it is given back or shipped', () => {
    const events = [
      products.received(5),
      products.reserved('ord_1', 5),
      products.released('ord_2', 5),
      products.shipped('ord_3', 5),
    ]
    expect(events.map(productMemory.settled)).toEqual([undefined, undefined, 'ord_2', 'ord_3'])
  })

  test('is open when it is reserved, and leaves a mark when it was given back or shipped', () => {
    const before = product.evolve(product.initialState(), products.released('ord_0', 0))
    expect(productMemory.open(before)).toEqual(new Map())
    expect(productMemory.marks(before)).toEqual(new Set(['ord_0']))
    const after = [
      products.added(),
      products.received(10),
      products.reserved('ord_1', 1),
      products.reserved('ord_2', 2),
      products.reserved('ord_3', 3),
      products.released('ord_1', 1),
      products.shipped('ord_2', 2),
    ].reduce(product.evolve, before)
    expect(productMemory.open(after)).toEqual(new Map([['ord_3', 3]]))
    expect(productMemory.marks(after)).toEqual(new Set(['ord_0', 'ord_1', 'ord_2']))
  })
})
