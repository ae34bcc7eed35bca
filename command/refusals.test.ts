// What a client reads when a customer, a product, an order or the parking refuses what it asked.
import { describe, expect, test } from 'vitest'
import { changeLimit, register, registered } from './customer/customer.given.ts'
import { customer } from './customer/customer.ts'
import { euros, given } from './given.ts'
import * as orders from './order/order.given.ts'
import { order } from './order/order.ts'
import { parking } from './parking/parking.ts'
import * as products from './product/product.given.ts'
import { MAX_QUANTITY, product } from './product/product.ts'

test('a customer says who is not registered, who is already, and what the limit is', () => {
  const acme = registered({ creditLimit: euros(2000) })
  given(customer, acme)
    .when(register(euros(1)))
    .thenRefused({ message: 'cus_1 is registered already.' })
  given(customer)
    .when(changeLimit(euros(1)))
    .thenRefused({ message: 'There is no customer cus_1.' })
  given(customer, acme)
    .when(changeLimit(euros(3000), euros(1999.99)))
    .thenRefused({ message: 'The credit limit is 2000.00, not 1999.99.' })
})

test('a product says that it is not in the range, or is already, what it costs, and how much more there can be', () => {
  const hammer = products.added(euros(10))
  given(product, hammer)
    .when(products.add(euros(10)))
    .thenRefused({ message: 'prd_1 is in the range already.' })
  for (const command of [products.changePrice(euros(12)), products.receive(5)]) {
    given(product).when(command).thenRefused({ message: 'There is no product prd_1.' })
  }
  given(product, hammer)
    .when(products.changePrice(euros(12), euros(11)))
    .thenRefused({ message: 'The price is 10.00, not 11.00.' })
  given(product, hammer, products.received(MAX_QUANTITY - 1))
    .when(products.receive(2))
    .thenRefused({ message: '2147483646 are in stock: at most 1 more can be received.' })
})

describe('an order', () => {
  const total = euros(100)
  const placed = orders.placed(total)

  test('says that it was placed already, or never', () => {
    given(order, placed).when(orders.placeTotal(total)).thenRefused({ message: 'ord_1 has been placed already.' })
    given(order).when(orders.cancel()).thenRefused({ message: 'There is no order ord_1.' })
  })

  test('says how much it can come to', () => {
    given(order)
      .when(orders.placeLines(orders.line('prd_1', 2, Number.MAX_SAFE_INTEGER)))
      .thenRefused({ message: 'With this line the order comes to more than 90071992547409.91, the most it can be.' })
  })

  test('says at which version it is', () => {
    given(order, placed)
      .when(orders.cancel({ expectedVersion: 7 }))
      .thenRefused({ message: 'The order is at version 1, not 7.' })
  })

  test.each([
    [orders.approve(), 'Only a PENDING order can be approved.'],
    [orders.reject('OUT_OF_STOCK'), 'Only a PENDING order can be rejected.'],
    [orders.cancel(), 'Only a PENDING or APPROVED order can be cancelled.'],
    [orders.ship(), 'Only an APPROVED order can be shipped.'],
    [orders.recordPayment(), 'Only a SHIPPED order can be paid.'],
    [orders.reviseTotal(1), 'Only an APPROVED order can be revised.'],
  ])('says in which state $0.type is possible', (command, possible) => {
    given(order, placed, orders.approved(total), orders.shipped(total), orders.paid(total))
      .when(command)
      .thenRefused({ message: `The order is PAID. ${possible}` })
  })

  test('says that it waits for a revision, or for none', () => {
    const pending = [placed, orders.approved(total), orders.requested(1, total, 1)]
    const once = 'It can be %s once that is applied or rejected.'
    for (const [command, what] of [
      [orders.ship(), 'shipped'],
      [orders.reviseTotal(2), 'revised'],
    ] as const) {
      const message = `Revision 1 of the order is pending. ${once.replace('%s', what)}`
      given(order, ...pending)
        .when(command)
        .thenRefused({ code: 'ILLEGAL_STATE', path: ['orderId'], message })
    }
    for (const command of [orders.applyRevision(2), orders.rejectRevision(2, 'TIMED_OUT')]) {
      const message = 'Revision 2 of the order is not pending.'
      given(order, ...pending)
        .when(command)
        .thenRefused({ code: 'ILLEGAL_STATE', path: ['orderId'], message })
    }
  })
})

test('the parking says that nothing of the sort is parked', () => {
  given(parking)
    .when({ type: 'RetryParked', id: 'ord_1' })
    .thenRefused({ message: 'ord_1 is not parked: it was never, or is no longer.' })
})

describe('what a decider does not know is a bug, and is told as one', () => {
  const nonsense = { type: 'Nonsense', id: 'ord_1' } as never
  const placed = order.evolve(order.initialState(), orders.placed(1))
  const parked = new Map([['ord_1', { saga: 'placement', id: 'ord_1', orderId: 'ord_1', follows: 'order-ord_1' }]])

  test('a command', () => {
    const told = (who: string) => `${who} knows no command {"type":"Nonsense","id":"ord_1"}`
    expect(() => customer.decide(nonsense, customer.initialState())).toThrow(told('A customer'))
    expect(() => product.decide(nonsense, product.initialState())).toThrow(told('A product'))
    expect(() => order.decide(nonsense, placed)).toThrow(told('An order'))
    expect(() => parking.decide(nonsense, parked as never)).toThrow(told('A parking'))
  })

  test('an event', () => {
    expect(() => customer.evolve(customer.initialState(), nonsense)).toThrow('A customer knows no event Nonsense')
    expect(() => product.evolve(product.initialState(), nonsense)).toThrow('A product knows no event Nonsense')
  })
})
