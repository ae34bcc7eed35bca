// Orders placed with everything that places them, by orchestration and by choreography: with crashes, delays and failures.

import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { NotDecided } from '../../kernel/deciding/bus/command-bus.ts'
import { openCheckpoint } from '../../kernel/deciding/processes/checkpoint.ts'
import { isLong } from '../../kernel/rounds.given.ts'
import { START } from '../../kernel/store/position.ts'
import { heldAtEnd } from '../../test/invariants.ts'
import { type CommandBus, type CommandMessage, openCommandHandler } from '../commands.ts'
import { crashing, eventsOf, watched, wholeLog } from '../log.given.ts'
import type { QuotedLine } from '../order/order.ts'
import { clockOf, hammer, nails, openShop, type Shop } from './shop.given.ts'

/** A crash at every fifth append; `npm run test:long` has one at each. */
const EVERY = isLong ? 1 : 5

describe.each([
  ['orchestration', 'placements'],
  ['choreography', 'choreography'],
] as const)('by %s,', (coordination, reader) => {
  let shop: Shop
  beforeEach(async () => {
    shop = await openShop({ coordination })
  })

  describe('an order', () => {
    test('that can be had is approved, holds credit and stock, lets go of stock when shipped, and of credit when paid', async () => {
      const sagas = await shop.start()
      await shop.place('ord_1', [hammer(10), nails(400), nails(600)])
      await shop.happens('OrderApproved', 'ord_1')
      expect(heldAtEnd(await wholeLog(shop.store))).toEqual([])
      await shop.send({ type: 'ShipOrder', orderId: 'ord_1' })
      await shop.send({ type: 'RecordPayment', orderId: 'ord_1' })
      await shop.ends('ord_1')
      await sagas.stop()
      await shop.expectSoundLog()
      expect(await eventsOf(shop.store, 'product-prd_nails')).toMatchObject([
        { type: 'ProductAdded' },
        { type: 'StockReceived' },
        { type: 'StockReserved', data: { quantity: 1000 } },
        { type: 'StockShipped', data: { quantity: 1000 } },
      ])
    })

    test.each<[string, QuotedLine[], string]>([
      ['UNKNOWN_CUSTOMER', [hammer(1)], 'cus_2'],
      ['UNKNOWN_PRODUCT', [hammer(1), { productId: 'prd_saw', quantity: 1, unitPrice: 500 }], 'cus_1'],
      ['CREDIT_LIMIT_EXCEEDED', [{ ...hammer(1), unitPrice: 100_001 }], 'cus_1'],
      ['OUT_OF_STOCK', [hammer(11), nails(1)], 'cus_1'],
    ])('that cannot be had is rejected, and holds nothing: %s', async (reason, lines, customerId) => {
      const sagas = await shop.start()
      await shop.place('ord_1', lines, customerId)
      await shop.ends('ord_1')
      await sagas.stop()
      expect((await eventsOf(shop.store, 'order-ord_1')).at(-1)).toMatchObject({
        type: 'OrderRejected',
        data: { reason },
      })
      await shop.expectSoundLog()
    })

    test('that is cancelled at any moment holds nothing', async () => {
      const sagas = await shop.start()
      const orders = Array.from({ length: 20 }, (_, index) => `ord_${index}`)
      await Promise.all(
        orders.map(async (orderId, index) => {
          await shop.place(orderId, [hammer(1), nails(1)])
          for (let turns = 0; turns < index; turns++) await shop.store.head()
          await shop.send({ type: 'CancelOrder', orderId })
          await shop.ends(orderId)
        }),
      )
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('that nobody answers in time is rejected as TIMED_OUT; the answers that come late change nothing', async () => {
      const clock = clockOf()
      const slow = shop.heldBus('product-prd_nails')
      const sagas = await shop.start(shop.store, slow, { now: clock.now })
      await shop.place('ord_1', [hammer(1), nails(1)])
      await shop.happens('CreditReserved', 'ord_1')
      clock.pass(60_000)
      await shop.happens('OrderRejected', 'ord_1')
      expect((await eventsOf(shop.store, 'product-prd_nails')).map(({ type }) => type)).not.toContain('StockReleased')
      slow.letGo()
      await shop.ends('ord_1')
      await sagas.stop()
      expect((await eventsOf(shop.store, 'order-ord_1')).at(-1)?.data).toMatchObject({ reason: 'TIMED_OUT' })
      await shop.expectSoundLog()
    })

    test('that waits in a long backlog, or through an outage, has its whole time from when it is looked at', async () => {
      shop = await openShop({ coordination, late: 3_600_000 })
      await shop.place('ord_1', [hammer(1)])
      const sagas = await shop.start()
      await shop.happens('OrderApproved', 'ord_1')
      await sagas.stop()
    })

    test('whose deadline passes while nothing runs is rejected at the next start, once, and gets nothing', async () => {
      const clock = clockOf()
      const slow = shop.heldBus('product-prd_nails')
      const before = await shop.start(shop.store, slow, { now: clock.now })
      await shop.place('ord_1', [hammer(1), nails(1)])
      await shop.begins('ord_1')
      await shop.happens('StockReserved', 'ord_1')
      await before.stop()
      clock.pass(60_000)
      const after = await shop.start(shop.store, shop.bus, { now: clock.now })
      await shop.ends('ord_1')
      await after.stop()
      slow.letGo()
      const again = await shop.start(shop.store, shop.bus, { now: clock.now })
      await shop.place('ord_2', [nails(1)])
      await shop.happens('OrderApproved', 'ord_2')
      await again.stop()
      const decisions = (await wholeLog(shop.store)).filter(
        ({ type }) => type === 'OrderApproved' || type === 'OrderRejected',
      )
      expect(decisions).toMatchObject([
        { type: 'OrderRejected', data: { orderId: 'ord_1', reason: 'TIMED_OUT' } },
        { type: 'OrderApproved', data: { orderId: 'ord_2' } },
      ])
      await shop.expectSoundLog()
    })

    test('has the same correlationId in everything that it set in motion', async () => {
      const sagas = await shop.start()
      await shop.place('ord_1', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_1')
      await sagas.stop()
      const its = (await wholeLog(shop.store)).filter(({ data }) => 'orderId' in data)
      expect(its.length).toBeGreaterThanOrEqual(6)
      expect(new Set(its.map(({ metadata }) => metadata.correlationId))).toEqual(new Set(['PlaceOrder ord_1']))
    })
  })

  describe('an order of 675 lines', () => {
    const lines = Array.from({ length: 675 }, (_, index) => ({ productId: `prd_${index}`, quantity: 1, unitPrice: 1 }))

    test('starves nobody, and no saga has a long stream', async () => {
      await Promise.all(
        lines.map(({ productId }) => shop.send({ type: 'AddProduct', productId, name: 'Nut', price: 1, stock: 1 })),
      )
      let underWay = 0
      let most = 0
      const counting: CommandBus = {
        ...shop.bus,
        async send(message) {
          const its = 'orderId' in message.command && message.command.orderId === 'ord_large' ? 1 : 0
          underWay += its
          most = Math.max(most, underWay)
          return shop.bus.send(message).finally(() => {
            underWay -= its
          })
        },
      }
      const sagas = await shop.start(shop.store, counting)
      await shop.place('ord_large', lines)
      await shop.begins('ord_large')
      await shop.place('ord_small', [hammer(1)])
      const small = await shop.happens('OrderApproved', 'ord_small')
      const large = await shop.happens('OrderApproved', 'ord_large')
      expect(small).toBeLessThan(large)
      expect(most).toBe(64)

      await shop.send({ type: 'CancelOrder', orderId: 'ord_large' })
      await shop.ends('ord_large')
      await sagas.stop()
      const events = await eventsOf(shop.store, 'placement-ord_large')
      expect(events.length).toBeLessThan(40)
      await shop.expectSoundLog()
    })
  })

  describe('a crash', () => {
    /** One order that is approved, shipped and paid, one that is rejected, and one that is cancelled at once. */
    async function story(to: CommandBus): Promise<void> {
      await Promise.all([
        shop.place('ord_good', [hammer(4), nails(4)], 'cus_1', to),
        shop.place('ord_bad', [hammer(11)], 'cus_1', to),
      ])
      await shop.place('ord_fickle', [hammer(6), nails(1)], 'cus_1', to)
      await shop.send({ type: 'CancelOrder', orderId: 'ord_fickle' }, to)
      await shop.happens('OrderApproved', 'ord_good')
      await shop.send({ type: 'ShipOrder', orderId: 'ord_good' }, to)
      await shop.send({ type: 'RecordPayment', orderId: 'ord_good' }, to)
      for (const orderId of ['ord_good', 'ord_bad', 'ord_fickle']) await shop.ends(orderId)
    }

    test.each(['before', 'after'] as const)(
      '%s any append was stored leaves nothing undone or done twice',
      async (when) => {
        let crashes = 0
        for (let reached = true; reached; ) {
          shop = await openShop({ coordination })
          const doomed = crashing(shop.store, crashes + 1, when)
          const before = openCommandHandler(doomed)
          const cutOff = await shop.start(doomed, before)
          const told = story(before).catch(() => undefined)
          reached = await Promise.race([told.then(() => false), doomed.crashed.then(() => true)])
          await cutOff.stop()

          const after = openCommandHandler(shop.store)
          const restarted = await shop.start(shop.store, after)
          await story(after)
          await restarted.stop()
          await shop.expectSoundLog()
          const types = (await eventsOf(shop.store, 'order-ord_good')).map(({ type }) => type)
          expect(types.filter((type) => type.startsWith('Order'))).toEqual([
            'OrderPlaced',
            'OrderApproved',
            'OrderShipped',
            'OrderPaid',
          ])
          if (reached) crashes += EVERY
        }
        expect(crashes).toBeGreaterThan(20)
      },
      120_000,
    )
  })

  test('each command says where its order began, also after a restart: nothing was asked before', async () => {
    const asked: CommandMessage[] = []
    const overheard = (): CommandBus => ({
      ...shop.bus,
      send(message) {
        if (message.commandId.startsWith('~')) asked.push(message)
        return shop.bus.send(message)
      },
    })
    const sagas = await shop.start(shop.store, overheard())
    await shop.place('ord_1', [hammer(1), nails(1)])
    const placed = await shop.happens('OrderPlaced', 'ord_1')
    await shop.happens('OrderApproved', 'ord_1')
    await sagas.stop()

    const restarted = await shop.start(shop.store, overheard())
    await shop.send({ type: 'ShipOrder', orderId: 'ord_1' })
    await shop.send({ type: 'RecordPayment', orderId: 'ord_1' })
    await shop.ends('ord_1')
    await restarted.stop()

    expect(asked.length).toBeGreaterThanOrEqual(7)
    const log = await wholeLog(shop.store)
    for (const { commandId, after = START } of asked) {
      expect(after).toBeGreaterThanOrEqual(placed)
      const first = log.find(({ metadata }) => metadata.commandId === commandId)
      expect(first?.position).toBeGreaterThan(after)
    }
  })

  describe('the checkpoint', () => {
    test('does not pass a saga that is not finished; after a restart it goes on', async () => {
      const slow = shop.heldBus('customer-cus_slow')
      const sagas = await shop.start(shop.store, slow)
      await shop.place('ord_slow', [hammer(1)], 'cus_slow')
      const started = await shop.happens('OrderPlaced', 'ord_slow')
      await shop.place('ord_quick', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_quick')
      await expect.poll(() => sagas.health().atWork).toBe(1)
      expect(sagas.health().position).toBeLessThan(started)
      await sagas.stop()
      expect((await openCheckpoint(shop.store, reader)).position).toBe(started - 1)

      const restarted = await shop.start()
      await shop.ends('ord_slow')
      await expect.poll(() => restarted.health().atWork).toBe(0)
      await restarted.stop()
      expect((await openCheckpoint(shop.store, reader)).position).toBeGreaterThan(started)
    })

    test('is where reading goes on: what was finished before is not looked at again', async () => {
      const sagas = await shop.start()
      await shop.place('ord_1', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_1')
      await expect.poll(() => sagas.health().atWork).toBe(0)
      await sagas.stop()

      const log = watched(shop.store)
      const restarted = await shop.start(log, openCommandHandler(log))
      await shop.place('ord_2', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_2')
      await restarted.stop()
      expect(log.reads.filter((stream) => stream.endsWith('ord_1'))).toEqual([])
    })
  })

  test('a new order is seen through without a look at what its streams have', async () => {
    const log = watched(shop.store)
    const sagas = await shop.start(log)
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('OrderApproved', 'ord_1')
    await sagas.stop()
    expect(log.reads.filter((stream) => stream.endsWith('ord_1'))).toEqual([])
  })

  describe('trouble', () => {
    test('with the bus is reported, retried, and overcome', async () => {
      let away = true
      const flaky: CommandBus = {
        ...shop.bus,
        send: (message) => (away ? Promise.reject(new NotDecided('the bus is away')) : shop.bus.send(message)),
      }
      const sagas = await shop.start(shop.store, flaky)
      await shop.place('ord_1', [hammer(1)])
      await expect.poll(() => sagas.health()).toMatchObject({ ok: true, inTrouble: 1, error: 'the bus is away' })
      away = false
      await shop.happens('OrderApproved', 'ord_1')
      await expect.poll(() => sagas.health()).toMatchObject({ ok: true, atWork: 0, inTrouble: 0 })
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('of one saga does not keep the others from going on', async () => {
      const picky: CommandBus = {
        ...shop.bus,
        send: (message) =>
          message.stream === 'customer-cus_2' ? Promise.reject(new NotDecided('not now')) : shop.bus.send(message),
      }
      const sagas = await shop.start(shop.store, picky)
      await shop.place('ord_stuck', [hammer(1)], 'cus_2')
      await shop.place('ord_free', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_free')
      await sagas.stop()
    })
  })

  describe('a stop', () => {
    test('is the end: what comes afterwards is left to the next start', async () => {
      const sagas = await shop.start()
      await Promise.all(Array.from({ length: 10 }, (_, index) => shop.place(`ord_${index}`, [nails(1)])))
      await shop.begins('ord_9')
      await sagas.stop()
      await shop.place('ord_late', [nails(1)])
      const its = (await wholeLog(shop.store)).filter(({ data }) => 'orderId' in data && data.orderId === 'ord_late')
      expect(its).toMatchObject([{ type: 'OrderPlaced' }])

      const restarted = await shop.start()
      await shop.happens('OrderApproved', 'ord_late')
      await restarted.stop()
      await shop.expectSoundLog()
    })
  })
})

test('a stop of the sagas lets what is being recorded finish', async () => {
  const shop = await openShop()
  const told: string[] = []
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const log = watched(shop.store, () => async (append) => {
    await held
    const appended = await append()
    told.push('recorded')
    return appended
  })
  const sagas = await shop.start(log)
  await shop.place('ord_1', [nails(1)])
  await expect.poll(() => log.appends.length).toBe(1)
  const stopped = sagas.stop().then(() => told.push('stopped'))
  for (let turns = 0; turns < 5; turns++) await turn()
  letGo()
  await stopped
  expect(told).toEqual(['recorded', 'stopped'])
})
