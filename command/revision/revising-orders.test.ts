// Orders revised with everything that revises them: command handler and both sagas on a log, with crashes, delays and failures.

import { beforeEach, describe, expect, test } from 'vitest'
import type { EventStore } from '../../events/catalogue.ts'
import { startSagas } from '../../kernel/deciding/saga/start-sagas.ts'
import { isLong } from '../../kernel/rounds.given.ts'
import { type CommandBus, openCommandHandler } from '../commands.ts'
import { crashing, eventsOf } from '../log.given.ts'
import type { QuotedLine } from '../order/order.ts'
import { clockOf, hammer, nails, openShop, type Shop } from '../placement/shop.given.ts'
import { revision } from './revision.ts'

/** A crash at every fifth append; `npm run test:long` has one at each. */
const EVERY = isLong ? 1 : 5

const saw = (quantity: number): QuotedLine => ({ productId: 'prd_saw', quantity, unitPrice: 500 })

describe.each(['orchestration', 'choreography'] as const)('by %s,', (coordination) => {
  let shop: Shop
  beforeEach(openSawShop)

  async function openSawShop(): Promise<void> {
    shop = await openShop({ coordination })
    await shop.send({ type: 'AddProduct', productId: 'prd_saw', name: 'Saw', price: 500, stock: 5 })
  }

  interface BothSagas {
    parked(): number
    atWork(): number
    stop(): Promise<void>
  }

  /** The sagas of placements and of revisions. Two tries are as good as eight, and take less time. */
  async function start(on: EventStore = shop.store, to: CommandBus = shop.bus, now = Date.now): Promise<BothSagas> {
    const quiet = () => {}
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    const placements = await shop.start(on, to, { tries: 2, now })
    const revisions = await startSagas({ saga: revision, store: on, bus: to, log, tries: 2, now })
    return {
      parked: () => revisions.health().parked,
      atWork: () => placements.health().atWork + revisions.health().atWork,
      stop: async () => void (await Promise.all([placements.stop(), revisions.stop()])),
    }
  }

  /** As a client does: the same revision again has the same commandId. */
  async function revise(number: number, lines: QuotedLine[], to: CommandBus = shop.bus): Promise<void> {
    const command = { type: 'ReviseOrder', orderId: 'ord_1', content: { lines } } as const
    const commandId = `ReviseOrder ord_1 ${number}`
    const outcome = await to.send({ stream: 'order-ord_1', command, commandId, digest: '', correlationId: commandId })
    expect(outcome).toMatchObject({ accepted: true })
  }

  async function approved(lines: QuotedLine[], to: CommandBus = shop.bus): Promise<void> {
    await shop.place('ord_1', lines, 'cus_1', to)
    await shop.happens('OrderApproved', 'ord_1')
  }

  /** A bus on which some commands fail in a way that trying again does not mend, until it is mended. */
  function picky(type: string): CommandBus & { mend(): void } {
    let mended = false
    return {
      ...shop.bus,
      async send(message) {
        if (message.command.type === type && !mended) throw new Error(`a bug in ${type}`)
        return shop.bus.send(message)
      },
      mend() {
        mended = true
      },
    }
  }

  describe('a revision', () => {
    test('that can be had is applied; the order then holds, ships and gives back what it is over', async () => {
      const sagas = await start()
      await approved([hammer(4), nails(10)])
      await revise(1, [hammer(2), saw(5)])
      await shop.happens('RevisionEnded', 'ord_1')
      await shop.expectSoundLog()
      await shop.send({ type: 'ShipOrder', orderId: 'ord_1' })
      await shop.send({ type: 'RecordPayment', orderId: 'ord_1' })
      await shop.ends('ord_1')
      await sagas.stop()
      await shop.expectSoundLog()
      expect((await eventsOf(shop.store, 'product-prd_saw')).slice(2)).toMatchObject([
        { type: 'StockReservationRaised', data: { quantity: 5, by: 5 } },
        { type: 'StockShipped', data: { quantity: 5 } },
      ])
    })

    test('is known after a restart, too', async () => {
      const before = await start()
      await approved([hammer(4), nails(10)])
      await revise(1, [hammer(2), saw(5)])
      await shop.happens('RevisionEnded', 'ord_1')
      await before.stop()
      const after = await start()
      await shop.send({ type: 'ShipOrder', orderId: 'ord_1' })
      await shop.send({ type: 'RecordPayment', orderId: 'ord_1' })
      await shop.ends('ord_1')
      await after.stop()
      await shop.expectSoundLog()
    })

    test('that is applied is given back as a whole when the order is cancelled', async () => {
      const sagas = await start()
      await approved([hammer(4), nails(10)])
      await revise(1, [hammer(2), saw(5)])
      await shop.happens('OrderRevised', 'ord_1')
      await shop.send({ type: 'CancelOrder', orderId: 'ord_1' })
      await shop.ends('ord_1')
      await shop.happens('RevisionEnded', 'ord_1')
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test.each<[string, QuotedLine[]]>([
      ['UNKNOWN_PRODUCT', [hammer(1), { productId: 'prd_axe', quantity: 1, unitPrice: 1 }]],
      ['CREDIT_LIMIT_EXCEEDED', [hammer(1), { ...saw(5), unitPrice: 20_000 }]],
      ['OUT_OF_STOCK', [hammer(10), nails(10), saw(6)]],
    ])('that cannot be had is rejected, and the order is as it was: %s', async (reason, lines) => {
      const sagas = await start()
      await approved([hammer(4), nails(10)])
      await revise(1, lines)
      await shop.happens('RevisionEnded', 'ord_1')
      await sagas.stop()
      expect((await eventsOf(shop.store, 'order-ord_1')).at(-1)).toMatchObject({
        type: 'OrderRevisionRejected',
        data: { reason, total: 4100 },
      })
      await shop.expectSoundLog()
    })

    test('never gives back before the order is revised', async () => {
      const sagas = await start()
      await approved([hammer(4), nails(10)])
      await revise(1, [hammer(1), nails(20)])
      const swapped = await shop.happens('OrderRevised', 'ord_1')
      expect(await shop.happens('StockReservationRaised', 'ord_1', 2)).toBeLessThan(swapped)
      expect(await shop.happens('StockReservationLowered', 'ord_1')).toBeGreaterThan(swapped)
      expect(await shop.happens('CreditReservationLowered', 'ord_1')).toBeGreaterThan(swapped)
      await sagas.stop()
    })

    test('follows on another at once, and the order ships at once after both', async () => {
      const sagas = await start()
      await approved([hammer(8)])
      await revise(1, [hammer(2), saw(1)])
      await shop.happens('OrderRevised', 'ord_1')
      await revise(2, [hammer(3)])
      await shop.happens('OrderRevised', 'ord_1', 2)
      await shop.send({ type: 'ShipOrder', orderId: 'ord_1' })
      await shop.happens('StockShipped', 'ord_1')
      await expect.poll(() => sagas.atWork()).toBe(0)
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('is beaten by a cancellation at any moment', async () => {
      const sagas = await start()
      for (let turns = 0; turns < 12; turns++) {
        const orderId = `ord_${turns}`
        await shop.place(orderId, [hammer(2)])
        await shop.happens('OrderApproved', orderId)
        await shop.send({ type: 'ReviseOrder', orderId, content: { lines: [hammer(1), saw(1)] } })
        for (let turn = 0; turn < turns; turn++) await shop.store.head()
        await shop.send({ type: 'CancelOrder', orderId })
        await shop.ends(orderId)
        await shop.happens('RevisionEnded', orderId)
      }
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('that nobody answers in time is rejected as TIMED_OUT; the answers that come late change nothing', async () => {
      const clock = clockOf()
      const slow = shop.heldBus('product-prd_saw')
      const sagas = await start(shop.store, slow, clock.now)
      await approved([hammer(1)])
      await revise(1, [hammer(2), saw(1)])
      await shop.happens('StockReservationRaised', 'ord_1')
      clock.pass(60_000)
      await shop.happens('OrderRevisionRejected', 'ord_1')
      slow.letGo()
      await shop.happens('RevisionEnded', 'ord_1')
      await sagas.stop()
      expect((await eventsOf(shop.store, 'order-ord_1')).at(-1)?.data).toMatchObject({ reason: 'TIMED_OUT' })
      await shop.expectSoundLog()
    })
  })

  describe('a revision that cannot go on', () => {
    test('is parked, and continues when an operator retries it', async () => {
      const bus = picky('RaiseStock')
      const sagas = await start(shop.store, bus)
      await approved([hammer(1)])
      await revise(1, [hammer(2)])
      await shop.happens('SagaParked', 'ord_1')
      expect((await eventsOf(shop.store, 'parked-revision')).at(-1)?.data).toMatchObject({
        saga: 'revision',
        id: 'ord_1-1',
        orderId: 'ord_1',
        revision: 1,
        follows: 'order-ord_1',
        reason: 'STUCK',
        steps: ['stock prd_hammer'],
      })
      bus.mend()
      await shop.operate('RetryParked', 'ord_1-1', 'revision')
      await shop.happens('RevisionEnded', 'ord_1')
      await expect.poll(() => sagas.parked()).toBe(0)
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('is parked as COMPENSATION_FAILED when it cannot give back what it had', async () => {
      const bus = picky('LowerCredit')
      const sagas = await start(shop.store, bus)
      await approved([hammer(1)])
      await revise(1, [hammer(11)])
      await shop.happens('SagaParked', 'ord_1')
      expect((await eventsOf(shop.store, 'parked-revision')).at(-1)?.data).toMatchObject({
        reason: 'COMPENSATION_FAILED',
        steps: ['credit'],
      })
      bus.mend()
      await shop.operate('RetryParked', 'ord_1-1', 'revision')
      await shop.happens('RevisionEnded', 'ord_1')
      await sagas.stop()
      await shop.expectSoundLog()
    })
  })

  describe('a crash', () => {
    /** One revision that is applied, one that is rejected, and the shipment at once. */
    async function story(to: CommandBus): Promise<void> {
      await approved([hammer(4), nails(4)], to)
      await revise(1, [hammer(2), saw(2)], to)
      await shop.happens('OrderRevised', 'ord_1')
      await revise(2, [hammer(5), saw(6)], to)
      await shop.happens('OrderRevisionRejected', 'ord_1')
      await shop.send({ type: 'ShipOrder', orderId: 'ord_1' }, to)
      await shop.send({ type: 'RecordPayment', orderId: 'ord_1' }, to)
      await shop.ends('ord_1')
      await shop.happens('RevisionEnded', 'ord_1', 2)
    }

    test.each(['before', 'after'] as const)(
      '%s any append was stored leaves nothing undone or done twice',
      async (when) => {
        let crashes = 0
        for (let reached = true; reached; ) {
          await openSawShop()
          const doomed = crashing(shop.store, crashes + 1, when)
          const before = openCommandHandler(doomed)
          const cutOff = await start(doomed, before)
          const told = story(before).catch(() => undefined)
          reached = await Promise.race([told.then(() => false), doomed.crashed.then(() => true)])
          await cutOff.stop()

          const after = openCommandHandler(shop.store)
          const restarted = await start(shop.store, after)
          await story(after)
          await restarted.stop()
          await shop.expectSoundLog()
          if (reached) crashes += EVERY
        }
        expect(crashes).toBeGreaterThan(25)
      },
      120_000,
    )
  })
})
