// The rules of a product: the range, its prices, and stock received, reserved, given back and shipped.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProductEvent } from '../../events/catalogue.ts'
import { isRefusal } from '../../kernel/deciding/decider.ts'
import { given } from '../../kernel/deciding/given.ts'
import { euros } from '../euros.given.ts'
import {
  add,
  added,
  changePrice,
  lowered,
  lowerStock,
  priceChanged,
  raised,
  raiseRefused,
  raiseStock,
  receive,
  received,
  refused,
  released,
  releaseStock,
  reserved,
  reserveStock,
  ship,
  shipped,
} from './product.given.ts'
import { MAX_QUANTITY, product } from './product.ts'

describe('adding to the range', () => {
  test('a product is added with a price', () => {
    given(product)
      .when(add(euros(10)))
      .then(added(euros(10)))
  })

  test('and with the stock that is there from the beginning', () => {
    given(product)
      .when(add(euros(10), 5))
      .then(added(euros(10)), received(5))
  })

  test('nothing is added twice', () => {
    given(product, added())
      .when(add(euros(10), 5))
      .thenRefused({ code: 'ALREADY_EXISTS', path: ['productId'] })
  })

  test('what was named by an order before can still be added', () => {
    given(product, refused('ord_1', 3, { reason: 'UNKNOWN_PRODUCT' }), released('ord_2', 0))
      .when(add(euros(10)))
      .then(added(euros(10)))
  })
})

describe('changing the price', () => {
  test('the price is changed, and the event says what it was before', () => {
    given(product, added(euros(10)), priceChanged(euros(10), euros(11)))
      .when(changePrice(euros(12)))
      .then(priceChanged(euros(11), euros(12)))
  })

  test('a price that is as expected is changed', () => {
    given(product, added(euros(10)))
      .when(changePrice(euros(12), euros(10)))
      .then(priceChanged(euros(10), euros(12)))
  })

  test('a price that is not as expected is a conflict, which says what it is', () => {
    given(product, added(euros(10)))
      .when(changePrice(euros(12), 0))
      .thenRefused({ code: 'CONFLICT', path: ['expectedPrice'], expected: '0.00', actual: '10.00' })
  })

  test('nothing has a price that is not in the range', () => {
    given(product)
      .when(changePrice(euros(12), euros(10)))
      .thenRefused({ code: 'NOT_FOUND', path: ['productId'] })
  })
})

describe('receiving stock', () => {
  test('stock is received', () => {
    given(product, added()).when(receive(5)).then(received(5))
  })

  test('nothing is received that is not in the range', () => {
    given(product)
      .when(receive(5))
      .thenRefused({ code: 'NOT_FOUND', path: ['productId'] })
  })

  test('the shelves hold as much as the API can show', () => {
    given(product, added(), received(1))
      .when(receive(MAX_QUANTITY - 1))
      .then(received(MAX_QUANTITY - 1))
  })

  test('and no more, reserved or not', () => {
    given(product, added(), received(MAX_QUANTITY), reserved('ord_1', 10))
      .when(receive(1))
      .thenRefused({
        code: 'INVALID_INPUT',
        path: ['quantity'],
        message: expect.stringContaining('at most 0, because'),
      })
  })

  test('what was shipped makes room', () => {
    given(product, added(), received(MAX_QUANTITY), reserved('ord_1', 10), shipped('ord_1', 10))
      .when(receive(10))
      .then(received(10))
  })
})

describe('reserving stock', () => {
  const five = [added(), received(5)]

  test('all that is there can be reserved', () => {
    given(product, ...five, reserved('ord_1', 2))
      .when(reserveStock('ord_2', 3))
      .then(reserved('ord_2', 3))
  })

  test('and no more', () => {
    given(product, ...five, reserved('ord_1', 2))
      .when(reserveStock('ord_2', 4))
      .then(refused('ord_2', 4, { available: 3 }))
  })

  test('an order reserves once', () => {
    given(product, ...five, reserved('ord_1', 2))
      .when(reserveStock('ord_1', 2))
      .thenNothing()
  })

  test('of what is not in the range it is refused', () => {
    given(product)
      .when(reserveStock('ord_1', 1))
      .then(refused('ord_1', 1, { reason: 'UNKNOWN_PRODUCT' }))
  })

  test('what was refused can be reserved when there is more', () => {
    given(product, added(), refused('ord_1', 5, {}), received(5))
      .when(reserveStock('ord_1', 5))
      .then(reserved('ord_1', 5))
  })

  test('what was given back can be reserved by others', () => {
    given(product, ...five, reserved('ord_1', 5), released('ord_1', 5))
      .when(reserveStock('ord_2', 5))
      .then(reserved('ord_2', 5))
  })

  test('what was shipped is gone', () => {
    given(product, ...five, reserved('ord_1', 2), shipped('ord_1', 2))
      .when(reserveStock('ord_2', 4))
      .then(refused('ord_2', 4, { available: 3 }))
  })
})

describe('giving stock back', () => {
  const five = [added(), received(5)]

  test('what was reserved becomes free', () => {
    given(product, ...five, reserved('ord_1', 2))
      .when(releaseStock('ord_1'))
      .then(released('ord_1', 2))
  })

  test('once', () => {
    given(product, ...five, reserved('ord_1', 2), released('ord_1', 2))
      .when(releaseStock('ord_1'))
      .thenNothing()
  })

  test('what was shipped does not come back', () => {
    given(product, ...five, reserved('ord_1', 2), shipped('ord_1', 2))
      .when(releaseStock('ord_1'))
      .thenNothing()
  })

  test('a release that overtakes its reservation leaves a mark', () => {
    given(product, ...five)
      .when(releaseStock('ord_1'))
      .then(released('ord_1', 0))
  })

  test('and the late reservation is refused', () => {
    given(product, ...five, released('ord_1', 0))
      .when(reserveStock('ord_1', 1))
      .then(refused('ord_1', 1, { reason: 'ALREADY_RELEASED', available: 5 }))
  })

  test('the mark is left even on what is not in the range, and outlives its addition', () => {
    given(product).when(releaseStock('ord_1')).then(released('ord_1', 0))
    given(product, released('ord_1', 0)).when(releaseStock('ord_1')).thenNothing()
    given(product, released('ord_1', 0), ...five)
      .when(reserveStock('ord_1', 1))
      .then(refused('ord_1', 1, { reason: 'ALREADY_RELEASED', available: 5 }))
  })
})

describe('shipping stock', () => {
  const five = [added(), received(5)]

  test('what was reserved leaves the shelves', () => {
    given(product, ...five, reserved('ord_1', 2))
      .when(ship('ord_1', 2))
      .then(shipped('ord_1', 2))
  })

  test('once', () => {
    given(product, ...five, reserved('ord_1', 2), shipped('ord_1', 2))
      .when(ship('ord_1', 2))
      .thenNothing()
  })

  test('nothing leaves that was not reserved, or was given back', () => {
    given(product).when(ship('ord_1', 2)).thenNothing()
    given(product, ...five)
      .when(ship('ord_1', 2))
      .thenNothing()
    given(product, ...five, reserved('ord_1', 2), released('ord_1', 2))
      .when(ship('ord_1', 2))
      .thenNothing()
  })

  test('an order that was shipped reserves no more', () => {
    given(product, ...five, reserved('ord_1', 2), shipped('ord_1', 2))
      .when(reserveStock('ord_1', 2))
      .then(refused('ord_1', 2, { reason: 'ALREADY_RELEASED', available: 3 }))
  })
})

describe('a revision of an order', () => {
  const two = [added(), received(5), reserved('ord_1', 2)]

  test('reserves what it takes more, and no more than there is', () => {
    given(product, ...two)
      .when(raiseStock('ord_1', 1, 5))
      .then(raised('ord_1', 1, 5, 3))
    given(product, ...two)
      .when(raiseStock('ord_1', 1, 6))
      .then(raiseRefused('ord_1', 1, 4, { available: 3 }))
  })

  test('reserves a product that the order did not have, if there is one', () => {
    given(product, added(), received(5))
      .when(raiseStock('ord_1', 1, 3))
      .then(raised('ord_1', 1, 3, 3))
    given(product)
      .when(raiseStock('ord_1', 1, 3))
      .then(raiseRefused('ord_1', 1, 3, { reason: 'UNKNOWN_PRODUCT' }))
  })

  test('that takes less leaves all of it reserved at first, then gives back what is too much', () => {
    given(product, ...two)
      .when(raiseStock('ord_1', 1, 0))
      .then(raised('ord_1', 1, 2, 0))
    given(product, ...two, raised('ord_1', 1, 2, 0))
      .when(lowerStock('ord_1', 1, 0))
      .then(lowered('ord_1', 1, 0, 2))
  })

  test('can take again what an earlier one left out', () => {
    const leftOut = [...two, raised('ord_1', 1, 2, 0), lowered('ord_1', 1, 0, 2)]
    given(product, ...leftOut)
      .when(raiseStock('ord_1', 2, 3))
      .then(raised('ord_1', 2, 3, 3))
    given(product, ...leftOut)
      .when(reserveStock('ord_1', 2))
      .thenNothing()
  })

  test('does nothing twice, and nothing once a newer one has come', () => {
    const once = [...two, raised('ord_1', 1, 3, 1)]
    const commands = [raiseStock('ord_1', 1, 3), raiseStock('ord_1', 1, 4)]
    for (const command of commands) {
      given(product, ...once)
        .when(command)
        .thenNothing()
    }
    const twice = [...once, raised('ord_1', 2, 3, 0)]
    for (const command of [...commands, lowerStock('ord_1', 1, 2)]) {
      given(product, ...twice)
        .when(command)
        .thenNothing()
    }
    given(product, ...once, lowered('ord_1', 1, 2, 1))
      .when(lowerStock('ord_1', 1, 2))
      .thenNothing()
  })

  test('that is lowered before it is raised leaves a mark, also for a product that is added only later', () => {
    given(product)
      .when(lowerStock('ord_1', 1, 0))
      .then(lowered('ord_1', 1, 0, 0))
    given(product, lowered('ord_1', 1, 0, 0), added(), received(5))
      .when(raiseStock('ord_1', 1, 3))
      .thenNothing()
  })

  test.each([
    ['given back', released('ord_1', 2)],
    ['shipped', shipped('ord_1', 2)],
  ])('of an order that was %s is refused, and has nothing to give back', (_, settled) => {
    const over = given(product, ...two, settled)
    const available = settled.type === 'StockShipped' ? 3 : 5
    over.when(raiseStock('ord_1', 1, 3)).then(raiseRefused('ord_1', 1, 3, { available, reason: 'ALREADY_RELEASED' }))
    over.when(lowerStock('ord_1', 1, 2)).thenNothing()
  })

  test('is refused when what the order takes so far is not reserved any more', () => {
    given(product, added(), received(5))
      .when(raiseStock('ord_1', 1, 3, 2))
      .then(raiseRefused('ord_1', 1, 3, { available: 5, reason: 'ALREADY_RELEASED' }))
  })

  test('never has more shipped than the order takes: the rest is given back with the shipment', () => {
    const tooMuch = [...two, raised('ord_1', 1, 5, 3)]
    given(product, ...tooMuch)
      .when(ship('ord_1', 2))
      .then(lowered('ord_1', 1, 2, 3), shipped('ord_1', 2))
    given(product, ...tooMuch)
      .when(ship('ord_1', 0))
      .then(released('ord_1', 5))
    given(product, ...tooMuch)
      .when(ship('ord_1', 5))
      .then(shipped('ord_1', 5))
  })
})

test('stock is never below zero, and nothing is released or shipped that was not reserved', () => {
  const orderId = fc.constantFrom('ord_1', 'ord_2', 'ord_3', 'ord_4')
  const quantity = fc.integer({ min: 1, max: 20 })
  const revision = fc.integer({ min: 1, max: 3 })
  const anyCommand = fc.oneof(
    quantity.map((stock) => add(1000, stock)),
    quantity.map((price) => changePrice(price)),
    fc.oneof(quantity, fc.constant(MAX_QUANTITY)).map(receive),
    fc.tuple(orderId, quantity).map(([id, count]) => reserveStock(id, count)),
    orderId.map(releaseStock),
    fc.tuple(orderId, quantity).map(([id, count]) => ship(id, count)),
    fc.tuple(orderId, revision, quantity).map(([id, number, to]) => raiseStock(id, number, to)),
    fc.tuple(orderId, revision, quantity).map(([id, number, to]) => lowerStock(id, number, to)),
  )
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 60, size: 'max' }), (commands) => {
      const log: ProductEvent[] = []
      const open = new Map<string, number>()
      let inStock = 0
      let state = product.initialState()

      for (const command of commands) {
        const decision = product.decide(command, state)
        if (isRefusal(decision)) continue
        for (const event of decision) {
          log.push(event)
          state = product.evolve(state, event)
          if (event.type === 'StockReceived') inStock += event.data.quantity
          if (event.type === 'StockReserved') {
            expect(open.has(event.data.orderId)).toBe(false)
            open.set(event.data.orderId, event.data.quantity)
            expect(sum(open)).toBeLessThanOrEqual(inStock)
          }
          if (event.type === 'StockReservationRaised' || event.type === 'StockReservationLowered') {
            const { orderId, quantity, by } = event.data
            const isRaised = event.type === 'StockReservationRaised'
            expect(by).toBeGreaterThanOrEqual(0)
            expect(quantity).toBe((open.get(orderId) ?? 0) + (isRaised ? by : -by))
            if (quantity > 0) open.set(orderId, quantity)
            else open.delete(orderId)
            expect(sum(open)).toBeLessThanOrEqual(inStock)
          }
          if (event.type === 'StockReleased' || event.type === 'StockShipped') {
            expect(event.data.quantity).toBe(open.get(event.data.orderId) ?? 0)
            open.delete(event.data.orderId)
          }
          if (event.type === 'StockShipped') inStock -= event.data.quantity
        }
        expect(inStock).toBeLessThanOrEqual(MAX_QUANTITY)
        if (state.status === 'ADDED') expect(state).toMatchObject({ inStock, reserved: sum(open), reservations: open })
      }
      expect(log.reduce(product.evolve, product.initialState())).toEqual(state)
    }),
  )
})

function sum(quantities: Map<string, number>): number {
  return [...quantities.values()].reduce((total, quantity) => total + quantity, 0)
}
