// A long stream is answered for from little memory as it would be from the whole of it, and loaded without being read as a whole.
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { SCHEMA_VERSION, type SnapshotTaken } from '../../events/catalogue.ts'
import type { EventStore, NewEvent, RecordedEvent, StreamName } from '../../events/store/event-store.ts'
import { newLog, openMemoryEventStore } from '../../simulator/memory-event-store.ts'
import type { CommandBus, CommandMessage, Outcome } from '../bus/command-bus.ts'
import * as cus from '../customer/customer.given.ts'
import { customer } from '../customer/customer.ts'
import { customerMemory } from '../customer/memory.ts'
import { eventsOf, openLog, watched } from '../log.given.ts'
import { productMemory } from '../product/memory.ts'
import * as prd from '../product/product.given.ts'
import { product } from '../product/product.ts'
import { openCommandHandler } from './command-handler.ts'
import { load } from './load.ts'
import type { Kind } from './loaded.ts'
import { digestOf, openSnapshots } from './snapshots.ts'

type Command = CommandMessage['command']

const stream = 'customer-cus_1'
const LITTLE = { rememberedOfStream: 4, snapshotEvery: 5 }
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

async function snapshotsOf(store: EventStore): Promise<(RecordedEvent & SnapshotTaken)[]> {
  return (await eventsOf(store, `snapshot-${stream}`)) as (RecordedEvent & SnapshotTaken)[]
}

/** Customer cus_1 with 100 orders behind it, in a log with snapshots. */
async function longLived() {
  const store = await openLog()
  const bus = openCommandHandler(store, LITTLE)
  await bus.send(fromClient(cus.register(100_000), 'registration'))
  await bus.send(fromClient(cus.changeLimit(200_000), 'change'))
  const began = await settleOrders(bus, store, 0, 100)
  await vi.waitFor(async () => expect((await snapshotsOf(store)).length).toBeGreaterThan(10))
  const log = watched(store)
  return { store, log, began, bus: openCommandHandler(log, LITTLE) }
}

describe('whatever happens to a stream, what is answered and recorded is what would be with all of it in memory:', () => {
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
      kind: { decider: customer, memory: customerMemory } as unknown as Kind,
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
      kind: { decider: product, memory: productMemory } as unknown as Kind,
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
          for (const options of [LITTLE, WHOLE]) {
            const store = openMemoryEventStore(newLog())
            let bus = openCommandHandler(store, options)
            const began = new Map<string, number>()
            const told = []
            for (const step of some) {
              if (step === 'restart') {
                // What is being written is written first.
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
            snapshots += (await eventsOf(store, `snapshot-${to}`)).length
            const { state } = await load(store, openSnapshots(store, silent), to, { ...kind, ...options })
            const folded = (await eventsOf(store, to)).reduce(kind.decider.evolve, kind.decider.initialState())
            expect(kind.memory?.freeze(state)).toEqual(kind.memory?.freeze(folded))
            await store.close()
          }
          expect(outcomes[0]).toEqual(outcomes[1])
          expect(logs[0]).toEqual(logs[1])
        }),
        { numRuns: 100 },
      )
      expect(snapshots).toBeGreaterThan(40)
    },
    60_000,
  )

  /** Positions are another's: snapshots take some. */
  function answerTo(outcome: Outcome): unknown {
    if (!outcome.accepted) return outcome
    const { position: _, events, ...told } = outcome
    return { ...told, events: events.map(({ type, data }) => ({ type, data })) }
  }

  /** What a saga makes of an outcome: whether it was refused, and why. */
  function replyTo(outcome: Outcome): unknown {
    if (!outcome.accepted) return outcome
    return outcome.events.flatMap(({ data }) => ('reason' in data ? data.reason : []))
  }
})

test('of a long stream little is in memory: what is open, and the newest commands with the marks that they left', async () => {
  const store = await openLog()
  await openCommandHandler(store, WHOLE).send(fromClient(cus.register(100_000), 'registration'))
  await settleOrders(openCommandHandler(store, WHOLE), store, 0, 100)
  const kind = { decider: customer, memory: customerMemory, ...LITTLE } as unknown as Kind
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
    await vi.waitFor(async () => expect((await snapshotsOf(store)).at(-1)?.data.revision).toBeGreaterThan(210))
    const [{ state, revision }] = (await snapshotsOf(store)).slice(-1).map(({ data }) => data) as [
      SnapshotTaken['data'],
    ]
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
          if (!to.startsWith('snapshot-')) return store.append(to, events, expected)
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
          return store.append(to, events, expected)
        },
      },
      { ...LITTLE, log },
    )
    await bus.send(fromClient(cus.register(100_000), 'registration'))
    await settleOrders(bus, store, 0, 50)
    await vi.waitFor(async () => expect((await snapshotsOf(store)).length).toBeGreaterThan(0))
    expect(log.warn).toHaveBeenCalledTimes(2)
    expect(log.warn).toHaveBeenCalledWith({ stream, error: new Error('the disk is full') }, expect.any(String))
  })

  test('makes loading read a few events, however long the stream', async () => {
    const { log, bus } = await longLived()
    await bus.send(fromClient(cus.changeLimit(1), 'new'))
    expect(log.eventsRead(stream)).toBeLessThanOrEqual(1 + 2 * LITTLE.snapshotEvery)
    expect(log.eventsRead(`snapshot-${stream}`)).toBe(1)
  })

  type Data = SnapshotTaken['data']
  const sealed = ({ digest: _, ...data }: Data): Data => ({ ...data, digest: digestOf(data) })
  const richer = { status: 'REGISTERED', creditLimit: 1_000_000_000, reserved: 0, reservations: [] }
  const wrong: [string, (good: Data) => Data][] = [
    ['was damaged', (good) => ({ ...good, state: richer })],
    ['has a state of an older version', (good) => sealed({ ...good, version: good.version - 1 })],
    ['has a state of a newer version', (good) => sealed({ ...good, version: good.version + 1 })],
    ['is of another stream', (good) => sealed({ ...good, of: 'customer-cus_2' })],
    ['is of an event that the stream does not have yet', (good) => sealed({ ...good, revision: 1_000_000 })],
    ['is of another event than the stream has at its place', (good) => sealed({ ...good, revision: 7, state: richer })],
    ['has a state that is none', (good) => sealed({ ...good, state: null })],
    ['has a filter that is none', (good) => sealed({ ...good, keys: 'nonsense' })],
  ]
  test.each(wrong)('that %s is not used: the whole stream is folded', async (_, change) => {
    const { store } = await longLived()
    const good = (await snapshotsOf(store)).at(-1) as RecordedEvent & SnapshotTaken
    const forged = {
      type: 'SnapshotTaken',
      data: change(good.data),
      id: '6f1d2f4e-0d27-4a3b-9d4b-2f8f8a1f2c3d',
      metadata: { schemaVersion: SCHEMA_VERSION },
    } as NewEvent
    await store.append(`snapshot-${stream}`, [forged], good.revision)

    const log = watched(store)
    const told = { info: vi.fn(), warn: vi.fn() }
    const bus = openCommandHandler(log, { ...LITTLE, log: told })
    expect(await bus.send(fromSaga(reserve(1_000), await store.head()))).toMatchObject({ revision: 202 })
    expect(log.eventsRead(stream)).toBeGreaterThanOrEqual(202)
    expect(told.info).toHaveBeenCalledExactlyOnceWith({ stream, why: expect.any(String) }, 'A snapshot is not used')
  })
})
