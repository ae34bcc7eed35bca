// The promises to every sender of a command: decided once, answered when it is stored, regardless of what the store says in between.

import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type CommandMessage, openCommandHandler } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import {
  broken,
  eventsOf,
  type Fault,
  lost,
  openLog,
  unavailable,
  unheard,
  watched,
} from '../../../../command/log.given.ts'
import * as ord from '../../../../command/order/order.given.ts'
import * as prd from '../../../../command/product/product.given.ts'
import type { EventStore } from '../../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { CannotFold, NotDecided } from '../../../../kernel/deciding/bus/command-bus.ts'
import { StoreUnavailable } from '../../../../kernel/store/event-store.ts'

const stream = 'customer-cus_1'

/** A command of customer cus_1; its digest is its content, as that of an input is. */
function message(command: CommandMessage['command'], commandId: string): CommandMessage {
  return { stream, command, commandId, digest: JSON.stringify(command), correlationId: commandId }
}

const registration = message(cus.register(100_000), 'registration')
const reservation = (number: number, amount = 100) => message(cus.reserveCredit(`ord_${number}`, amount), `c${number}`)

/** A handler on a store where cus_1 is registered already. */
async function registered(store: EventStore, faults: Fault[] = []) {
  await openCommandHandler(store).send(registration)
  const log = watched(store, faults)
  return { log, handler: openCommandHandler(log) }
}

test('an accepted command tells its events, and where the last of them is', async () => {
  const store = await openLog()
  const outcome = await openCommandHandler(store).send({
    ...message(prd.add(1000, 5), 'c1'),
    stream: 'product-prd_1',
  })
  const recorded = await eventsOf(store, 'product-prd_1')
  expect(outcome).toEqual({
    accepted: true,
    duplicate: false,
    revision: 1,
    position: recorded[1]?.position,
    events: [prd.added(1000), prd.received(5)],
  })
  expect(recorded).toMatchObject([prd.added(1000), prd.received(5)])
})

test('every event says which command led to it, and what it answers', async () => {
  const store = await openLog()
  await openCommandHandler(store).send({ ...registration, causationId: 'cause', actor: 'somebody' })
  expect((await eventsOf(store, stream))[0]?.metadata).toEqual({
    commandId: 'registration',
    digest: registration.digest,
    correlationId: 'registration',
    causationId: 'cause',
    actor: 'somebody',
    schemaVersion: SCHEMA_VERSION,
  })
})

test('what a stream begins with is decided without a look at it; whether it had begun is found out all the same', async () => {
  const store = await openLog()
  const log = watched(store)
  expect(await openCommandHandler(log).send(registration)).toMatchObject({ duplicate: false, revision: 0 })
  expect(log.reads).toEqual([])
  expect(await openCommandHandler(store).send(registration)).toMatchObject({ duplicate: true, revision: 0 })
  const another = await openCommandHandler(store).send(message(cus.register(1), 'another'))
  expect(another).toMatchObject({ refusal: { code: 'ALREADY_EXISTS' } })
  expect(await eventsOf(store, stream)).toHaveLength(1)
})

test('a command to which nothing is to be done is accepted, and leaves nothing', async () => {
  const { handler } = await registered(await openLog())
  const first = await handler.send(reservation(1))
  const again = await handler.send({ ...reservation(1), commandId: 'another' })
  expect(again).toEqual({ ...first, events: [] })
})

test('200 commands at once leave in a handful of appends, and without a conflict', async () => {
  const store = await openLog()
  const { log, handler } = await registered(store)
  const outcomes = await Promise.all(Array.from({ length: 200 }, (_, number) => handler.send(reservation(number))))

  expect(outcomes.map((outcome) => outcome.accepted && outcome.revision)).toEqual(
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  expect(log.appends.length).toBeLessThanOrEqual(3)
  expect(log.appends.flatMap(({ events }) => events)).toHaveLength(200)
  expect(await eventsOf(store, stream)).toHaveLength(201)
})

test('commands at once are decided one after another: the second is refused what the first has taken', async () => {
  const { handler } = await registered(await openLog())
  const outcomes = await Promise.all([handler.send(reservation(1, 60_000)), handler.send(reservation(2, 60_000))])
  expect(outcomes).toMatchObject([
    { events: [cus.reserved('ord_1', 60_000)] },
    { events: [cus.refused('ord_2', 60_000, { available: 40_000 })] },
  ])
})

test('nobody is answered before the append, not even who is refused because of it', async () => {
  const answered: string[] = []
  let store = () => {}
  const held = new Promise<void>((resolve) => {
    store = resolve
  })
  const seen: string[][] = []
  const log = watched(await openLog(), [
    async (append) => {
      const appended = await append()
      seen.push([...answered])
      await held
      seen.push([...answered])
      return appended
    },
  ])
  const handler = openCommandHandler(log)
  const sent = [registration, message(cus.register(1), 'c2'), reservation(3)].map(async (command) => {
    const outcome = await handler.send(command)
    answered.push(command.commandId)
    return outcome
  })
  await expect.poll(() => seen.length).toBe(1)
  store()
  expect(await Promise.all(sent)).toMatchObject([
    { accepted: true },
    { accepted: false, refusal: { code: 'ALREADY_EXISTS' } },
    { accepted: true },
  ])
  expect(seen).toEqual([[], []])
})

describe('a commandId that was used before', () => {
  test('gives the first outcome again, later', async () => {
    const { handler } = await registered(await openLog())
    const first = await handler.send(reservation(1))
    await handler.send(message(cus.releaseCredit('ord_1'), 'release'))
    expect(await handler.send(reservation(1))).toEqual({ ...first, duplicate: true, events: recordedOf(first) })
  })

  test('gives the first outcome again, when both come at the same moment', async () => {
    const store = await openLog()
    const { handler } = await registered(store)
    const [first, second] = await Promise.all([handler.send(reservation(1)), handler.send(reservation(1))])
    expect(first).toMatchObject({ duplicate: false, revision: 1 })
    expect(second).toEqual({ ...first, duplicate: true, events: recordedOf(first) })
    expect(await eventsOf(store, stream)).toHaveLength(2)
  })

  test('gives the first outcome again, after a restart', async () => {
    const store = await openLog()
    const product = { ...message(prd.add(1000, 5), 'c1'), stream: 'product-prd_1' } as const
    const first = await openCommandHandler(store).send(product)
    const restarted = openCommandHandler(store)
    await restarted.send({ ...message(prd.receive(1), 'c2'), stream: 'product-prd_1' })
    expect(await restarted.send(product)).toEqual({ ...first, duplicate: true, events: recordedOf(first) })
  })

  test('with other input is refused: it is another command', async () => {
    const { handler } = await registered(await openLog())
    const [, atOnce] = await Promise.all([
      handler.send(reservation(1, 100)),
      handler.send({ ...reservation(1, 200), commandId: 'c1' }),
    ])
    const later = await handler.send({ ...reservation(2, 100), commandId: 'c1' })
    for (const outcome of [atOnce, later]) {
      expect(outcome).toMatchObject({ accepted: false, refusal: { code: 'COMMAND_ID_REUSED', path: ['commandId'] } })
    }
  })

  test('is free on another stream', async () => {
    const { handler } = await registered(await openLog())
    const product = { ...message(prd.add(1000), 'registration'), stream: 'product-prd_1' } as const
    expect(await handler.send(product)).toMatchObject({ accepted: true, duplicate: false })
  })

  test('for a refused command is as good as new: it is decided afresh', async () => {
    const handler = openCommandHandler(await openLog())
    const change = message(cus.changeLimit(5), 'change')
    expect(await handler.send(change)).toMatchObject({ accepted: false, refusal: { code: 'NOT_FOUND' } })
    await handler.send(registration)
    expect(await handler.send(change)).toMatchObject({ accepted: true, duplicate: false })
  })
})

describe('when somebody else has appended to the stream', () => {
  test('what was waiting is decided again, on what is there now', async () => {
    const store = await openLog()
    const { log, handler } = await registered(store)
    await handler.send(reservation(1, 60_000))
    await openCommandHandler(store).send(message(cus.releaseCredit('ord_1'), 'release'))
    expect(await handler.send(reservation(2, 60_000))).toMatchObject({ events: [cus.reserved('ord_2', 60_000)] })
    expect(log.appends.at(-1)?.expected).toBe(2)
  })

  test('the same command, it is not done twice', async () => {
    const store = await openLog()
    const { handler } = await registered(store)
    await handler.send(reservation(1))
    const first = await openCommandHandler(store).send(reservation(2))
    const outcomes = await Promise.all([handler.send(reservation(2)), handler.send(reservation(3))])
    expect(outcomes).toMatchObject([
      { ...first, duplicate: true },
      { duplicate: false, revision: 3 },
    ])
    expect(await eventsOf(store, stream)).toHaveLength(4)
  })

  test('again and again, the command is given up', async () => {
    const store = await openLog()
    let others = 0
    const overtaken: Fault = async (append) => {
      await openCommandHandler(store).send({ ...reservation(++others), commandId: `other-${others}` })
      return append()
    }
    const { handler } = await registered(store, Array(20).fill(overtaken))
    await expect(handler.send(reservation(99))).rejects.toThrow(NotDecided)
    expect(await handler.send(reservation(99))).toMatchObject({ accepted: true, duplicate: false })
  })
})

describe('when the store is in trouble', () => {
  test.each<[string, Fault[]]>([
    ['the append did not arrive', [lost, lost]],
    ['it was stored, and nobody heard of it', [unheard, lost, unheard]],
    ['the store is away', [unavailable, unavailable]],
  ])('the very same batch is appended again: %s', async (_, faults) => {
    const store = await openLog()
    const tries = faults.length + 1
    const { log, handler } = await registered(store, faults)
    const outcomes = await Promise.all([handler.send(reservation(1)), handler.send(reservation(2))])
    expect(outcomes).toMatchObject([
      { duplicate: false, revision: 1 },
      { duplicate: false, revision: 2 },
    ])
    expect(log.appends).toHaveLength(tries)
    for (const append of log.appends) expect(append).toEqual(log.appends[0])
    expect(await eventsOf(store, stream)).toHaveLength(3)
  })

  test('a stream that cannot be read now is decided later', async () => {
    const store = await openLog()
    const { handler } = await registered({
      ...store,
      read: () => {
        throw new StoreUnavailable('the store is away')
      },
    })
    await expect(handler.send(reservation(1))).rejects.toThrow(NotDecided)
  })

  test('nothing is believed of commands whose append has failed, and their senders get the failure', async () => {
    const store = await openLog()
    const { handler } = await registered(store, [broken])
    const sent = [reservation(1, 60_000), reservation(2, 60_000)].map((command) => handler.send(command))
    for (const outcome of sent) {
      const failure = await outcome.catch((error: unknown) => error)
      expect(failure).toEqual(new Error('the disk is broken'))
      expect(failure).not.toBeInstanceOf(NotDecided)
    }
    expect(await handler.send(reservation(2, 60_000))).toMatchObject({
      duplicate: false,
      revision: 1,
      events: [cus.reserved('ord_2', 60_000)],
    })
  })

  test('a command that was stored before the trouble is found when it is sent again', async () => {
    const stored: Fault = async (append) => {
      await append()
      throw new Error('the disk broke afterwards')
    }
    const { handler } = await registered(await openLog(), [stored])
    await expect(handler.send(reservation(1))).rejects.toThrow('the disk broke afterwards')
    expect(await handler.send(reservation(1))).toMatchObject({ duplicate: true, revision: 1 })
  })

  test('a repeat is not answered from a stream that lacks the events of the first time', async () => {
    const store = await openLog()
    const place: CommandMessage = { ...message(ord.placeTotal(5), 'place'), stream: 'order-ord_1' }
    const cancel: CommandMessage = { ...message(ord.cancel(), 'cancel'), stream: 'order-ord_1' }
    await openCommandHandler(store).send(place)
    let seen = 2
    const behind = openCommandHandler({
      ...store,
      async *read(name, options) {
        for await (const page of store.read(name, options)) yield page.filter(({ revision }) => revision < seen)
      },
    })
    const first = await behind.send(cancel)
    seen = 1
    const error = await behind.send(cancel).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CannotFold)
    expect(String(error)).toContain('somebody has truncated it')
    seen = 2
    expect(await behind.send(cancel)).toEqual({ ...first, duplicate: true })
  })
})

test('a decision that fails fails only its own command', async () => {
  const { handler } = await registered(await openLog())
  const nonsense = message({ type: 'Nonsense' } as never, 'nonsense')
  const [first, failed, last] = await Promise.allSettled(
    [reservation(1), nonsense, reservation(2)].map((command) => handler.send(command)),
  )
  expect(first).toMatchObject({ status: 'fulfilled', value: { revision: 1 } })
  expect(failed).toMatchObject({
    status: 'rejected',
    reason: new Error('A customer knows no command {"type":"Nonsense"}'),
  })
  expect(last).toMatchObject({ status: 'fulfilled', value: { revision: 2 } })
})

test('more than 10,000 commands may not wait for one stream; the others are decided all the same', async () => {
  const { handler } = await registered(await openLog())
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10_003 }, (_, number) => handler.send(reservation(number, 1))),
  )
  const turnedAway = outcomes.filter(({ status }) => status === 'rejected')
  expect(turnedAway).toHaveLength(3)
  expect(outcomes.at(-1)).toMatchObject({ reason: new NotDecided(`Too many commands wait for ${stream}.`) })
})

test('a command for a stream that nobody decides for is an error', async () => {
  const handler = openCommandHandler(await openLog())
  await expect(async () => handler.send({ ...registration, stream: 'placement-ord_1' })).rejects.toThrow(
    'placement-ord_1',
  )
})

describe('when other processes append to the log too, an answer that leaves no event is confirmed first', () => {
  const change = message(cus.changeLimit(5), 'change')

  /** Another handler on the same log, and one that remembers cus_1 and prd_1 from before that began: as unknown, which they were refused for. */
  async function two({ singleWriter = false } = {}) {
    const store = await openLog()
    const log = watched(store)
    const stale = openCommandHandler(log, { singleWriter })
    await stale.send(reservation(0))
    await stale.send({ ...message(prd.reserveStock('ord_0', 1), 'c0'), stream: 'product-prd_1' })
    log.reads.length = 0
    return { other: openCommandHandler(store), stale, log }
  }

  test('a refusal: what another has made possible is done', async () => {
    const { other, stale } = await two()
    await other.send(registration)
    expect(await stale.send(change)).toMatchObject({ accepted: true, duplicate: false, revision: 2 })
  })

  test('a refusal: what another has done is a duplicate', async () => {
    const { other, stale } = await two()
    await other.send(registration)
    const first = await other.send(change)
    expect(await stale.send(change)).toMatchObject({ ...first, duplicate: true })
  })

  test('a refusal: an id that another has used is not free', async () => {
    const { other, stale } = await two()
    await other.send(registration)
    await other.send(change)
    expect(await stale.send(message(cus.changeLimit(6), 'change'))).toMatchObject({
      refusal: { code: 'COMMAND_ID_REUSED' },
    })
  })

  test('that nothing is to be done: what another has undone in between is decided by what is there now', async () => {
    const { other, stale } = await two()
    await stale.send(registration)
    await stale.send(reservation(1))
    await other.send(message(cus.releaseCredit('ord_1'), 'release'))
    expect(await stale.send({ ...reservation(1), commandId: 'another' })).toMatchObject({
      events: [cus.refused('ord_1', 100, { available: 100_000, reason: 'ALREADY_RELEASED' })],
    })
  })

  test('a price', async () => {
    const { other, stale } = await two()
    const toProduct = (command: CommandMessage['command'], commandId: string) =>
      other.send({ ...message(command, commandId), stream: 'product-prd_1' })
    await toProduct(prd.add(1000), 'add')
    expect(await stale.priceOf('prd_1')).toBe(1000)
    await toProduct(prd.changePrice(1200), 'change')
    expect(await stale.priceOf('prd_1')).toBe(1200)
  })

  test('by one read for all that wait together, and by none where the answer comes with an append', async () => {
    const { stale, log } = await two()
    const refused = await Promise.all(Array.from({ length: 100 }, () => stale.send(change)))
    expect(refused[99]).toMatchObject({ refusal: { code: 'NOT_FOUND' } })
    expect(log.reads).toEqual([stream])
    await stale.send(registration)
    expect(log.reads).toEqual([stream])
  })

  test('which costs a single writer nothing', async () => {
    const { stale, log } = await two({ singleWriter: true })
    expect(await stale.send(change)).toMatchObject({ refusal: { code: 'NOT_FOUND' } })
    expect(log.reads).toEqual([])
  })
})

describe('what is in memory', () => {
  test('a stream in use is read once', async () => {
    const { log, handler } = await registered(await openLog())
    for (let number = 0; number < 5; number++) await handler.send(reservation(number))
    expect(log.reads).toEqual([stream])
  })

  test('is bounded, also when streams grow: those that rest are forgotten, read again, and answer as before', async () => {
    const store = await openLog()
    const log = watched(store)
    const handler = openCommandHandler(log, { weightAtRest: 8 })
    for (let number = 0; number < 5; number++) {
      for (const customerId of ['cus_1', 'cus_2'] as const) {
        const message = reservation(number)
        const command = { ...message.command, customerId } as CommandMessage['command']
        await handler.send({ ...message, command, stream: `customer-${customerId}` })
        await turn()
      }
    }
    expect(log.reads.length).toBeGreaterThan(2)
    expect(await handler.send(reservation(0))).toMatchObject({ duplicate: true, revision: 0 })
  })

  test('keeps a stream that alone has more commands than are to be remembered, rather than reading it for each', async () => {
    const log = watched(await openLog())
    const handler = openCommandHandler(log, { weightAtRest: 3 })
    for (let number = 0; number < 8; number++) {
      await handler.send(reservation(number))
      await turn()
    }
    expect(log.reads).toHaveLength(1)
  })
})

describe('the list price', () => {
  test('is that of now', async () => {
    const handler = openCommandHandler(await openLog())
    const toProduct = (command: CommandMessage['command'], commandId: string) =>
      handler.send({ ...message(command, commandId), stream: 'product-prd_1' })
    const asked = [handler.priceOf('prd_1'), toProduct(prd.add(1000), 'c1')]
    expect(await asked[0], 'asked together with the first command').toBe(1000)
    await toProduct(prd.changePrice(1200), 'c2')
    expect(await handler.priceOf('prd_1')).toBe(1200)
  })

  test('of a product that is not in the range is none, also when orders have named it', async () => {
    const handler = openCommandHandler(await openLog())
    expect(await handler.priceOf('prd_1')).toBeUndefined()
    await handler.send({ ...message(prd.reserveStock('ord_1', 1), 'c1'), stream: 'product-prd_1' })
    expect(await handler.priceOf('prd_1')).toBeUndefined()
  })
})

/** Events read from the store carry where they were recorded besides. */
function recordedOf(outcome: object): unknown {
  const { events } = outcome as { events: object[] }
  return events.map((event) => expect.objectContaining(event))
}

describe('a command that has expired', () => {
  /** A handler whose appends wait until they are let go, with a command of the customer that is being appended. */
  async function busy() {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const log = watched(await openLog(), [
      async (append) => {
        await held
        return append()
      },
    ])
    const handler = openCommandHandler(log)
    const first = handler.send(registration)
    await expect.poll(() => log.appends.length).toBe(1)
    return { handler, log, first, letGo: () => letGo() }
  }

  test('while it waited in the mailbox is not executed, and those behind it are', async () => {
    const { handler, log, first, letGo } = await busy()
    const soon = performance.now() + 20
    const late = expect(handler.send(reservation(1), soon)).rejects.toThrow('expired before its turn came')
    const asked = handler.send(reservation(2), soon + 60_000)
    const patient = handler.send(reservation(3))
    await expect.poll(() => performance.now()).toBeGreaterThan(soon)
    letGo()
    await late
    expect(await Promise.all([first, asked, patient])).toMatchObject([
      { accepted: true },
      { accepted: true },
      { accepted: true },
    ])
    const ids = (await eventsOf(log, stream)).map(({ metadata }) => metadata.commandId)
    expect(ids).toEqual(['registration', 'c2', 'c3'])
    expect(await handler.send(reservation(1))).toMatchObject({ accepted: true, duplicate: false })
  })

  test('while its stream was loaded is not executed', async () => {
    const store = await openLog()
    await openCommandHandler(store).send(registration)
    const soon = performance.now() + 20
    const slow: EventStore = {
      ...store,
      async *read(...what) {
        await expect.poll(() => performance.now()).toBeGreaterThan(soon)
        yield* store.read(...what)
      },
    }
    const handler = openCommandHandler(slow)
    await expect(handler.send(reservation(1), soon)).rejects.toThrow('expired before its turn came')
    await expect(handler.priceOf('prd_1', soon)).rejects.toThrow('expired before its turn came')
    expect(await eventsOf(store, stream)).toHaveLength(1)
  })

  test('after it was begun is finished, and answered', async () => {
    let soon = 0
    const log = watched(await openLog(), [
      async (append) => {
        await expect.poll(() => performance.now()).toBeGreaterThan(soon)
        return append()
      },
    ])
    const handler = openCommandHandler(log)
    soon = performance.now() + 200
    expect(await handler.send(registration, soon)).toMatchObject({ accepted: true })
  })
})
