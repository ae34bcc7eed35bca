// The story of placing an order, told without a store or a clock: in all its endings.

import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NewEvent } from '../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../events/upcasters.ts'
import { toStored } from '../../kernel/deciding/saga/stored.ts'
import { appendOf } from '../../kernel/store/append.ts'
import { MAX_PRODUCTS_EVER } from '../order/order.ts'
import { MAX_QUANTITY } from '../product/product.ts'
import {
  BEGINS,
  done,
  line,
  orderRevised,
  placing,
  rebuilt,
  refused,
  settled,
  undone,
  willing,
} from './placement.given.ts'
import { placement } from './placement.ts'

const hammer = 'stock prd_hammer'
const nails = 'stock prd_nails'
const hammerAndNails = () => placing(line('prd_hammer'), line('prd_nails', 200))
/** Hammer and nails when all is reserved. */
const approved = () => hammerAndNails().when(done('credit'), done(hammer), done(nails))

describe('an order that can be had', () => {
  test('by plain total needs credit only', () => {
    placing()
      .then('Started')
      .asks('credit/reserve')
      .when(done('credit'))
      .then('RepliesReceived', 'Decided APPROVED')
      .asks('whenDone')
  })

  test('by one line needs credit and stock, asked for at the same time', () => {
    placing(line('prd_hammer'))
      .asks('credit/reserve', 'stock prd_hammer/reserve')
      .when(done(hammer))
      .then('RepliesReceived')
      .asks('credit/reserve')
      .when(done('credit'))
      .then('RepliesReceived', 'Decided APPROVED')
      .asks('whenDone')
  })

  test('by several lines is approved when everything is reserved, in whichever order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['credit', hammer, nails], { minLength: 3 }), (steps) => {
        const last = steps.pop() as string
        const waiting = steps.reduce(
          (before, step) => before.when(done(step)).then('RepliesReceived'),
          hammerAndNails(),
        )
        waiting.when(done(last)).then('RepliesReceived', 'Decided APPROVED')
      }),
    )
  })

  test('many replies at once are recorded once', () => {
    approved().then('RepliesReceived', 'Decided APPROVED').asks('whenDone')
  })

  test('lines of the same product are reserved together', () => {
    const { due } = placing(line('prd_nails', 200), line('prd_hammer', 1), line('prd_nails', 50))
    expect(due.map(({ stream, command }) => ({ stream, command }))).toEqual([
      {
        stream: 'customer-cus_1',
        command: { type: 'ReserveCredit', customerId: 'cus_1', orderId: 'ord_1', amount: 5000 },
      },
      {
        stream: 'product-prd_nails',
        command: { type: 'ReserveStock', productId: 'prd_nails', orderId: 'ord_1', quantity: 250 },
      },
      {
        stream: 'product-prd_hammer',
        command: { type: 'ReserveStock', productId: 'prd_hammer', orderId: 'ord_1', quantity: 1 },
      },
    ])
  })

  test('an approval that was delivered needs no note', () => {
    approved().when(done('decision')).then()
  })
})

describe('an order that cannot be had', () => {
  test.each([
    ['credit', 'UNKNOWN_CUSTOMER'],
    ['credit', 'CREDIT_LIMIT_EXCEEDED'],
    [hammer, 'UNKNOWN_PRODUCT'],
    [hammer, 'OUT_OF_STOCK'],
  ])('is rejected when %s says %s, and gives back what it had', (step, reason) => {
    const other = step === 'credit' ? hammer : 'credit'
    placing(line('prd_hammer'))
      .when(done(other), refused(step, reason))
      .then('RepliesReceived', `Decided REJECTED ${reason}`)
      .asks('otherwise', `${other}/undo`)
      .when(undone(other))
      .then('RepliesReceived')
      .asks('otherwise')
      .when(done('decision'))
      .then('RepliesReceived', 'Ended')
      .asks()
  })

  test('waits for all replies, so that the reason does not depend on who is faster', () => {
    hammerAndNails()
      .when(refused(nails, 'OUT_OF_STOCK'))
      .then('RepliesReceived')
      .asks('credit/reserve', `${hammer}/reserve`)
      .when(done(hammer))
      .then('RepliesReceived')
      .when(refused('credit', 'CREDIT_LIMIT_EXCEEDED'))
      .then('RepliesReceived', 'Decided REJECTED CREDIT_LIMIT_EXCEEDED')
  })

  const noCustomer = refused('credit', 'UNKNOWN_CUSTOMER')
  const noCredit = refused('credit', 'CREDIT_LIMIT_EXCEEDED')
  const noHammer = refused(hammer, 'UNKNOWN_PRODUCT')
  const noNails = refused(nails, 'OUT_OF_STOCK')
  test.each([
    ['UNKNOWN_CUSTOMER', [noCustomer, noHammer, noNails]],
    ['UNKNOWN_PRODUCT', [noCredit, noHammer, noNails]],
    ['CREDIT_LIMIT_EXCEEDED', [noCredit, done(hammer), noNails]],
    ['OUT_OF_STOCK', [done('credit'), done(hammer), noNails]],
  ])('tells the weightiest reason, in whichever order they come: %s', (reason, replies) => {
    fc.assert(
      fc.property(fc.shuffledSubarray(replies, { minLength: 3 }), (shuffled) => {
        const story = shuffled.reduce((before, reply) => before.when(reply), hammerAndNails())
        story.then('RepliesReceived', `Decided REJECTED ${reason}`)
      }),
    )
  })

  test('tells the order why', () => {
    const { due } = placing().when(refused('credit', 'UNKNOWN_CUSTOMER'))
    expect(due).toMatchObject([
      { stream: 'order-ord_1', command: { type: 'RejectOrder', orderId: 'ord_1', reason: 'UNKNOWN_CUSTOMER' } },
    ])
  })
})

describe('an order that takes too long', () => {
  test('has a minute from when its placement begins, however long ago it was placed', () => {
    expect(placing().state.deadline).toBe('2026-01-01T00:01:10.000Z')
  })

  test('is rejected, and gives back what it has and what may be under way', () => {
    hammerAndNails()
      .when(done(hammer))
      .when('overdue')
      .then('Decided REJECTED TIMED_OUT')
      .asks('otherwise', 'credit/undo', `${hammer}/undo`, `${nails}/undo`)
      .when(undone('credit'), undone(hammer), undone(nails), done('decision'))
      .then('RepliesReceived', 'Ended')
  })

  test('is rejected as late even when something was refused before', () => {
    hammerAndNails().when(refused(nails, 'OUT_OF_STOCK')).when('overdue').then('Decided REJECTED TIMED_OUT')
  })

  test('is approved all the same when the last reply comes together with the deadline', () => {
    placing().when(done('credit'), 'overdue').then('RepliesReceived', 'Decided APPROVED')
  })

  test('keeps its decision when the deadline passes after it', () => {
    approved().when('overdue').then()
  })

  test('is rejected once, however often the deadline is looked at; replies that come late are undone', () => {
    placing()
      .when('overdue')
      .then('Decided REJECTED TIMED_OUT')
      .when('overdue')
      .then()
      .when(done('credit'), 'overdue')
      .then()
      .asks('otherwise', 'credit/undo')
  })
})

describe('an order that is cancelled', () => {
  test('while nothing is reserved gives back what may be under way', () => {
    placing(line('prd_hammer'))
      .when('OrderCancelled')
      .then('RepliesReceived', 'Decided CANCELLED')
      .asks('credit/undo', `${hammer}/undo`)
      .when(undone('credit'), undone(hammer))
      .then('RepliesReceived', 'Ended')
  })

  test('while some replies are in gives back what it has; what was refused it never had', () => {
    hammerAndNails()
      .when(done('credit'), refused(hammer, 'OUT_OF_STOCK'))
      .when('OrderCancelled')
      .then('RepliesReceived', 'Decided CANCELLED')
      .asks('credit/undo', `${nails}/undo`)
  })

  test('before it is decided ends as cancelled, not as approved, when both come together', () => {
    placing().when(done('credit'), 'OrderCancelled').then('RepliesReceived', 'Decided CANCELLED').asks('credit/undo')
  })

  test('before the late replies come: they change nothing, the reservation is undone by itself', () => {
    placing(line('prd_hammer'))
      .when('OrderCancelled')
      .when(done('credit'), refused(hammer, 'ALREADY_RELEASED'))
      .then()
      .asks('credit/undo', `${hammer}/undo`)
  })

  test('while it is approved gives everything back', () => {
    approved()
      .when('OrderCancelled')
      .then('RepliesReceived')
      .asks('credit/undo', `${hammer}/undo`, `${nails}/undo`)
      .when(undone('credit'), undone(nails))
      .then('RepliesReceived')
      .asks(`${hammer}/undo`)
      .when(undone(hammer))
      .then('RepliesReceived', 'Ended')
      .asks()
  })

  test('while its rejection is under way needs no rejection any more', () => {
    placing(line('prd_hammer'))
      .when(done('credit'), refused(hammer, 'OUT_OF_STOCK'))
      .when('OrderCancelled')
      .asks('credit/undo')
      .when(undone('credit'))
      .then('RepliesReceived', 'Ended')
  })
})

describe('an order that is shipped and paid', () => {
  test('takes its stock from the shelves when it is shipped, and keeps its credit', () => {
    approved()
      .when('OrderShipped')
      .then('RepliesReceived')
      .asks(`${hammer}/settle`, `${nails}/settle`)
      .when(settled(hammer), settled(nails))
      .then('RepliesReceived')
      .asks()
  })

  test('gives its credit back when it is paid, and that is the end', () => {
    approved()
      .when('OrderShipped')
      .when(settled(hammer), settled(nails))
      .when('OrderPaid')
      .then('RepliesReceived')
      .asks('credit/settle')
      .when(settled('credit'))
      .then('RepliesReceived', 'Ended')
      .asks()
  })

  test('ends also when it is paid before its stock has left', () => {
    approved()
      .when('OrderShipped')
      .when(settled(nails))
      .when('OrderPaid')
      .asks('credit/settle', `${hammer}/settle`)
      .when(settled('credit'))
      .then('RepliesReceived')
      .when(settled(hammer))
      .then('RepliesReceived', 'Ended')
  })

  test('by plain total waits for its payment when it is shipped', () => {
    placing().when(done('credit')).when('OrderShipped').then('RepliesReceived').asks()
  })

  test('asks what a participant does to be done', () => {
    const { due } = approved().when('OrderShipped', 'OrderPaid')
    expect(due.map(({ command }) => command.type)).toEqual(['ReleaseCredit', 'ShipStock', 'ShipStock'])
  })
})

describe('an order that is revised', () => {
  const withoutNails = orderRevised(3, line('prd_hammer', 2), line('prd_saw', 1), line('prd_saw', 4))

  test('ships what it is over then, and nothing of what is left out', () => {
    const { due } = approved().when(withoutNails).then('Amended').asks('whenDone').when('OrderShipped')
    expect(due.map(({ command }) => command)).toEqual([
      { type: 'ShipStock', productId: 'prd_hammer', orderId: 'ord_1', quantity: 2 },
      { type: 'ShipStock', productId: 'prd_nails', orderId: 'ord_1', quantity: 0 },
      { type: 'ShipStock', productId: 'prd_saw', orderId: 'ord_1', quantity: 5 },
    ])
  })

  test('as often as it can be is amended by events that fit in an append', () => {
    const longest = (id: string) => `${id}_${'x'.repeat(64 - id.length)}`
    const products = Array.from({ length: MAX_PRODUCTS_EVER }, (_, number) =>
      line(longest(`prd_${number}`), MAX_QUANTITY),
    )
    const { events } = placing(...products.slice(0, 2000))
      .when(orderRevised(3, ...products.slice(2000, 4000)))
      .when(orderRevised(5, ...products.slice(4000)))
    const [, , last] = events
    expect(last).toMatchObject({ type: 'Amended', data: { stock: { length: MAX_PRODUCTS_EVER } } })
    for (const event of events) {
      const stored = {
        ...toStored(placement, event, longest('ord')),
        id: randomUUID(),
        metadata: { schemaVersion: SCHEMA_VERSION },
      }
      expect(() => appendOf(`placement-${longest('ord')}`, [stored as NewEvent], 0)).not.toThrow()
    }
  })

  test('gives back also what is new when it is cancelled, and what is left out', () => {
    approved()
      .when(withoutNails, 'OrderCancelled')
      .then('Amended', 'RepliesReceived')
      .asks('credit/undo', `${hammer}/undo`, `${nails}/undo`, 'stock prd_saw/undo')
      .when(undone('credit'), undone(hammer), undone(nails), undone('stock prd_saw'))
      .then('RepliesReceived', 'Ended')
  })

  test('is amended by each revision once, in their order, and by several at once', () => {
    const twice = approved()
      .when(withoutNails, orderRevised(5, line('prd_nails', 7)))
      .then('Amended')
    twice.when(withoutNails).then()
    twice.when(orderRevised(5)).then()
    expect(twice.state.facts).toMatchObject({
      total: 6000,
      stock: [
        { productId: 'prd_hammer', quantity: 0 },
        { productId: 'prd_nails', quantity: 7 },
        { productId: 'prd_saw', quantity: 0 },
      ],
    })
  })

  test('is amended no more when it has ended', () => {
    placing().when('OrderCancelled').when(undone('credit')).when(withoutNails).then()
  })
})

describe('an order that is tried again after it was parked', () => {
  const anHourLater = BEGINS + 3_600_000

  test('has the whole time from then on', () => {
    const resumed = hammerAndNails()
      .when(done(hammer))
      .when({ retry: 'retry-1', at: anHourLater })
      .then('Resumed')
      .asks('credit/reserve', `${nails}/reserve`)
    expect(resumed.state.deadline).toBe('2026-01-01T01:01:10.000Z')
    resumed.when('overdue').then('Decided REJECTED TIMED_OUT')
  })

  test('is tried again once for each retry', () => {
    const resumed = placing().when({ retry: 'retry-1', at: anHourLater }).then('Resumed')
    resumed.when({ retry: 'retry-1', at: anHourLater + 1 }).then()
    resumed.when({ retry: 'retry-2', at: anHourLater + 1 }).then('Resumed')
  })

  test('when it was decided before continues with the open steps, at any time', () => {
    placing(line('prd_hammer'))
      .when(done('credit'), refused(hammer, 'OUT_OF_STOCK'))
      .when({ retry: 'retry-1', at: anHourLater })
      .then()
      .asks('otherwise', 'credit/undo')
  })

  test('notices what has happened while it was parked', () => {
    placing()
      .when({ retry: 'retry-1', at: anHourLater }, 'OrderCancelled')
      .then('Resumed', 'RepliesReceived', 'Decided CANCELLED')
  })
})

describe('what comes late or twice changes nothing', () => {
  test('a reply that was recorded', () => {
    hammerAndNails()
      .when(done('credit'), refused(hammer, 'OUT_OF_STOCK'))
      .when(done('credit'), refused(hammer, 'OUT_OF_STOCK'), done(hammer))
      .then()
  })

  test('an event that was noticed', () => {
    approved().when('OrderCancelled').when('OrderCancelled').then()
  })

  test('an undo or a shipment that was recorded', () => {
    approved().when('OrderCancelled').when(undone('credit')).when(undone('credit')).then()
    approved().when('OrderShipped').when(settled(hammer)).when(settled(hammer)).then()
  })

  test('anything after the end', () => {
    placing()
      .when('OrderCancelled')
      .when(undone('credit'))
      .then('RepliesReceived', 'Ended')
      .when(done('credit'), undone('credit'), done('decision'), 'OrderCancelled', 'overdue')
      .then()
  })

  test('an answer from somebody who was not asked', () => {
    placing().when(done('stock prd_unknown')).then()
  })
})

describe('an order of 675 lines', () => {
  const large = () => placing(...Array.from({ length: 675 }, (_, index) => line(`prd_${index}`)))

  /** Everybody answers as soon as asked; replies come together. Never more than 64 are asked at the same time. */
  function play(begin = large(), until = Number.POSITIVE_INFINITY) {
    let story = begin
    for (let round = 0; round < until && story.due.length > 0 && story.due[0]?.key !== 'whenDone'; round++) {
      expect(story.due.length).toBeLessThanOrEqual(64 + 1)
      expect(story.due.filter(({ step }) => step !== 'decision').length).toBeLessThanOrEqual(64)
      story = story.when(...willing(story.due))
    }
    return story
  }

  test('asks 64 at a time, and has a short stream when it is approved, shipped and paid', () => {
    const story = play()
    expect(story.state.decision).toEqual({ outcome: 'APPROVED' })
    const ended = play(story.when('OrderShipped', 'OrderPaid'))
    expect(ended.state.ended).toBe(true)
    expect(ended.events.length).toBeLessThan(40)
  })

  test('is cancelled as well: what was not its turn yet is never asked', () => {
    const halfway = play(large(), 3)
    const cancelled = halfway.when(...willing(halfway.due.slice(0, 10)), 'OrderCancelled')
    const reservedOrUnderWay = 3 * 64 + 64 + 10
    expect(cancelled.state.statuses.filter((status) => status === 'UNASKED')).toHaveLength(676 - reservedOrUnderWay)
    const ended = play(cancelled)
    expect(ended.state.ended).toBe(true)
    expect(ended.state.statuses.filter((status) => status === 'UNDONE')).toHaveLength(reservedOrUnderWay)
    expect(ended.events.length).toBeLessThan(40)
  })

  test('is rejected as well', () => {
    const last = play(large(), 10)
    const rejected = last.when(refused('stock prd_674', 'OUT_OF_STOCK'), ...willing(last.due.slice(0, -1)))
    expect(rejected.state.decision).toEqual({ outcome: 'REJECTED', reason: 'OUT_OF_STOCK' })
    const ended = play(rejected)
    expect(ended.state.ended).toBe(true)
    expect(ended.events.length).toBeLessThan(40)
  })

  test('keeps its window when the process starts again with another one', () => {
    const { events, due } = play(large(), 3)
    const [started, ...later] = events
    if (started?.type !== 'Started') throw new Error('The stream does not begin with Started')
    expect(started.data.window).toBe(64)
    const narrower = { type: 'Started', data: { ...started.data, window: 10 } } as const
    expect(rebuilt([narrower, ...later])?.window).toBe(10)
    expect(due).toHaveLength(64)
  })
})
