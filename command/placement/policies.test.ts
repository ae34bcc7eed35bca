// Cases that only policies have: their answers come through the log, or do not come.

import { beforeEach, expect, test } from 'vitest'
import type { EventStore } from '../../events/catalogue.ts'
import { openCheckpoint } from '../../kernel/deciding/processes/checkpoint.ts'
import type { CommandBus } from '../commands.ts'
import { eventsOf, wholeLog } from '../log.given.ts'
import { clockOf, hammer, nails, openShop, type Shop } from './shop.given.ts'

let shop: Shop
beforeEach(async () => {
  shop = await openShop({ coordination: 'choreography' })
})

/** A log whose readers do not hear of some events. */
function deafTo(...types: string[]): EventStore {
  return {
    ...shop.store,
    async *subscribe(after, options) {
      for await (const { events, position } of shop.store.subscribe(after, options)) {
        yield { events: events.filter(({ type }) => !types.includes(type)), position }
      }
    },
  }
}

test('an order that nothing is under way for is timed out, also after a restart: the checkpoint waits for it', async () => {
  const clock = clockOf()
  const before = await shop.start(deafTo('CreditReserved'), shop.bus, { now: clock.now })
  await shop.place('ord_1', [hammer(1)])
  const begun = await shop.begins('ord_1')
  await shop.happens('ReservationNoted', 'ord_1')
  await expect.poll(() => before.health().atWork).toBe(0)
  expect(before.health().position).toBeLessThan(begun)
  await before.stop()
  expect((await openCheckpoint(shop.store, 'choreography')).position).toBeLessThan(begun)

  clock.pass(60_000)
  const after = await shop.start(deafTo('CreditReserved'), shop.bus, { now: clock.now })
  await shop.ends('ord_1')
  await expect.poll(() => after.health().position).toBeGreaterThan(begun)
  await after.stop()
  const rejections = (await wholeLog(shop.store)).filter(({ type }) => type === 'OrderRejected')
  expect(rejections).toMatchObject([{ data: { reason: 'TIMED_OUT' } }])
  await shop.expectSoundLog()
})

test('answers that came while an order was parked are found in the streams of the participants', async () => {
  let broken = true
  const bus: CommandBus = {
    ...shop.bus,
    async send(message) {
      if (broken && message.command.type === 'ReserveStock') throw new Error('a bug in ReserveStock')
      return shop.bus.send(message)
    },
  }
  const before = await shop.start(deafTo('CreditReserved'), bus, { tries: 2 })
  await shop.place('ord_1', [hammer(1)])
  await shop.happens('SagaParked', 'ord_1')
  await shop.happens('CreditReserved', 'ord_1')
  await before.stop()

  broken = false
  await shop.operate('RetryParked', 'ord_1')
  const after = await shop.start(deafTo('CreditReserved'), bus, { tries: 2 })
  await shop.happens('OrderApproved', 'ord_1')
  await after.stop()
})

test('the order notes each reservation once, however often the policies start from the beginning', async () => {
  for (let start = 0; start < 3; start++) {
    const policies = await shop.start({ ...shop.store, append: () => Promise.reject(new Error('no checkpoint')) })
    if (start === 0) await shop.place('ord_1', [hammer(1), nails(1)])
    await shop.happens('OrderApproved', 'ord_1')
    const head = await shop.store.head()
    await expect.poll(() => policies.health().position).toBe(head)
    await policies.stop()
  }
  expect((await eventsOf(shop.store, 'order-ord_1')).map(({ type }) => type).sort()).toEqual([
    'OrderApproved',
    'OrderPlaced',
    'ReservationNoted',
    'ReservationNoted',
    'ReservationNoted',
    'ReservationsAwaited',
  ])
})
