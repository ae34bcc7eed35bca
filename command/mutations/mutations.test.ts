// The answer of a mutation: a receipt or user errors; and a retry remains one command.

import { setImmediate as turn } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import { beforeEach, describe, expect, test } from 'vitest'
import type { EventStore } from '../../events/catalogue.ts'
import { CannotFold, NotDecided } from '../../kernel/deciding/bus/command-bus.ts'
import type { Payload } from '../../schema/payload.ts'
import { openCommandHandler, type ShopBus } from '../commands.ts'
import { eventsOf, openLog, watched, wholeLog } from '../log.given.ts'
import { mutations } from './index.ts'

let store: EventStore
let bus: ShopBus
beforeEach(async () => {
  store = await openLog()
  bus = openCommandHandler(store)
})

function send(name: keyof typeof mutations, input: object): Promise<Payload> {
  return mutations[name](undefined, { input }, { bus, prices: bus })
}

const acme = { commandId: 'c1', customerId: 'cus_1', name: 'Acme Tools', creditLimit: 100_000 }
const hammer = { commandId: 'p1', productId: 'prd_1', name: 'Hammer', price: 1000, stock: 5 }
const order = { commandId: 'o1', orderId: 'ord_1', customerId: 'cus_1', content: { total: 5000 } }

test('every mutation becomes its command', async () => {
  await send('registerCustomer', acme)
  await send('changeCreditLimit', { customerId: 'cus_1', creditLimit: 5, expectedCreditLimit: 100_000 })
  await send('addProduct', hammer)
  await send('changePrice', { productId: 'prd_1', price: 1100, expectedPrice: 1000 })
  await send('receiveStock', { productId: 'prd_1', quantity: 3 })
  await send('placeOrder', order)
  await send('cancelOrder', { orderId: 'ord_1', reason: 'too late', expectedVersion: 1 })

  const log = await wholeLog(store)
  expect(log.map(({ type, data }) => ({ type, data }))).toEqual([
    { type: 'CustomerRegistered', data: { customerId: 'cus_1', name: 'Acme Tools', creditLimit: 100_000 } },
    { type: 'CreditLimitChanged', data: { customerId: 'cus_1', creditLimit: 5, previousCreditLimit: 100_000 } },
    { type: 'ProductAdded', data: { productId: 'prd_1', name: 'Hammer', price: 1000 } },
    { type: 'StockReceived', data: { productId: 'prd_1', quantity: 5 } },
    { type: 'PriceChanged', data: { productId: 'prd_1', price: 1100, previousPrice: 1000 } },
    { type: 'StockReceived', data: { productId: 'prd_1', quantity: 3 } },
    { type: 'OrderPlaced', data: { orderId: 'ord_1', customerId: 'cus_1', total: 5000, lines: [] } },
    { type: 'OrderCancelled', data: { orderId: 'ord_1', customerId: 'cus_1', total: 5000, reason: 'too late' } },
  ])
})

test('an approved order is shipped and paid', async () => {
  await send('placeOrder', order)
  await bus.send({
    stream: 'order-ord_1',
    command: { type: 'ApproveOrder', orderId: 'ord_1' },
    commandId: '~placement-ord_1/whenDone',
    digest: '',
    correlationId: 'o1',
  })
  await send('shipOrder', { orderId: 'ord_1', trackingCode: 'A1', expectedVersion: 2 })
  await send('recordPayment', { orderId: 'ord_1', expectedVersion: 3 })
  expect((await eventsOf(store, 'order-ord_1')).slice(2)).toMatchObject([
    { type: 'OrderShipped', data: { trackingCode: 'A1' } },
    { type: 'OrderPaid' },
  ])
})

test('a parked order is tried again or given up by an operator', async () => {
  for (const id of ['ord_1', 'ord_2-b']) {
    const saga = { saga: 'placement', id, orderId: id, follows: `order-${id}` } as const
    const trouble = { reason: 'STUCK', steps: [], error: 'no such thing', tries: 8 } as const
    await bus.send({
      stream: 'parked-placement',
      command: { type: 'Park', saga, trouble: { ...trouble, steps: [] } },
      commandId: `~park/${id}`,
      digest: '',
      correlationId: id,
    })
  }
  const retried = await send('retryParked', { id: 'placement-ord_1' })
  expect(retried).toMatchObject({ id: 'placement-ord_1', receipt: { version: 3 }, userErrors: [] })
  await send('discardParked', { id: 'placement-ord_2-b' })
  expect((await eventsOf(store, 'parked-placement')).slice(2)).toMatchObject([
    { type: 'SagaRetried', data: { orderId: 'ord_1' } },
    { type: 'SagaDiscarded', data: { orderId: 'ord_2-b' } },
  ])
  expect(await send('retryParked', { id: 'placement-ord_1' })).toMatchObject({
    receipt: null,
    userErrors: [{ code: 'NOT_FOUND', path: ['input', 'id'], message: expect.stringContaining('ord_1 is not parked') }],
  })
})

describe('an accepted command', () => {
  test('has a receipt: its version counts the events of the stream', async () => {
    expect(await send('addProduct', hammer)).toEqual({
      id: 'prd_1',
      receipt: { commandId: 'p1', duplicate: false, version: 2, position: 2 },
      userErrors: [],
    })
  })

  test('without a commandId is given one', async () => {
    const [one, other] = [
      await send('receiveStock', { productId: 'prd_1', quantity: 1 }),
      await send('addProduct', { ...hammer, commandId: null }),
    ]
    expect(one.receipt).toBeNull()
    expect(other.receipt?.commandId).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a refused command', () => {
  test('has a user error with the path from the arguments on', async () => {
    await send('registerCustomer', acme)
    const change = { customerId: 'cus_1', creditLimit: 5, expectedCreditLimit: 7 }
    expect(await send('changeCreditLimit', change)).toEqual({
      id: 'cus_1',
      receipt: null,
      userErrors: [
        {
          code: 'CONFLICT',
          message: 'expectedCreditLimit is 0.07, but the credit limit is 1000.00. Read the customer again.',
          path: ['input', 'expectedCreditLimit'],
          expected: '0.07',
          actual: '1000.00',
        },
      ],
    })
  })

  test('whose input is wrong was never sent', async () => {
    const payload = await send('registerCustomer', { ...acme, name: '', creditLimit: -1 })
    expect(payload).toMatchObject({ receipt: null, userErrors: [{ path: ['input', 'name'] }, {}] })
    expect(await wholeLog(store)).toEqual([])
  })
})

describe('a retry', () => {
  test('has the first receipt, as a duplicate', async () => {
    const first = await send('registerCustomer', acme)
    const retry = await send('registerCustomer', acme)
    expect(retry).toEqual({ ...first, receipt: { ...first.receipt, duplicate: true } })
  })

  test('reads nothing of what it had recorded', async () => {
    const log = watched(store)
    bus = openCommandHandler(log)
    const lines = Array.from({ length: 100 }, (_, number) => ({
      productId: `prd_${number}`,
      quantity: 1,
      unitPrice: 1,
    }))
    await send('placeOrder', { ...order, content: { lines } })
    expect(await send('placeOrder', { ...order, content: { lines } })).toMatchObject({ receipt: { duplicate: true } })
    expect(log.reads).toEqual([])
  })

  test('is the same for every order of the fields, and for absent and null ones', async () => {
    const { commandId, customerId, name, creditLimit } = acme
    await send('registerCustomer', acme)
    expect(await send('registerCustomer', { creditLimit, name, customerId, commandId })).toMatchObject({
      receipt: { duplicate: true },
    })
    await send('placeOrder', order)
    await send('cancelOrder', { commandId: 'c2', orderId: 'ord_1' })
    expect(
      await send('cancelOrder', { commandId: 'c2', orderId: 'ord_1', reason: null, expectedVersion: null }),
    ).toMatchObject({ receipt: { duplicate: true } })
  })

  test.each([
    ['registerCustomer', { ...acme, customerId: undefined }, /^cus_[0-9a-f-]{36}$/],
    ['addProduct', { ...hammer, productId: undefined }, /^prd_[0-9a-f-]{36}$/],
    ['placeOrder', { ...order, orderId: undefined }, /^ord_[0-9a-f-]{36}$/],
  ] as const)('without an id makes the same one: %s', async (name, input, form) => {
    const [first, retry] = await Promise.all([send(name, input), send(name, input)])
    expect(first.id).toMatch(form)
    expect(retry).toMatchObject({ id: first.id, receipt: { duplicate: true } })
    const another = await send(name, { ...input, commandId: 'another' })
    expect(another.id).not.toBe(first.id)
    expect(another.receipt?.duplicate).toBe(false)
  })

  test('with other input is refused', async () => {
    await send('registerCustomer', acme)
    const reused = { receipt: null, userErrors: [{ code: 'COMMAND_ID_REUSED', path: ['input', 'commandId'] }] }
    expect(await send('registerCustomer', { ...acme, creditLimit: 1 })).toMatchObject(reused)
    expect(
      await send('changeCreditLimit', { commandId: 'c1', customerId: 'cus_1', creditLimit: 100_000 }),
    ).toMatchObject(reused)
  })

  test('of an order at the list price is the same order when the price has changed since', async () => {
    await send('addProduct', hammer)
    const unpriced = { ...order, content: { lines: [{ productId: 'prd_1', quantity: 2 }] } }
    const first = await send('placeOrder', unpriced)
    await send('changePrice', { productId: 'prd_1', price: 1 })
    expect(await send('placeOrder', unpriced)).toMatchObject({ receipt: { ...first.receipt, duplicate: true } })
    expect(await eventsOf(store, 'order-ord_1')).toMatchObject([{ data: { total: 2000 } }])
  })
})

describe('a line without a price', () => {
  test('has the list price of now; agreed prices stay', async () => {
    await send('addProduct', hammer)
    const lines = [
      { productId: 'prd_1', quantity: 2, unitPrice: null },
      { productId: 'prd_1', quantity: 1, unitPrice: 900 },
      { productId: 'prd_9', quantity: 1, unitPrice: 0 },
    ]
    await send('placeOrder', { ...order, content: { lines } })
    expect((await eventsOf(store, 'order-ord_1'))[0]?.data).toMatchObject({
      total: 2900,
      lines: [{ unitPrice: 1000 }, { unitPrice: 900 }, { unitPrice: 0 }],
    })
  })

  test('of many products: each is asked for its price once, and no more than 64 at a time', async () => {
    const asked: string[] = []
    let underWay = 0
    let most = 0
    const watched: ShopBus = {
      ...bus,
      async priceOf(productId) {
        asked.push(productId)
        most = Math.max(most, ++underWay)
        await turn()
        underWay--
        return 5
      },
    }
    const ids = Array.from({ length: 1000 }, (_, number) => `prd_${number}`)
    const lines = [...ids, ...ids].map((productId) => ({ productId, quantity: 1 }))
    const input = { ...order, content: { lines } }
    await mutations.placeOrder(undefined, { input }, { bus: watched, prices: watched })
    expect(asked).toEqual(ids)
    expect(most).toBe(64)
    expect((await eventsOf(store, 'order-ord_1'))[0]?.data).toMatchObject({ total: 10_000, lines: { length: 2000 } })
  })

  test('of a product that is not in the range is not found', async () => {
    const lines = [
      { productId: 'prd_1', quantity: 2, unitPrice: 1 },
      { productId: 'prd_9', quantity: 1 },
    ]
    expect(await send('placeOrder', { ...order, content: { lines } })).toMatchObject({
      receipt: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'content', 'lines', '1', 'productId'] }],
    })
  })
})

describe('broken machinery', () => {
  const away: ShopBus = {
    send: () => Promise.reject(new NotDecided('the store is away')),
    priceOf: () => Promise.reject(new NotDecided('the store is away')),
  }

  test.each([
    ['to decide', order],
    ['to tell the price', { ...order, content: { lines: [{ productId: 'prd_1', quantity: 1 }] } }],
  ])('is reported as an error to retry: nobody %s', async (_, input) => {
    const answer = mutations.placeOrder(undefined, { input }, { bus: away, prices: away })
    await expect(answer).rejects.toThrow(GraphQLError)
    await expect(answer).rejects.toMatchObject({ extensions: { code: 'UNAVAILABLE', retryable: true } })
  })

  test('from an unreadable event is reported as one that no retry solves', async () => {
    const damaged = new CannotFold('order-ord_1 cannot be folded at its event 3 (OrderShipped, position 12 of the log)')
    const bus: ShopBus = { ...away, send: () => Promise.reject(damaged) }
    const answer = mutations.placeOrder(undefined, { input: order }, { bus, prices: bus })
    await expect(answer).rejects.toMatchObject({ extensions: { code: 'UNAVAILABLE', retryable: false } })
    await expect(answer).rejects.toThrow(/at its event 3 .* position 12 of the log\)\. Another try does not help/)
  })

  test('that is a bug is not: the same command would fail again', async () => {
    const buggy: ShopBus = { ...away, send: () => Promise.reject(new TypeError('a bug')) }
    await expect(mutations.placeOrder(undefined, { input: order }, { bus: buggy, prices: buggy })).rejects.toThrow(
      TypeError,
    )
  })
})
