// Orders placed with everything that places them: command handler and sagas on a log, with crashes, delays and failures.
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../events/catalogue.ts'
import { type Position, START } from '../../events/position.ts'
import type { EventStore, StreamName } from '../../events/store/event-store.ts'
import { heldAtEnd, overdrafts } from '../../test/invariants.ts'
import { type Command, type CommandBus, type CommandMessage, NotDecided } from '../bus/command-bus.ts'
import { openCommandHandler } from '../handling/command-handler.ts'
import { eventsOf, openLog, type Watched, watched, wholeLog } from '../log.given.ts'
import type { QuotedLine } from '../order/order.ts'
import { openCheckpoint } from '../saga/checkpoint.ts'
import { type Sagas, startSagas } from '../saga/runner.ts'
import { placement } from './placement.ts'

const hammer = (quantity: number): QuotedLine => ({ productId: 'prd_hammer', quantity, unitPrice: 1000 })
const nails = (quantity: number): QuotedLine => ({ productId: 'prd_nails', quantity, unitPrice: 10 })

let store: EventStore
let bus: CommandBus
beforeEach(() => openShop())

/** A shop with 10 hammers and 1,000 nails, and a customer who may owe 1,000.00. */
async function openShop(options?: Parameters<typeof openLog>[0]): Promise<void> {
  store = await openLog(options)
  bus = openCommandHandler(store)
  await send({ type: 'RegisterCustomer', customerId: 'cus_1', name: 'Acme', creditLimit: 100_000 })
  await send({ type: 'AddProduct', productId: 'prd_hammer', name: 'Hammer', price: 1000, stock: 10 })
  await send({ type: 'AddProduct', productId: 'prd_nails', name: 'Nails', price: 10, stock: 1000 })
}

describe('an order', () => {
  test('that can be had is approved, holds credit and stock, lets go of stock when shipped, and of credit when paid', async () => {
    const sagas = await start()
    await place('ord_1', [hammer(10), nails(400), nails(600)])
    await happens('OrderApproved', 'ord_1')
    expect(heldAtEnd(await wholeLog(store))).toEqual([])
    await send({ type: 'ShipOrder', orderId: 'ord_1' })
    await send({ type: 'RecordPayment', orderId: 'ord_1' })
    await happens('PlacementEnded', 'ord_1')
    await sagas.stop()
    await expectSoundLog()
    expect(await eventsOf(store, 'product-prd_nails')).toMatchObject([
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
    const sagas = await start()
    await place('ord_1', lines, customerId)
    await happens('PlacementEnded', 'ord_1')
    await sagas.stop()
    expect((await eventsOf(store, 'order-ord_1')).at(-1)).toMatchObject({ type: 'OrderRejected', data: { reason } })
    await expectSoundLog()
  })

  test('that is cancelled at any moment holds nothing', async () => {
    const sagas = await start()
    const orders = Array.from({ length: 20 }, (_, index) => `ord_${index}`)
    await Promise.all(
      orders.map(async (orderId, index) => {
        await place(orderId, [hammer(1), nails(1)])
        for (let turns = 0; turns < index; turns++) await store.head()
        await send({ type: 'CancelOrder', orderId })
        await happens('PlacementEnded', orderId)
      }),
    )
    await sagas.stop()
    await expectSoundLog()
  })

  test('that nobody answers in time is rejected as TIMED_OUT; the answers that come late change nothing', async () => {
    await openShop({ late: 60_000 })
    const slow = heldBus('product-prd_nails')
    const sagas = await start(store, slow)
    await place('ord_1', [hammer(1), nails(1)])
    await happens('OrderRejected', 'ord_1')
    expect(await eventsOf(store, 'placement-ord_1')).not.toContainEqual(
      expect.objectContaining({ type: 'PlacementEnded' }),
    )
    slow.letGo()
    await happens('PlacementEnded', 'ord_1')
    await sagas.stop()
    expect((await eventsOf(store, 'order-ord_1')).at(-1)?.data).toMatchObject({ reason: 'TIMED_OUT' })
    await expectSoundLog()
  })

  test('has the same correlationId in everything that it set in motion', async () => {
    const sagas = await start()
    await place('ord_1', [hammer(1)])
    await happens('OrderApproved', 'ord_1')
    await sagas.stop()
    const its = (await wholeLog(store)).filter(({ data }) => 'orderId' in data)
    expect(its.length).toBeGreaterThanOrEqual(7)
    expect(new Set(its.map(({ metadata }) => metadata.correlationId))).toEqual(new Set(['PlaceOrder ord_1']))
  })
})

describe('an order of 675 lines', () => {
  const lines = Array.from({ length: 675 }, (_, index) => ({ productId: `prd_${index}`, quantity: 1, unitPrice: 1 }))

  test('starves nobody, and its saga has a short stream', async () => {
    await Promise.all(
      lines.map(({ productId }) => send({ type: 'AddProduct', productId, name: 'Nut', price: 1, stock: 1 })),
    )
    const sagas = await start()
    await place('ord_large', lines)
    await happens('PlacementStarted', 'ord_large')
    await place('ord_small', [hammer(1)])
    const small = await happens('OrderApproved', 'ord_small')
    const large = await happens('OrderApproved', 'ord_large')
    expect(small).toBeLessThan(large)

    await send({ type: 'CancelOrder', orderId: 'ord_large' })
    await happens('PlacementEnded', 'ord_large')
    await sagas.stop()
    expect((await eventsOf(store, 'placement-ord_large')).length).toBeLessThan(40)
    await expectSoundLog()
  })
})

describe('a crash', () => {
  /** One order that is approved, shipped and paid, one that is rejected, and one that is cancelled at once. */
  async function story(to: CommandBus): Promise<void> {
    await Promise.all([
      place('ord_good', [hammer(4), nails(4)], 'cus_1', to),
      place('ord_bad', [hammer(11)], 'cus_1', to),
    ])
    await place('ord_fickle', [hammer(6), nails(1)], 'cus_1', to)
    await send({ type: 'CancelOrder', orderId: 'ord_fickle' }, to)
    await happens('OrderApproved', 'ord_good')
    await send({ type: 'ShipOrder', orderId: 'ord_good' }, to)
    await send({ type: 'RecordPayment', orderId: 'ord_good' }, to)
    for (const orderId of ['ord_good', 'ord_bad', 'ord_fickle']) await happens('PlacementEnded', orderId)
  }

  test.each(['before', 'after'] as const)(
    '%s any append was stored leaves nothing undone or done twice',
    async (when) => {
      let crashes = 0
      for (let reached = true; reached; ) {
        await openShop()
        const doomed = crashing(store, crashes + 1, when)
        const before = openCommandHandler(doomed)
        const cutOff = await start(doomed, before)
        const told = story(before).catch(() => undefined)
        reached = await Promise.race([told.then(() => false), doomed.crashed.then(() => true)])
        await cutOff.stop()

        const after = openCommandHandler(store)
        const restarted = await start(store, after)
        await story(after)
        await restarted.stop()
        await expectSoundLog()
        expect(await eventsOf(store, 'order-ord_good')).toMatchObject(
          ['OrderPlaced', 'OrderApproved', 'OrderShipped', 'OrderPaid'].map((type) => ({ type })),
        )
        if (reached) crashes++
      }
      expect(crashes).toBeGreaterThan(20)
    },
    120_000,
  )
})

test('a saga says with each command where it began, also after a restart: it has asked nothing before', async () => {
  const asked: CommandMessage[] = []
  const overheard = (): CommandBus => ({
    ...bus,
    send(message) {
      if (message.commandId.startsWith('~')) asked.push(message)
      return bus.send(message)
    },
  })
  const sagas = await start(store, overheard())
  await place('ord_1', [hammer(1), nails(1)])
  const placed = await happens('OrderPlaced', 'ord_1')
  await happens('OrderApproved', 'ord_1')
  await sagas.stop()

  const restarted = await start(store, overheard())
  await send({ type: 'ShipOrder', orderId: 'ord_1' })
  await send({ type: 'RecordPayment', orderId: 'ord_1' })
  await happens('PlacementEnded', 'ord_1')
  await restarted.stop()

  expect(asked.length).toBeGreaterThanOrEqual(7)
  const log = await wholeLog(store)
  for (const { commandId, after = START } of asked) {
    expect(after).toBeGreaterThan(placed)
    const first = log.find(({ metadata }) => metadata.commandId === commandId)
    expect(first?.position).toBeGreaterThan(after)
  }
})

describe('the checkpoint', () => {
  test('does not pass a saga that is not finished; after a restart it goes on', async () => {
    const slow = heldBus('customer-cus_slow')
    const sagas = await start(store, slow)
    await place('ord_slow', [hammer(1)], 'cus_slow')
    const started = await happens('OrderPlaced', 'ord_slow')
    await place('ord_quick', [hammer(1)])
    await happens('OrderApproved', 'ord_quick')
    await expect.poll(() => sagas.health().atWork).toBe(1)
    expect(sagas.health().position).toBeLessThan(started)
    await sagas.stop()
    expect((await openCheckpoint(store, 'placements')).position).toBe(started - 1)

    const restarted = await start()
    await happens('PlacementEnded', 'ord_slow')
    await expect.poll(() => restarted.health().atWork).toBe(0)
    await restarted.stop()
    expect((await openCheckpoint(store, 'placements')).position).toBeGreaterThan(started)
  })

  test('is where reading goes on: what was finished before is not looked at again', async () => {
    const sagas = await start()
    await place('ord_1', [hammer(1)])
    await happens('OrderApproved', 'ord_1')
    await expect.poll(() => sagas.health().atWork).toBe(0)
    await sagas.stop()

    const log = watched(store)
    const restarted = await start(log, openCommandHandler(log))
    await place('ord_2', [hammer(1)])
    await happens('OrderApproved', 'ord_2')
    await restarted.stop()
    expect(log.reads).not.toContain('placement-ord_1')
  })
})

describe('trouble', () => {
  test('with the bus is told, tried again, and overcome', async () => {
    let away = true
    const flaky: CommandBus = {
      ...bus,
      send: (message) => (away ? Promise.reject(new NotDecided('the bus is away')) : bus.send(message)),
    }
    const sagas = await start(store, flaky)
    await place('ord_1', [hammer(1)])
    await expect.poll(() => sagas.health()).toMatchObject({ ok: true, inTrouble: 1, error: 'the bus is away' })
    away = false
    await happens('OrderApproved', 'ord_1')
    await expect.poll(() => sagas.health()).toMatchObject({ ok: true, atWork: 0, inTrouble: 0 })
    await sagas.stop()
    await expectSoundLog()
  })

  test('of one saga does not keep the others from going on', async () => {
    const picky: CommandBus = {
      ...bus,
      send: (message) =>
        message.stream === 'customer-cus_2' ? Promise.reject(new NotDecided('not now')) : bus.send(message),
    }
    const sagas = await start(store, picky)
    await place('ord_stuck', [hammer(1)], 'cus_2')
    await place('ord_free', [hammer(1)])
    await happens('OrderApproved', 'ord_free')
    await sagas.stop()
  })
})

describe('a stop', () => {
  test('lets what is being recorded finish', async () => {
    const told: string[] = []
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const log = watched(store, () => async (append) => {
      await held
      const appended = await append()
      told.push('recorded')
      return appended
    })
    const sagas = await start(log)
    await place('ord_1', [nails(1)])
    await expect.poll(() => log.appends.length).toBe(1)
    const stopped = sagas.stop().then(() => told.push('stopped'))
    for (let turns = 0; turns < 5; turns++) await turn()
    letGo()
    await stopped
    expect(told).toEqual(['recorded', 'stopped'])
  })

  test('is the end: what comes afterwards is left to the next start', async () => {
    const sagas = await start()
    await Promise.all(Array.from({ length: 10 }, (_, index) => place(`ord_${index}`, [nails(1)])))
    await happens('PlacementStarted', 'ord_9')
    await sagas.stop()
    const placements = async () => (await wholeLog(store)).filter(({ stream }) => stream.startsWith('placement-'))
    const atTheStop = await placements()
    await place('ord_late', [nails(1)])
    expect(await placements()).toEqual(atTheStop)

    const restarted = await start()
    await happens('OrderApproved', 'ord_late')
    await restarted.stop()
    await expectSoundLog()
  })
})

function start(on: EventStore = store, to: CommandBus = bus): Promise<Sagas> {
  const quiet = () => {}
  return startSagas({
    saga: placement,
    store: on,
    bus: to,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
}

/** As a client does: the same command again has the same commandId. */
async function send(command: Command, to: CommandBus = bus): Promise<void> {
  const [entity, id] =
    'productId' in command
      ? (['product', command.productId] as const)
      : 'orderId' in command
        ? (['order', command.orderId] as const)
        : (['customer', command.customerId] as const)
  const commandId = `${command.type} ${id}`
  const outcome = await to.send({ stream: `${entity}-${id}`, command, commandId, digest: '', correlationId: commandId })
  expect(outcome).toMatchObject({ accepted: true })
}

function place(orderId: string, lines: QuotedLine[], customerId = 'cus_1', to: CommandBus = bus): Promise<void> {
  return send({ type: 'PlaceOrder', orderId, customerId, content: { lines } }, to)
}

/** Waits until the log has such an event of an order. @returns where it is */
async function happens(type: DomainEvent['type'], orderId: string): Promise<Position> {
  const found = new AbortController()
  for await (const { events } of store.subscribe(START, { signal: found.signal })) {
    const event = events.find(
      (event) => event.type === type && 'orderId' in event.data && event.data.orderId === orderId,
    )
    if (event) return event.position
  }
  throw new Error(`The log ended without ${type} of ${orderId}`)
}

async function expectSoundLog(): Promise<void> {
  const events = await wholeLog(store)
  expect(overdrafts(events)).toEqual([])
  expect(heldAtEnd(events)).toEqual([])
  const endings = events.filter(({ type }) => type === 'PlacementEnded').map(({ stream }) => stream)
  expect(endings).toEqual([...new Set(endings)])
}

/** A store whose process dies at its n-th append, before or after that was stored. */
function crashing(on: EventStore, at: number, when: 'before' | 'after'): Watched & { crashed: Promise<void> } {
  let die = () => {}
  const crashed = new Promise<void>((resolve) => {
    die = resolve
  })
  let appends = 0
  const log = watched(on, () => {
    appends++
    if (appends < at) return undefined
    return async (append) => {
      if (appends === at && when === 'after') await append()
      die()
      throw new Error('the process is gone')
    }
  })
  return { ...log, crashed }
}

/** A bus on which commands for one stream wait until they are let go. */
function heldBus(stream: StreamName): CommandBus & { letGo(): void } {
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const to = bus
  return {
    ...to,
    async send(message) {
      if (message.stream === stream) await held
      return to.send(message)
    },
    letGo,
  }
}
