// Orders that cannot go on: they are parked with what follows for them, hold up nobody, and wait for an operator, also through a restart.

import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { EventStore } from '../../events/catalogue.ts'
import { NotDecided } from '../../kernel/deciding/bus/command-bus.ts'
import { openCheckpoint } from '../../kernel/deciding/processes/checkpoint.ts'
import type { Sagas } from '../../kernel/deciding/processes/process-runner.ts'
import { NO_EVENTS, StoreUnavailable, type StreamName } from '../../kernel/store/event-store.ts'
import { type CommandBus, openCommandHandler } from '../commands.ts'
import { broken, eventsOf, watched, wholeLog } from '../log.given.ts'
import { placement } from './placement.ts'
import { policies } from './policies.ts'
import { clockOf, hammer, nails, openShop, type Shop } from './shop.given.ts'

let shop: Shop

/** Two tries are as good as eight, and take less time. */
const tries = 2

/** Definitions with a bug that hits only ord_bad, until it is mended. */
function poisoned(where: 'idOf' | 'begin' | 'together' | 'whenDone' | 'ask') {
  const bug = { mended: false }
  const hit = (orderId: string) => {
    if (orderId === 'ord_bad' && !bug.mended) throw new Error(`a bug in ${where}`)
  }
  const saga = {
    ...placement,
    idOf(event: Parameters<typeof placement.idOf>[0]) {
      if (where === 'idOf') hit(event.stream.slice('order-'.length))
      return placement.idOf(event)
    },
    begin(event: Parameters<typeof placement.begin>[0]) {
      if (where === 'begin') hit(event.stream.slice('order-'.length))
      return placement.begin(event)
    },
    together(order: Parameters<typeof placement.together>[0]) {
      if (where === 'together') hit(order.orderId)
      return placement.together(order)
    },
    whenDone(order: Parameters<typeof placement.whenDone>[0]) {
      if (where === 'whenDone') hit(order.orderId)
      return placement.whenDone(order)
    },
  }
  const choreography = {
    ...policies,
    idOf(event: Parameters<typeof policies.idOf>[0]) {
      if (where === 'idOf') hit(event.stream.slice('order-'.length))
      return policies.idOf(event)
    },
    begin: saga.begin,
    policies: policies.policies.map((policy) => ({
      ...policy,
      ask(...about: Parameters<typeof policy.ask>) {
        if (where === 'ask') hit(about[1].orderId)
        return policy.ask(...about)
      },
    })),
  }
  return { saga, choreography, bug }
}

/** A bus on which some commands fail in a way that trying again does not mend, until it is mended. */
function picky(...types: string[]): CommandBus & { mend(): void } {
  const failing = new Set(types)
  return {
    ...shop.bus,
    async send(message) {
      if (failing.has(message.command.type)) throw new Error(`a bug in ${message.command.type}`)
      return shop.bus.send(message)
    },
    mend: () => failing.clear(),
  }
}

async function expectParked(sagas: Sagas, count: number): Promise<void> {
  await expect.poll(() => sagas.health()).toMatchObject({ ok: true, parked: count, atWork: 0, inTrouble: 0 })
}

describe.each([
  ['orchestration', 'placement', 'placements', ['idOf', 'begin', 'together', 'whenDone']],
  ['choreography', 'choreography', 'choreography', ['idOf', 'begin', 'ask']],
] as const)('by %s,', (coordination, process, reader, weakSpots) => {
  beforeEach(async () => {
    shop = await openShop({ coordination })
  })

  describe.each(weakSpots)('a definition that throws in %s', (where) => {
    test('parks the order that it throws at, and no other', async () => {
      const sagas = await shop.start(shop.store, shop.bus, { ...poisoned(where), tries })
      await shop.place('ord_bad', [hammer(1)])
      await shop.place('ord_good', [hammer(1)])
      await shop.happens('SagaParked', 'ord_bad')
      await shop.happens('OrderApproved', 'ord_good')
      await expectParked(sagas, 1)
      await sagas.stop()
      expect((await openCheckpoint(shop.store, reader)).position).toBeGreaterThan(
        await shop.happens('OrderPlaced', 'ord_good'),
      )
      expect(await eventsOf(shop.store, `parked-${process}`)).toMatchObject([
        {
          type: 'SagaParked',
          data: { saga: process, id: 'ord_bad', follows: 'order-ord_bad', error: `a bug in ${where}` },
          metadata: { correlationId: 'PlaceOrder ord_bad' },
        },
      ])
    })

    test('leaves it parked after a restart; mended, it is placed when an operator says so', async () => {
      const { bug, ...definitions } = poisoned(where)
      const before = await shop.start(shop.store, shop.bus, { ...definitions, tries })
      await shop.place('ord_bad', [hammer(1)])
      await shop.happens('SagaParked', 'ord_bad')
      await expectParked(before, 1)
      await before.stop()

      bug.mended = true
      const after = await shop.start(shop.store, shop.bus, { ...definitions, tries })
      await shop.place('ord_good', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_good')
      await expectParked(after, 1)
      expect(await shop.operate('RetryParked', 'ord_bad')).toMatchObject({ accepted: true })
      await shop.happens('OrderApproved', 'ord_bad')
      await expectParked(after, 0)
      await after.stop()
      await shop.expectSoundLog()
    })
  })

  test('what a store or a bus says of itself parks nobody', async () => {
    let failures = 0
    const flaky: CommandBus = {
      ...shop.bus,
      send: (message) => (++failures < 5 ? Promise.reject(new NotDecided('the bus is away')) : shop.bus.send(message)),
    }
    let outages = 0
    const log: EventStore = {
      ...shop.store,
      read(stream, options) {
        if (stream === 'placement-ord_1' && ++outages < 3) throw new StoreUnavailable('the store is away')
        return shop.store.read(stream, options)
      },
    }
    const sagas = await shop.start(log, flaky, { tries: 1 })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('OrderApproved', 'ord_1')
    await sagas.stop()
    expect(await eventsOf(shop.store, `parked-${process}`)).toEqual([])
  })

  test('a participant whose stream cannot be folded parks the orders that need it, and no others', async () => {
    const unreadable = { type: 'CreditBewitched', data: { customerId: 'cus_2' } } as never
    await record('customer-cus_2', unreadable)
    const sagas = await shop.start(shop.store, openCommandHandler(shop.store), { tries })
    await shop.place('ord_bad', [hammer(1)], 'cus_2')
    await shop.place('ord_good', [hammer(1)])
    await shop.happens('SagaParked', 'ord_bad')
    await shop.happens('OrderApproved', 'ord_good')
    await sagas.stop()
    expect((await eventsOf(shop.store, `parked-${process}`)).at(-1)?.data).toMatchObject({
      reason: 'STUCK',
      steps: ['credit'],
      error: expect.stringContaining('customer-cus_2 cannot be folded at its event 1'),
    })
  })

  test('a refusal that must not happen parks the order, once the others have answered', async () => {
    const strict: CommandBus = {
      ...shop.bus,
      async send(message) {
        if (message.command.type !== 'ReserveStock') return shop.bus.send(message)
        return { accepted: false, refusal: { code: 'INVALID_INPUT', message: 'What is stock?' } }
      },
    }
    const sagas = await shop.start(shop.store, strict, { tries })
    await shop.place('ord_1', [hammer(1), nails(1)])
    const parked = await shop.happens('SagaParked', 'ord_1')
    expect(await shop.happens('CreditReserved', 'ord_1')).toBeLessThan(parked)
    await sagas.stop()
    expect((await eventsOf(shop.store, `parked-${process}`)).at(-1)?.data).toMatchObject({
      reason: 'STUCK',
      steps: ['stock prd_hammer', 'stock prd_nails'],
      error: 'product-prd_hammer refused ReserveStock: What is stock?',
    })
  })

  test('what happens to a parked order is taken up when it is tried again', async () => {
    const bus = picky('ReserveStock')
    const sagas = await shop.start(shop.store, bus, { tries })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('SagaParked', 'ord_1')
    await shop.send({ type: 'CancelOrder', orderId: 'ord_1' })
    await sagas.stop()

    bus.mend()
    const after = await shop.start(shop.store, bus, { tries })
    await shop.place('ord_2', [hammer(1)])
    await shop.happens('OrderApproved', 'ord_2')
    const ofCustomer = await eventsOf(shop.store, 'customer-cus_1')
    expect(ofCustomer.map(({ type }) => type)).not.toContain('CreditReleased')
    await shop.operate('RetryParked', 'ord_1')
    await shop.ends('ord_1')
    await after.stop()
    await shop.expectSoundLog()
  })

  test('an order that fails again is parked again, as often as it is tried', async () => {
    const bus = picky('ReserveCredit')
    const sagas = await shop.start(shop.store, bus, { tries })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('SagaParked', 'ord_1')
    await shop.operate('RetryParked', 'ord_1')
    await shop.happens('SagaParked', 'ord_1', 2)
    await expectParked(sagas, 1)
    bus.mend()
    await shop.operate('RetryParked', 'ord_1')
    await shop.happens('OrderApproved', 'ord_1')
    await expectParked(sagas, 0)
    await sagas.stop()
    await shop.expectSoundLog()
  })

  test('a retry that a crash cut off is done at the next start', async () => {
    const { bug, ...definitions } = poisoned('begin')
    const before = await shop.start(shop.store, shop.bus, { ...definitions, tries })
    await shop.place('ord_bad', [hammer(1)])
    await shop.happens('SagaParked', 'ord_bad')
    await expectParked(before, 1)
    await before.stop()
    await shop.operate('RetryParked', 'ord_bad')
    bug.mended = true
    for (let start = 0; start < 2; start++) {
      const after = await shop.start(shop.store, shop.bus, { ...definitions, tries })
      await shop.happens('OrderApproved', 'ord_bad')
      await after.stop()
    }
    await shop.expectSoundLog()
  })

  test('the time that an order is parked does not count', async () => {
    const clock = clockOf()
    const bus = picky('ReserveStock')
    const sagas = await shop.start(shop.store, bus, { tries, now: clock.now })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('SagaParked', 'ord_1')
    clock.pass(3_600_000)
    bus.mend()
    await shop.operate('RetryParked', 'ord_1')
    await shop.happens('OrderApproved', 'ord_1')
    await sagas.stop()
  })

  describe('an order that is given up', () => {
    test('stays untouched through every later event and every restart of the desk', async () => {
      const bus = picky('ReserveStock')
      const sagas = await shop.start(shop.store, bus, { tries })
      await shop.place('ord_1', [hammer(1)])
      await shop.happens('SagaParked', 'ord_1')
      await shop.operate('DiscardParked', 'ord_1')
      await expectParked(sagas, 0)
      await sagas.stop()
      bus.mend()
      const its = async () => {
        const all = (await wholeLog(shop.store)).filter(({ data }) => 'orderId' in data && data.orderId === 'ord_1')
        return all.filter(({ type }) => type !== 'OrderCancelled')
      }
      const recorded = await its()

      const after = await shop.start(shop.store, bus, { tries })
      await shop.send({ type: 'CancelOrder', orderId: 'ord_1' })
      await shop.place('ord_2', [hammer(1)])
      await shop.happens('OrderApproved', 'ord_2')
      await expectParked(after, 0)
      await after.stop()
      expect(await its()).toEqual(recorded)
      expect(await shop.operate('RetryParked', 'ord_1')).toMatchObject({
        accepted: false,
        refusal: { code: 'NOT_FOUND' },
      })
    })
  })

  describe('a compensation that cannot be done', () => {
    test('is parked as such when all else is released, and done when an operator retries it', async () => {
      const bus = picky('ReleaseCredit')
      const sagas = await shop.start(shop.store, bus, { tries })
      await shop.place('ord_1', [nails(1), hammer(11)])
      const parked = await shop.happens('SagaParked', 'ord_1')
      expect(await shop.happens('StockReleased', 'ord_1')).toBeLessThan(parked)
      expect(await shop.happens('OrderRejected', 'ord_1')).toBeLessThan(parked)
      expect((await eventsOf(shop.store, `parked-${process}`)).at(-1)?.data).toMatchObject({
        reason: 'COMPENSATION_FAILED',
        steps: ['credit'],
        error: 'a bug in ReleaseCredit',
      })
      bus.mend()
      await shop.operate('RetryParked', 'ord_1')
      await shop.ends('ord_1')
      await expectParked(sagas, 0)
      await sagas.stop()
      await shop.expectSoundLog()
    })

    test('holds up no other order of the same customer', async () => {
      const sagas = await shop.start(shop.store, picky('ReleaseCredit'), { tries })
      await shop.place('ord_1', [hammer(11)])
      await shop.place('ord_2', [hammer(11)])
      await shop.place('ord_3', [nails(5)])
      await shop.happens('OrderApproved', 'ord_3')
      await shop.happens('SagaParked', 'ord_1')
      await shop.happens('SagaParked', 'ord_2')
      await expectParked(sagas, 2)
      await sagas.stop()
    })
  })

  test('a reservation that fails for longer than the time allowed does not keep its order from being rejected', async () => {
    const clock = clockOf()
    const slow = shop.heldBus('product-prd_nails')
    const bus: CommandBus = {
      ...slow,
      async send(message) {
        if (message.command.type === 'ReserveCredit') throw new Error('a bug in ReserveCredit')
        return slow.send(message)
      },
    }
    const sagas = await shop.start(shop.store, bus, { tries, now: clock.now })
    await shop.place('ord_1', [nails(1)])
    await shop.begins('ord_1')
    clock.pass(60_000)
    await shop.happens('OrderRejected', 'ord_1')
    slow.letGo()
    await shop.ends('ord_1')
    await expectParked(sagas, 0)
    await sagas.stop()
    await shop.expectSoundLog()
  })

  test('a subscription that throws is begun again where it was; health says so meanwhile', async () => {
    let connection: 'away' | 'breaking' | 'well' = 'away'
    const log: EventStore = {
      ...shop.store,
      async *subscribe(after, options) {
        if (connection === 'away') throw new StoreUnavailable('the log is away')
        for await (const batch of shop.store.subscribe(after, options)) {
          yield batch
          if (connection === 'breaking') throw new Error('the connection broke')
        }
      },
    }
    const sagas = await shop.start(log)
    await shop.place('ord_1', [hammer(1)])
    await expect.poll(() => sagas.health(), { interval: 5 }).toMatchObject({ ok: false, error: 'the log is away' })
    connection = 'breaking'
    await expect.poll(() => sagas.health(), { interval: 5 }).toMatchObject({ ok: false, error: 'the connection broke' })
    await shop.happens('OrderApproved', 'ord_1')
    await shop.place('ord_2', [hammer(1)])
    connection = 'well'
    await shop.happens('OrderApproved', 'ord_2')
    await expect.poll(() => sagas.health()).toMatchObject({ ok: true })
    await sagas.stop()
    await shop.expectSoundLog()
  })
})

describe("a saga's own stream", () => {
  beforeEach(async () => {
    shop = await openShop()
  })

  test('parks its order when it cannot be written', async () => {
    const sagas = await shop.start(watched(shop.store, [broken, broken]), shop.bus, { tries })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('SagaParked', 'ord_1')
    await sagas.stop()
  })

  test('parks its order when it cannot be folded', async () => {
    await record('placement-ord_1', { type: 'PlacementDecided', data: { orderId: 'ord_1', outcome: 'APPROVED' } })
    const sagas = await shop.start(shop.store, shop.bus, { tries })
    await shop.place('ord_1', [hammer(1)])
    await shop.happens('SagaParked', 'ord_1')
    await expectParked(sagas, 1)
    await sagas.stop()
  })
})

async function record(stream: StreamName, event: object): Promise<void> {
  const recorded = { ...event, id: randomUUID(), metadata: { schemaVersion: 1 } } as never
  await shop.store.append(stream, [recorded], NO_EVENTS)
}
