// A long stream is answered for from little memory as it would be from the whole of it, and loaded without being read as a whole.

import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { type CommandBus, type CommandMessage, openCommandHandler } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import { customer } from '../../../../command/customer/customer.ts'
import { customerMemory } from '../../../../command/customer/memory.ts'
import { eventsOf, openLog, watched } from '../../../../command/log.given.ts'
import { productMemory } from '../../../../command/product/memory.ts'
import * as prd from '../../../../command/product/product.given.ts'
import { product } from '../../../../command/product/product.ts'
import type { EventStore, NewEvent, RecordedEvent } from '../../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import type { Outcome } from '../../../../kernel/deciding/bus/command-bus.ts'
import { load } from '../../../../kernel/deciding/handling/load.ts'
import type { StreamKind } from '../../../../kernel/deciding/handling/loaded.ts'
import { cut, joined, type Taken } from '../../../../kernel/deciding/handling/snapshot-parts.ts'
import { openSnapshots } from '../../../../kernel/deciding/handling/snapshots.ts'
import { rounds } from '../../../../kernel/rounds.given.ts'
import { RevisionConflict, type StreamName } from '../../../../kernel/store/event-store.ts'
import type { SnapshotPartTaken } from '../../../../kernel/store/kernel-events.ts'
import { newLog, openMemoryEventStore } from '../../../../simulator/memory-event-store.ts'

type Command = CommandMessage['command']

const stream = 'customer-cus_1'
const LITTLE = { rememberedOfStream: 4, snapshotEvery: 5 }
const IN_PARTS = { ...LITTLE, snapshotPartSize: 100 }
const silent = { info() {}, warn() {} }
const WHOLE = { rememberedOfStream: Number.POSITIVE_INFINITY, snapshotEvery: Number.POSITIVE_INFINITY }

function fromClient(command: Command, commandId: string, to: StreamName = stream): CommandMessage {
  return { stream: to, command, commandId, digest: JSON.stringify(command), correlationId: commandId }
}

/** A saga's command: its id says what is asked for which order, and it knows where the saga began. */
function fromSaga(command: Command & { orderId: string }, after: number, to: StreamName = stream): CommandMessage {
  const commandId = `~placement-${command.orderId}/${command.type}`
  return { stream: to, command, commandId, digest: '', correlationId: command.orderId, after }
}

const reserve = (number: number) => cus.reserveCredit(`ord_${number}`, 100) as Command & { orderId: string }
const release = (number: number) => cus.releaseCredit(`ord_${number}`) as Command & { orderId: string }

/** Has orders reserve and settle, one after another; gives the position at which the first of them began. */
async function settleOrders(bus: CommandBus, store: EventStore, from: number, count: number): Promise<number> {
  const began = await store.head()
  for (let number = from; number < from + count; number++) {
    const after = await store.head()
    await bus.send(fromSaga(reserve(number), after))
    await bus.send(fromSaga(release(number), after))
  }
  return began
}

type Part = SnapshotPartTaken['data']

async function partsOf(store: EventStore, of: StreamName = stream): Promise<Part[]> {
  return (await eventsOf(store, `snapshot-${of}`)).map(({ data }) => data as Part)
}

/** Where each has one part. */
async function snapshotsOf(store: EventStore): Promise<Taken[]> {
  return (await partsOf(store)).map((part) => joined([part]) as Taken)
}

/** Customer cus_1 with 100 orders behind it, in a log with snapshots. */
async function longLived() {
  const store = await openLog()
  const bus = openCommandHandler(store, LITTLE)
  await bus.send(fromClient(cus.register(100_000), 'registration'))
  await bus.send(fromClient(cus.changeLimit(200_000), 'change'))
  const began = await settleOrders(bus, store, 0, 100)
  await expect.poll(async () => (await snapshotsOf(store)).length).toBeGreaterThan(10)
  const log = watched(store)
  return { store, log, began, bus: openCommandHandler(log, LITTLE) }
}

describe('after anything that happens to a stream, answers and events are the same as with all of it in memory:', () => {
  const anyOrder = fc.integer({ min: 1, max: 15 })
  const anyId = fc.integer({ min: 1, max: 15 }).map((number) => `c${number}`)
  const anyAmount = fc.constantFrom(1, 40, 70)
  const anyOf = (of: (order: number, amount: number) => Command) =>
    fc.record({ from: fc.constant('saga' as const), command: fc.tuple(anyOrder, anyAmount).map(([o, a]) => of(o, a)) })
  const anyFromClient = (of: (amount: number) => Command) => fc.record({ from: anyId, command: anyAmount.map(of) })
  const anyTimes = <Step>(step: fc.Arbitrary<Step>) =>
    fc.array(
      fc.oneof(
        { arbitrary: fc.array(step, { minLength: 1, maxLength: 4, size: 'max' }), weight: 9 },
        fc.constant('restart' as const),
      ),
      { minLength: 15, maxLength: 50 },
    )

  const cases = [
    {
      name: 'a customer',
      to: stream as StreamName,
      kind: { decider: customer, memory: customerMemory } as unknown as StreamKind,
      steps: anyTimes(
        fc.oneof(
          anyOf((order, amount) => cus.reserveCredit(`ord_${order}`, amount)),
          anyOf((order) => cus.releaseCredit(`ord_${order}`)),
          anyOf((order) => cus.raiseCredit(`ord_${order}`, 1, 10 * order)),
          anyOf((order) => cus.lowerCredit(`ord_${order}`, 1, 5 * order)),
          anyFromClient((amount) => cus.register(amount)),
          anyFromClient((amount) => cus.changeLimit(amount)),
        ),
      ),
    },
    {
      name: 'a product',
      to: 'product-prd_1' as StreamName,
      kind: { decider: product, memory: productMemory } as unknown as StreamKind,
      steps: anyTimes(
        fc.oneof(
          anyOf((order, amount) => prd.reserveStock(`ord_${order}`, amount)),
          anyOf((order) => prd.releaseStock(`ord_${order}`)),
          anyOf((order, amount) => prd.ship(`ord_${order}`, amount)),
          anyOf((order) => prd.raiseStock(`ord_${order}`, 1, 10 * order)),
          anyOf((order) => prd.lowerStock(`ord_${order}`, 1, 5 * order)),
          anyFromClient((amount) => prd.add(amount, 100)),
          anyFromClient((amount) => prd.receive(amount)),
          anyFromClient((amount) => prd.changePrice(amount)),
        ),
      ),
    },
  ]

  test.each(cases)(
    '$name',
    async ({ to, kind, steps }) => {
      let snapshots = 0
      await fc.assert(
        fc.asyncProperty(steps, async (some) => {
          const outcomes = []
          const logs = []
          for (const options of [IN_PARTS, WHOLE]) {
            const store = openMemoryEventStore(newLog())
            let bus = openCommandHandler(store, options)
            const began = new Map<string, number>()
            const told = []
            for (const step of some) {
              if (step === 'restart') {
                // The write that is under way ends first.
                await turn()
                bus = openCommandHandler(store, options)
                continue
              }
              const head = await store.head()
              const atOnce = step.map(async ({ command, from }) => {
                if (from !== 'saga' || !('orderId' in command)) {
                  return answerTo(await bus.send(fromClient(command, from, to)))
                }
                const after = began.get(command.orderId) ?? head
                began.set(command.orderId, after)
                return replyTo(await bus.send(fromSaga(command, after, to)))
              })
              told.push(await Promise.all(atOnce))
            }
            outcomes.push(told)
            logs.push((await eventsOf(store, to)).map(({ type, data, revision }) => ({ type, data, revision })))

            await turn()
            snapshots += (await partsOf(store, to)).filter(({ part, parts }) => part === parts && part > 1).length
            const { state } = await load(store, openSnapshots(store, silent), to, { ...kind, ...options })
            const folded = (await eventsOf(store, to)).reduce(kind.decider.evolve, kind.decider.initialState())
            expect(kind.memory?.freeze(state)).toEqual(kind.memory?.freeze(folded))
            await store.close()
          }
          expect(outcomes[0]).toEqual(outcomes[1])
          expect(logs[0]).toEqual(logs[1])
        }),
        { numRuns: rounds(60) },
      )
      expect(snapshots).toBeGreaterThan(20)
    },
    60_000,
  )

  /** Positions are another's: snapshots take some. */
  function answerTo(outcome: Outcome): unknown {
    if (!outcome.accepted) return outcome
    const { position: _, events, ...told } = outcome
    return { ...told, events: events.map(({ type, data }) => ({ type, data })) }
  }

  /** The part of an outcome that a saga uses: whether it was refused, and why. */
  function replyTo(outcome: Outcome): unknown {
    if (!outcome.accepted) return outcome
    return outcome.events.flatMap(({ data }) => ('reason' in data ? data.reason : []))
  }
})

test('of a long stream little is in memory: what is open, and the newest commands with the marks that they left', async () => {
  const store = await openLog()
  await openCommandHandler(store, WHOLE).send(fromClient(cus.register(100_000), 'registration'))
  await settleOrders(openCommandHandler(store, WHOLE), store, 0, 100)
  const kind = { decider: customer, memory: customerMemory, ...LITTLE } as unknown as StreamKind
  const { state, commands } = await load(store, openSnapshots(store, silent), stream, kind)
  expect(commands.size).toBeLessThanOrEqual(1.25 * LITTLE.rememberedOfStream)
  expect(kind.memory?.marks(state).size).toBeLessThanOrEqual(1.25 * LITTLE.rememberedOfStream)
})

describe('of a command that is no longer in memory', () => {
  test('of a saga, the first outcome is found, no further back than where the saga began', async () => {
    const { log, began, store, bus } = await longLived()
    const first = (await eventsOf(store, stream)).find(({ type }) => type === 'CreditReserved')
    expect(await bus.send(fromSaga(reserve(0), began))).toMatchObject({
      accepted: true,
      duplicate: true,
      revision: first?.revision,
      position: first?.position,
      events: [cus.reserved('ord_0', 100)],
    })

    const before = log.eventsRead(stream)
    const head = await store.head()
    expect(await bus.send(fromSaga(reserve(1_000), head))).toMatchObject({ duplicate: false })
    expect(log.eventsRead(stream), 'a saga that has just begun').toBe(before)
  })

  test('of a client, the first outcome is found, and the same id with other input is refused', async () => {
    const { bus } = await longLived()
    expect(await bus.send(fromClient(cus.changeLimit(200_000), 'change'))).toMatchObject({
      duplicate: true,
      revision: 1,
      events: [cus.limitChanged(100_000, 200_000)],
    })
    expect(await bus.send(fromClient(cus.changeLimit(1), 'change'))).toMatchObject({
      refusal: { code: 'COMMAND_ID_REUSED' },
    })
  })

  test('of a client, of several events, all of them are found', async () => {
    const store = await openLog()
    const bus = openCommandHandler(store, LITTLE)
    const add = fromClient(prd.add(1_000, 5), 'add', 'product-prd_1')
    await bus.send(fromClient(prd.add(1_000), 'another', 'product-prd_2'))
    const first = await bus.send(add)
    for (let n = 0; n < 20; n++) await bus.send(fromClient(prd.receive(1), `receipt ${n}`, 'product-prd_1'))
    expect(await bus.send(add)).toMatchObject({
      ...first,
      duplicate: true,
      events: [prd.added(1_000), prd.received(5)],
    })
  })

  test('that was never sent, nothing is looked up', async () => {
    const { log, bus } = await longLived()
    await bus.send(fromClient(cus.changeLimit(300_000), 'load'))
    const before = log.eventsRead(stream)
    for (let n = 0; n < 50; n++) {
      expect(await bus.send(fromClient(cus.changeLimit(n), `new ${n}`))).toMatchObject({ duplicate: false })
    }
    expect(log.eventsRead(stream)).toBe(before)
  })
})

test('a reservation whose release came first, and long ago, is refused all the same', async () => {
  const store = await openLog()
  const bus = openCommandHandler(store, LITTLE)
  await bus.send(fromClient(cus.register(100_000), 'registration'))
  const after = await store.head()
  await bus.send(fromSaga(release(1), after))
  await settleOrders(bus, store, 100, 50)
  expect(await openCommandHandler(store, LITTLE).send(fromSaga(reserve(1), after))).toMatchObject({
    events: [cus.refused('ord_1', 100, { available: 100_000, reason: 'ALREADY_RELEASED' })],
  })
  const marked = await bus.send(fromSaga(reserve(1), after))
  expect(marked, 'from the memory of another handler').toMatchObject({ duplicate: true })
})

test('what is reserved for long is settled without a look into the past', async () => {
  const { log, store, bus } = await longLived()
  const after = await store.head()
  await bus.send(fromSaga(reserve(1_000), after))
  await settleOrders(bus, store, 2_000, 50)
  const before = log.eventsRead(stream)
  expect(await bus.send(fromSaga(release(1_000), after))).toMatchObject({ events: [cus.released('ord_1000', 100)] })
  expect(log.eventsRead(stream)).toBe(before)
})

test('a reservation that is repeated at the moment of its release is a repeat, and nothing is recorded of it', async () => {
  const { store, bus } = await longLived()
  const after = await store.head()
  await bus.send(fromSaga(reserve(1_000), after))
  await settleOrders(bus, store, 2_000, 50)
  const [released, repeated] = await Promise.all([
    bus.send(fromSaga(release(1_000), after)),
    bus.send(fromSaga(reserve(1_000), after)),
  ])
  expect(released).toMatchObject({ duplicate: false, events: [cus.released('ord_1000', 100)] })
  expect(repeated).toMatchObject({ duplicate: true, events: [cus.reserved('ord_1000', 100)] })
})

describe('a snapshot', () => {
  test('has what is open, and nothing of what is settled', async () => {
    const { store, bus } = await longLived()
    await bus.send(fromSaga(reserve(1_000), await store.head()))
    await settleOrders(bus, store, 2_000, 10)
    await expect.poll(async () => (await snapshotsOf(store)).at(-1)?.revision).toBeGreaterThan(210)
    const { state, revision } = (await snapshotsOf(store)).at(-1) as Taken
    const { data: last } = (await eventsOf(store, stream))[revision] as RecordedEvent
    const open = revision % 2 === 0 ? [] : [['orderId' in last && last.orderId, 100]]
    expect(state).toEqual({
      status: 'REGISTERED',
      creditLimit: 200_000,
      reserved: 100 + 100 * open.length,
      reservations: [['ord_1000', 100], ...open],
      revised: [],
    })
  })

  test('keeps nobody waiting: commands are answered while it is being written', async () => {
    const store = await openLog()
    const never = new Promise<never>(() => {})
    const snapshots: StreamName[] = []
    const bus = openCommandHandler(
      {
        ...store,
        append(to, events, expected) {
          if (!to.startsWith('snapshot-')) return store.append(to, events as NewEvent[], expected)
          snapshots.push(to)
          return never
        },
      },
      LITTLE,
    )
    await bus.send(fromClient(cus.register(100_000), 'registration'))
    await settleOrders(bus, store, 0, 50)
    expect(snapshots, 'one at a time').toEqual([`snapshot-${stream}`])
  })

  test('that cannot be written is a line in the log, and the next one is tried in its time', async () => {
    const store = await openLog()
    let failures = 0
    const log = { info: vi.fn(), warn: vi.fn() }
    const bus = openCommandHandler(
      {
        ...store,
        async append(to, events, expected) {
          if (to.startsWith('snapshot-') && failures++ < 2) throw new Error('the disk is full')
          return store.append(to, events as NewEvent[], expected)
        },
      },
      { ...LITTLE, log },
    )
    await bus.send(fromClient(cus.register(100_000), 'registration'))
    await settleOrders(bus, store, 0, 50)
    await expect.poll(async () => (await snapshotsOf(store)).length).toBeGreaterThan(0)
    expect(log.warn).toHaveBeenCalledTimes(2)
    expect(log.warn).toHaveBeenCalledWith({ stream, err: new Error('the disk is full') }, expect.any(String))
  })

  test('makes loading read a few events, however long the stream', async () => {
    const { log, bus } = await longLived()
    await bus.send(fromClient(cus.changeLimit(1), 'new'))
    expect(log.eventsRead(stream)).toBeLessThanOrEqual(1 + 2 * LITTLE.snapshotEvery)
    expect(log.eventsRead(`snapshot-${stream}`)).toBe(1)
  })

  const whole = (taken: Taken) => cut(taken, 1_000_000)
  const richer = { status: 'REGISTERED', creditLimit: 1_000_000_000, reserved: 0, reservations: [] }
  const wrong: [string, (good: Taken) => Part[]][] = [
    ['was damaged', (good) => whole({ ...good, state: richer }).map((part) => ({ ...part, digest: 'another' }))],
    ['has a damaged part', (good) => damaged(cut(good, 100))],
    ['has a state of an older version', (good) => whole({ ...good, version: good.version - 1 })],
    ['has a state of a newer version', (good) => whole({ ...good, version: good.version + 1 })],
    ['is of another stream', (good) => whole({ ...good, of: 'customer-cus_2' })],
    ['is of an event that the stream does not have yet', (good) => whole({ ...good, revision: 1_000_000 })],
    ['is of another event than the stream has at its place', (good) => whole({ ...good, revision: 7, state: richer })],
    ['has a state that is none', (good) => whole({ ...good, state: null })],
    ['has a filter that is none', (good) => whole({ ...good, keys: 'nonsense' })],
  ]
  test.each(wrong)('that %s is not used: the whole stream is folded', async (_, forged) => {
    const { store } = await longLived()
    const snapshots = await snapshotsOf(store)
    await tell(store, forged(snapshots.at(-1) as Taken), snapshots.length - 1)

    const log = watched(store)
    const told = { info: vi.fn(), warn: vi.fn() }
    const bus = openCommandHandler(log, { ...LITTLE, log: told })
    expect(await bus.send(fromSaga(reserve(1_000), await store.head()))).toMatchObject({ revision: 202 })
    expect(log.eventsRead(stream)).toBeGreaterThanOrEqual(202)
    expect(told.info).toHaveBeenCalledExactlyOnceWith({ stream, why: expect.any(String) }, 'A snapshot is not used')
  })

  test('of an older desk is not used', async () => {
    const { store } = await longLived()
    const { length } = await snapshotsOf(store)
    const old = { type: 'SnapshotTaken', data: { of: stream }, ...frame() } as unknown as NewEvent
    await store.append(`snapshot-${stream}`, [old], length - 1)
    const log = watched(store)
    await openCommandHandler(log, LITTLE).send(fromClient(cus.changeLimit(1), 'new'))
    expect(log.eventsRead(stream)).toBeGreaterThanOrEqual(202)
  })
})

describe('a snapshot of several parts', () => {
  test('is used as one of a single part is', async () => {
    const { store, log, bus } = await longLived()
    const snapshots = await snapshotsOf(store)
    const parts = cut(snapshots.at(-1) as Taken, 100)
    await tell(store, parts, snapshots.length - 1)
    await bus.send(fromClient(cus.changeLimit(1), 'new'))
    expect(log.eventsRead(stream)).toBeLessThanOrEqual(1 + 2 * LITTLE.snapshotEvery)
    expect(log.eventsRead(`snapshot-${stream}`)).toBe(parts.length)
  })

  test('that a crash has left unfinished is passed over, and the one before it is used', async () => {
    const { store, log } = await longLived()
    const snapshots = await snapshotsOf(store)
    const unfinished = cut({ ...(snapshots.at(-1) as Taken), revision: 201 }, 100).slice(0, -1)
    await tell(store, unfinished, snapshots.length - 1)
    const told = { info: vi.fn(), warn: vi.fn() }
    await openCommandHandler(log, { ...LITTLE, log: told }).send(fromClient(cus.changeLimit(1), 'new'))
    expect(log.eventsRead(stream)).toBeLessThanOrEqual(1 + 2 * LITTLE.snapshotEvery)
    expect(log.eventsRead(`snapshot-${stream}`)).toBe(unfinished.length + 1)
    expect(told.info).toHaveBeenCalledExactlyOnceWith({ stream, why: expect.any(String) }, 'A snapshot is not used')
  })

  test('gives way to one that another handler begins meanwhile, which is the one that is used', async () => {
    const store = await openLog()
    const told = { info: vi.fn(), warn: vi.fn() }
    let parts = 0
    const other = openCommandHandler(store, { ...IN_PARTS, singleWriter: false })
    const interrupted = openCommandHandler(
      {
        ...store,
        async append(to, events, expected) {
          if (to.startsWith('snapshot-') && parts++ === 1) {
            const before = (await partsOf(store)).length
            await settleOrders(other, store, 100, 20)
            await expect.poll(async () => (await partsOf(store)).slice(before).some(isLast)).toBe(true)
          }
          return store.append(to, events as NewEvent[], expected)
        },
      },
      { ...IN_PARTS, singleWriter: false, log: told },
    )
    await interrupted.send(fromClient(cus.register(100_000), 'registration'))
    await settleOrders(interrupted, store, 0, 3)
    await expect.poll(() => told.warn).toHaveBeenCalledOnce()
    expect(told.warn).toHaveBeenCalledWith({ stream, err: expect.any(RevisionConflict) }, expect.any(String))

    const log = watched(store)
    const again = openCommandHandler(log, { ...IN_PARTS, log: told })
    expect(await again.send(fromClient(cus.changeLimit(1), 'new'))).toMatchObject({ accepted: true })
    expect(log.eventsRead(stream)).toBeLessThan((await eventsOf(store, stream)).length / 2)
    expect(told.info).not.toHaveBeenCalled()
  })

  test('of more parts than can be read is not written, and a line in the log says so', async () => {
    const store = await openLog()
    const told = { info: vi.fn(), warn: vi.fn() }
    const bus = openCommandHandler(store, { ...LITTLE, snapshotPartSize: 5, log: told })
    await bus.send(fromClient(cus.register(100_000), 'registration'))
    await settleOrders(bus, store, 0, 10)
    await expect.poll(() => told.warn).toHaveBeenCalled()
    const error = expect.objectContaining({ message: expect.stringMatching(/has \d+ parts; 32 can be read/) })
    expect(told.warn).toHaveBeenCalledWith({ stream, err: error }, 'A snapshot could not be written')
    expect(await partsOf(store)).toEqual([])
  })
})

const isLast = ({ part, parts }: Part) => part === parts

function damaged(parts: Part[]): Part[] {
  const [first, second, ...others] = parts as [Part, Part]
  return [first, { ...second, text: second.text.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) }, ...others]
}

const frame = () => ({ id: randomUUID(), metadata: { schemaVersion: SCHEMA_VERSION } })

/** Writes parts after the newest one. */
async function tell(store: EventStore, parts: Part[], newest: number): Promise<void> {
  const events = parts.map((data) => ({ type: 'SnapshotPartTaken' as const, data, ...frame() }))
  await store.append(`snapshot-${stream}`, events, newest)
}
