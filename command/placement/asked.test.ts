// The events that a placement follows and notices, and its exact requests to the participants.

import { expect, test } from 'vitest'
import type { ReadableEvent } from '../../events/catalogue.ts'
import { cancelled, choreographed, placed, rejected } from '../order/order.given.ts'
import { done, line, orderPlaced, placing, refused } from './placement.given.ts'
import { placement } from './placement.ts'

test('it follows orders: it starts with one that is placed, and notices what becomes of it', () => {
  expect(placement).toMatchObject({
    name: 'placement',
    follows: 'order',
    startsWith: 'OrderPlaced',
    noticing: ['OrderCancelled', 'OrderShipped', 'OrderPaid'],
    cancelledBy: 'OrderCancelled',
    amended: { by: 'OrderRevised' },
  })
})

test('it has the id of the order, and all that it records is about that order', () => {
  expect(placement.idOf(orderPlaced())).toBe('ord_1')
  expect(placement.idOf({ ...orderPlaced(), type: 'LogCreated', data: { logId: 'abcdefghijkl' } })).toBeUndefined()
  expect(placement.about('ord_1')).toEqual({ orderId: 'ord_1' })
  const elsewhere = { ...orderPlaced(), ...choreographed(placed(5000)) } as ReadableEvent
  expect(placement.idOf(elsewhere)).toBeUndefined()
})

test('it begins with nothing but an order that is placed', () => {
  expect(() => placement.begin({ ...orderPlaced(), ...cancelled(5000) })).toThrow(
    'A placement cannot begin with OrderCancelled',
  )
  expect(() => placement.begin({ ...orderPlaced(), ...rejected(5000, 'TIMED_OUT') })).toThrow(
    'A placement cannot begin with OrderRejected',
  )
})

test('it is amended by nothing but a revision of its order', () => {
  const facts = placement.begin(orderPlaced())
  expect(() => placement.amended?.to(facts, { ...orderPlaced(), ...cancelled(5000) })).toThrow(
    'A placement is not amended by OrderCancelled',
  )
})

const ofCredit = { customerId: 'cus_1', orderId: 'ord_1' }
const ofStock = { productId: 'prd_1', orderId: 'ord_1' }

test('it asks the customer and the product for a reservation, and knows by which event they refuse', () => {
  expect(placing(line('prd_1', 3)).due).toEqual([
    {
      key: 'credit/reserve',
      step: 'credit',
      answer: 'DONE',
      stream: 'customer-cus_1',
      command: { type: 'ReserveCredit', ...ofCredit, amount: 5000 },
      refusedBy: 'CreditReservationRefused',
    },
    {
      key: 'stock prd_1/reserve',
      step: 'stock prd_1',
      answer: 'DONE',
      stream: 'product-prd_1',
      command: { type: 'ReserveStock', ...ofStock, quantity: 3 },
      refusedBy: 'StockReservationRefused',
    },
  ])
})

test('it sends each release to the participant that made the reservation', () => {
  expect(placing(line('prd_1', 3)).when('OrderCancelled').due).toEqual([
    {
      key: 'credit/undo',
      step: 'credit',
      answer: 'UNDONE',
      stream: 'customer-cus_1',
      command: { type: 'ReleaseCredit', ...ofCredit },
    },
    {
      key: 'stock prd_1/undo',
      step: 'stock prd_1',
      answer: 'UNDONE',
      stream: 'product-prd_1',
      command: { type: 'ReleaseStock', ...ofStock },
    },
  ])
})

test('it settles the credit when the order is paid, and the stock when it is shipped', () => {
  const story = placing(line('prd_1', 3)).when(done('credit'), done('stock prd_1')).when('OrderShipped', 'OrderPaid')
  expect(story.due).toEqual([
    {
      key: 'credit/settle',
      step: 'credit',
      answer: 'SETTLED',
      stream: 'customer-cus_1',
      command: { type: 'ReleaseCredit', ...ofCredit },
    },
    {
      key: 'stock prd_1/settle',
      step: 'stock prd_1',
      answer: 'SETTLED',
      stream: 'product-prd_1',
      command: { type: 'ShipStock', ...ofStock, quantity: 3 },
    },
  ])
})

test('it tells the order that it is approved, or why it is rejected', () => {
  const told = { step: 'decision', answer: 'DONE', stream: 'order-ord_1' }
  expect(placing().when(done('credit')).due).toEqual([
    { ...told, key: 'whenDone', command: { type: 'ApproveOrder', orderId: 'ord_1' } },
  ])
  expect(placing().when(refused('credit', 'UNKNOWN_CUSTOMER')).due).toEqual([
    {
      ...told,
      key: 'otherwise',
      command: { type: 'RejectOrder', orderId: 'ord_1', reason: 'UNKNOWN_CUSTOMER' },
    },
  ])
})
