// The messages for clients when a customer, a product, an order or the parking refuses a command.
import { describe, expect, test } from 'vitest'
import { given } from '../kernel/deciding/given.ts'
import { changeLimit, register, registered } from './customer/customer.given.ts'
import { customer } from './customer/customer.ts'
import { euros } from './euros.given.ts'
import * as orders from './order/order.given.ts'
import { order } from './order/order.ts'
import { parking } from './parking.ts'
import * as products from './product/product.given.ts'
import { MAX_QUANTITY, product } from './product/product.ts'

test('a customer says who is not registered, who is already, and what the limit is', () => {
  const acme = registered({ creditLimit: euros(2000) })
  given(customer, acme)
    .when(register(euros(1)))
    .thenRefused({ message: 'customerId must be a new id: cus_1 is registered already.' })
  given(customer)
    .when(changeLimit(euros(1)))
    .thenRefused({ message: 'customerId must be the id of a registered customer: there is no cus_1.' })
  given(customer, acme)
    .when(changeLimit(euros(3000), euros(1999.99)))
    .thenRefused({
      message: 'expectedCreditLimit is 1999.99, but the credit limit is 2000.00. Read the customer again.',
    })
})

test('a product says that it is not in the range, or is already, what it costs, and how much more there can be', () => {
  const hammer = products.added(euros(10))
  given(product, hammer)
    .when(products.add(euros(10)))
    .thenRefused({ message: 'productId must be a new id: prd_1 is in the range already.' })
  for (const command of [products.changePrice(euros(12)), products.receive(5)]) {
    given(product)
      .when(command)
      .thenRefused({ message: 'productId must be the id of a product in the range: there is no prd_1.' })
  }
  given(product, hammer)
    .when(products.changePrice(euros(12), euros(11)))
    .thenRefused({ message: 'expectedPrice is 11.00, but the price is 10.00. Read the product again.' })
  given(product, hammer, products.received(MAX_QUANTITY - 1))
    .when(products.receive(2))
    .thenRefused({
      message: 'quantity must be at most 1, because 2147483646 pieces are in stock and 2147483647 is the maximum.',
    })
})

describe('an order', () => {
  const total = euros(100)
  const placed = orders.placed(total)

  test('says that it was placed already, or never', () => {
    given(order, placed)
      .when(orders.placeTotal(total))
      .thenRefused({ message: 'orderId must be a new id: ord_1 is placed already.' })
    given(order)
      .when(orders.cancel())
      .thenRefused({ message: 'orderId must be the id of a placed order: there is no ord_1.' })
  })

  test('says how much it can come to', () => {
    given(order)
      .when(orders.placeLines(orders.line('prd_1', 2, Number.MAX_SAFE_INTEGER)))
      .thenRefused({
        message: 'content.lines.0.quantity brings the total of the order above 90071992547409.91, the maximum.',
      })
  })

  test('says at which version it is', () => {
    given(order, placed)
      .when(orders.cancel({ expectedVersion: 7 }))
      .thenRefused({ message: 'expectedVersion is 7, but the order is at version 1. Read the order again.' })
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
    for (const [command, what] of [
      [orders.ship(), 'shipped'],
      [orders.reviseTotal(2), 'revised'],
    ] as const) {
      const message = `Revision 1 of the order is pending. The order can be ${what} after that revision is applied or rejected.`
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
    .thenRefused({ message: 'id must be the id of a parked order: ord_1 is not parked.' })
})

describe('a command or an event unknown to a decider is a bug, and is reported as one', () => {
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
