// Which event each policy waits for, how long it is wanted, and what exactly it asks of whom.
import { describe, expect, test } from 'vitest'
import type { DomainEvent, PlacementFacts, ReadableEvent } from '../../events/catalogue.ts'
import * as customers from '../customer/customer.given.ts'
import * as orders from '../order/order.given.ts'
import * as products from '../product/product.given.ts'
import { line, orderPlaced } from './placement.given.ts'
import { policies } from './policies.ts'

const order: PlacementFacts = {
  orderId: 'ord_1',
  customerId: 'cus_1',
  total: 5000,
  stock: [{ productId: 'prd_1', quantity: 3 }],
}
const deadline = '2026-01-01T00:01:00.000Z'
const now = Date.parse(deadline) - 1
const decided = ['OrderApproved', 'OrderRejected', 'OrderCancelled']

test('the policies, in the order in which they matter to an order', () => {
  expect(policies.policies.map(({ ask: _, at: __, ...policy }) => policy)).toEqual([
    { name: 'set the deadline', when: ['OrderPlaced', 'SagaRetried'], until: decided },
    { name: 'reserve', when: ['OrderPlaced'], until: decided },
    {
      name: 'note',
      when: ['CreditReserved', 'CreditReservationRefused', 'StockReserved', 'StockReservationRefused'],
      until: decided,
    },
    { name: 'time out', when: ['ReservationsAwaited'], until: [...decided, 'SagaRetried'] },
    { name: 'give back', when: ['OrderRejected', 'OrderCancelled'], undoes: true },
    { name: 'ship', when: ['OrderShipped'] },
    { name: 'settle', when: ['OrderPaid'] },
  ])
})

const ofCredit = { customerId: 'cus_1', orderId: 'ord_1' }
const ofStock = { productId: 'prd_1', orderId: 'ord_1' }
const credit = { step: 'credit', stream: 'customer-cus_1' }
const stock = { step: 'stock prd_1', stream: 'product-prd_1' }
const itself = { stream: 'order-ord_1' }

describe('what is asked', () => {
  test('when an order is placed: credit, stock, and a deadline', () => {
    expect(asked('reserve', orderPlaced())).toEqual([
      { ...credit, command: { type: 'ReserveCredit', ...ofCredit, amount: 5000 } },
      { ...stock, command: { type: 'ReserveStock', ...ofStock, quantity: 3 } },
    ])
    expect(asked('set the deadline', orderPlaced())).toEqual([
      { ...itself, command: { type: 'AwaitReservations', orderId: 'ord_1', deadline } },
    ])
  })

  test.each([
    ['credit that is reserved', customers.reserved('ord_1', 5000), 'credit', undefined],
    ['stock that is reserved', products.reserved('ord_1', 3), 'stock prd_1', undefined],
    ['credit that is refused', customers.refused('ord_1', 5000, {}), 'credit', 'CREDIT_LIMIT_EXCEEDED'],
    ['stock that is refused', products.refused('ord_1', 3, {}), 'stock prd_1', 'OUT_OF_STOCK'],
  ])('when something comes of a reservation: that the order notes it, here %s', (_, event, step, refusedBecause) => {
    const command = { type: 'NoteReservation', orderId: 'ord_1', step, ...(refusedBecause && { refusedBecause }) }
    expect(asked('note', event)).toStrictEqual([{ ...itself, command }])
  })

  test('when a reservation comes after its release: nothing', () => {
    expect(asked('note', customers.refused('ord_1', 5000, { reason: 'ALREADY_RELEASED' }))).toEqual([])
    expect(asked('note', products.refused('ord_1', 3, { reason: 'ALREADY_RELEASED' }))).toEqual([])
  })

  test('at the deadline: that the order looks at the time', () => {
    const event = recorded(orders.awaited(5000, deadline))
    expect(named('time out').at?.(event)).toBe(deadline)
    expect(asked('time out', event)).toEqual([{ ...itself, command: { type: 'TimeOutOrder', orderId: 'ord_1', now } }])
  })

  test('when an order is rejected or cancelled: that everything is given back', () => {
    expect(asked('give back', orders.cancelled(5000))).toEqual([
      { ...credit, command: { type: 'ReleaseCredit', ...ofCredit } },
      { ...stock, command: { type: 'ReleaseStock', ...ofStock } },
    ])
  })

  test('when it is shipped, that the stock leaves; when it is paid, that the credit is free', () => {
    expect(asked('ship', orders.shipped(5000))).toEqual([
      { ...stock, command: { type: 'ShipStock', ...ofStock, quantity: 3 } },
    ])
    expect(asked('settle', orders.paid(5000))).toEqual([{ ...credit, command: { type: 'ReleaseCredit', ...ofCredit } }])
  })
})

describe('the policies follow', () => {
  test('the streams of an order and of those who reserve for it', () => {
    expect(policies).toMatchObject({ name: 'choreography', follows: ['order', 'customer', 'product'] })
    expect(policies.storyOf('ord_1')).toBe('order-ord_1')
    expect(policies.about('ord_1')).toEqual({ orderId: 'ord_1' })
    expect(policies.participants(order)).toEqual(['customer-cus_1', 'product-prd_1'])
  })

  test('an order from when it is placed, and what it takes once it is revised', () => {
    expect(policies.beginsWith).toBe('OrderPlaced')
    expect(policies.begin(orderPlaced(line('prd_1', 3)))).toEqual(order)
    expect(policies.amended?.by).toBe('OrderRevised')
    expect(policies.amended?.to(order, recorded(orders.revised(1, 700, line('prd_2', 1))))).toEqual({
      ...order,
      total: 700,
      stock: [
        { productId: 'prd_1', quantity: 0 },
        { productId: 'prd_2', quantity: 1 },
      ],
    })
  })

  test('orders by choreography and the answers to what they asked, and nothing else', () => {
    expect(policies.idOf(recorded(orders.choreographed(orders.placed(5000))))).toBe('ord_1')
    expect(policies.idOf(orderPlaced())).toBeUndefined()
    const reserved = recorded(customers.reserved('ord_1', 5000))
    const answerTo = (commandId: string) => ({ ...reserved, metadata: { ...reserved.metadata, commandId } })
    expect(policies.idOf(answerTo('~choreography/1'))).toBe('ord_1')
    expect(policies.idOf(answerTo('~placement/1'))).toBeUndefined()
    expect(policies.idOf(reserved)).toBeUndefined()
    expect(policies.idOf(recorded(customers.registered()))).toBeUndefined()
  })
})

function named(name: string): (typeof policies.policies)[number] {
  const policy = policies.policies.find((policy) => policy.name === name)
  if (!policy) throw new Error(`There is no policy to ${name}`)
  return policy
}

function asked(name: string, event: DomainEvent) {
  return named(name).ask(recorded(event), order, { now, deadline })
}

function recorded({ type, data }: DomainEvent): ReadableEvent {
  return { ...orderPlaced(), type, data } as ReadableEvent
}
