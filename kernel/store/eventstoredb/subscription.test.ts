// Subscriptions against a stand-in for the server that ends them in every way observed on a real server.

import { setImmediate as turn } from 'node:timers/promises'
import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { all, ids, type Listener, listen, named, own, until } from '../event-store.contract.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, StoreUnavailable } from '../event-store.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import type { Client } from './client.ts'
import { eventStoreOn } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.given.ts'

let server: ScriptedServer
let store: EventStore
beforeEach(() => {
  server = scriptedServer()
  store = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk') })
})
afterEach(() => store.close())

const stream = 'account-acc_1'
const options = () => ({ signal: new AbortController().signal })
const eventsOf = (listener: Listener) => listener.batches.flatMap((batch) => batch.events)
const caughtUp = () => expect.poll(() => server.subscriptions()).toBe(1)

test('a subscriber that the server drops as too slow resumes after the last event received, without gap or repeat', async () => {
  const live = listen(store, START)
  const first = await store.append(stream, named(1), NO_EVENTS)
  await live.reaches(first.position)
  const burst = await store.append(stream, named(300), 0)
  await live.reaches(burst.position)

  expect(ids(eventsOf(live))).toEqual(ids(await all(store.read(stream, { limit: ALL_EVENTS }))))
  const positions = eventsOf(live).map((event) => event.position)
  expect(server.startedAfter.length).toBeGreaterThan(1)
  expect(server.startedAfter.slice(1).every((after) => positions.includes(Number(after)))).toBe(true)
  await live.stop()
})

test.each([
  ['as too slow', new TimeoutError({ code: 10, message: 'Consumer too slow' } as never)],
  ['with an unknown error, as by a restart', new UnknownError(undefined, 'restart')],
  ['as unavailable, as by a restart', new UnavailableError(undefined, 'restart')],
  ['as cancelled', new CancelledError()],
  ['as beyond a deadline', new DeadlineExceededError()],
  ['with an error of the connection', new Error('read ECONNRESET')],
])('a subscriber that is dropped %s resumes after the last position received', async (_, error) => {
  const before = await store.append(stream, named(5), NO_EVENTS)
  const live = listen(store, START, { batchSize: 2 })
  await live.reaches(before.position)
  server.drop(error)
  const after = await store.append(stream, named(5), before.revision)
  await live.reaches(after.position)
  expect(ids(eventsOf(live))).toEqual(ids(await all(store.read(stream, { limit: ALL_EVENTS }))))
  expect(server.startedAfter).toEqual(['start', before.position])
  await live.stop()
})

test('a subscriber that begins during an outage logs it once, and continues when the server is back', async () => {
  const said: string[] = []
  const say = (_: object, message: string) => said.push(message)
  const log = { debug: () => {}, info: say, warn: say, error: say }
  const patient = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk'), log })
  const { position } = await store.append(stream, named(3), NO_EVENTS)
  server.down()
  const live = listen(patient, START)
  await expect.poll(() => said).toEqual([expect.stringContaining('an outage begins')])
  server.up()
  await live.reaches(position)
  expect(said).toEqual([expect.stringContaining('an outage begins'), expect.stringContaining('the outage is over')])
  await live.stop()
  await patient.close()
})

test('a subscriber retries with growing pauses until the server is back, and logs one line for each end of the outage', async () => {
  const pauses: unknown[] = []
  const said: string[] = []
  const say = (_: object, message: string) => said.push(message)
  const debug = (details: object) => pauses.push('resumesInMs' in details && details.resumesInMs)
  const log = { debug, info: say, warn: say, error: say }
  const patient = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk'), log })
  const { position, revision } = await store.append(stream, named(3), NO_EVENTS)
  const live = listen(patient, START)
  await live.reaches(position)
  server.down()
  server.drop(new UnavailableError(undefined, 'restart'))
  await expect.poll(() => pauses.length).toBeGreaterThan(2)
  server.up()
  const later = await store.append(stream, named(1), revision)
  await live.reaches(later.position)

  for (const [failures, longest] of [100, 200, 400].entries()) {
    expect(pauses[failures]).toBeGreaterThanOrEqual(longest / 2)
    expect(pauses[failures]).toBeLessThanOrEqual(longest)
  }
  expect(said).toEqual([
    'EventStoreDB (EVENTSTORE_URL): an outage begins; it is tried again until it ends',
    'EventStoreDB (EVENTSTORE_URL): the outage is over',
  ])
  expect(new Set(server.startedAfter)).toEqual(new Set(['start', position]))
  expect(ids(eventsOf(live))).toEqual(ids(await all(store.read(stream, { limit: ALL_EVENTS }))))
  await live.stop()
})

test('a subscriber that is stopped while it waits for the server ends at once', async () => {
  const live = listen(store, START)
  await caughtUp()
  server.down()
  server.drop(new UnavailableError(undefined, 'restart'))
  await live.stop()
})

test('a subscriber that is stopped while it requests its beginning ends at once', async () => {
  const { position } = await store.append(stream, named(1), NO_EVENTS)
  const stopping = new AbortController()
  const client: Client = Object.create(server.client, {
    readAll: {
      value(...read: Parameters<Client['readAll']>) {
        stopping.abort()
        return server.client.readAll(...read)
      },
    },
  })
  const stopped = eventStoreOn({ ...server.shared, client }, { catalogue: sample, names: namesIn('desk') })
  for await (const _ of stopped.subscribe(position, { signal: stopping.signal }));
  expect(stopping.signal.aborted).toBe(true)
})

test('a quiet namespace advances with the checkpoints of the server, and resumes after the last of them', async () => {
  await store.append(stream, named(1), NO_EVENTS)
  server.record('other.account-acc_1', 'AccountOpened', 2_500)
  const live = listen(store, START)
  await caughtUp()
  await expect.poll(() => live.batches.at(-1)?.position).toBeGreaterThan(await store.head())
  const checkpoint = live.batches.at(-1)?.position
  server.drop(new UnknownError(undefined, 'restart'))
  await expect.poll(() => server.startedAfter).toEqual(['start', checkpoint])

  const { position } = await store.append(stream, named(1), 0)
  await live.reaches(position)
  expect(eventsOf(live)).toHaveLength(2)
  await live.stop()
})

test.each([
  ['alone', async () => {}],
  ['behind events of others', async () => server.record('other.account-acc_1', 'AccountOpened', 2)],
])(
  'an event %s after a scavenged one is not skipped by a subscriber that continues after the scavenged one',
  async (_, between) => {
    await store.append(stream, named(1), NO_EVENTS)
    const { position } = await store.append('lease-work', named(1), NO_EVENTS)
    await between()
    const next = await store.append(stream, named(1), 0)
    server.scavenge('desk.lease-work')
    const later = await store.append(stream, named(1), 1)
    const batches = await until(store.subscribe(position, options()), later)
    expect(own(batches, stream).map((event) => event.position)).toEqual([next.position, later.position])
  },
)

test('an event recorded after a scavenged one, while a subscription begins, arrives once', async () => {
  const { position } = await store.append('lease-work', named(1), NO_EVENTS)
  server.scavenge('desk.lease-work')
  const live = listen(store, position)
  await caughtUp()
  const appended = await store.append(stream, named(3), NO_EVENTS)
  await live.reaches(appended.position)
  expect(own(live.batches, stream).map((event) => event.revision)).toEqual([0, 1, 2])
  await live.stop()
})

test('checkpoints also come live, after a thousand events of others', async () => {
  await store.append(stream, named(1), NO_EVENTS)
  const live = listen(store, START)
  await live.reaches(await store.head())
  await caughtUp()
  const before = live.batches.length
  server.record('other.account-acc_1', 'AccountOpened', 1_500)
  await expect.poll(() => live.batches.length).toBeGreaterThan(before)
  expect(eventsOf(live)).toHaveLength(1)
  await live.stop()
})

test('a consumer slower than the log loses nothing, and receives the events of the meantime as one batch', async () => {
  let revision = NO_EVENTS
  const write = async () => {
    for (let count = 0; count < 40; count++) revision = (await store.append(stream, named(25), revision)).revision
    return store.append(stream, named(1), revision)
  }
  const writing = write()
  const events: string[] = []
  const sizes: number[] = []
  for await (const batch of store.subscribe(START, { ...options(), batchSize: 100 })) {
    events.push(...ids(batch.events))
    sizes.push(batch.events.length)
    for (let turns = 0; turns < 10; turns++) await turn()
    if (events.length === 1_001) break
  }
  await writing
  expect(events).toEqual(ids(await all(store.read(stream, { limit: ALL_EVENTS }))))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
  expect(sizes.length).toBeLessThan(500)
})

test('events of the server itself, links and the events of others are skipped, and the position advances over them', async () => {
  await store.append(stream, named(1), NO_EVENTS)
  server.record('desk.account-acc_1', '$>')
  server.record('desk.transfer-tra_9', '$streamDeleted')
  server.record('$$desk.account-acc_1', '$metadata')
  server.record('$ce-desk.account', '$>')
  server.record('desk2.account-acc_1', 'AccountOpened')
  const { position } = await store.append('account-acc_2', named(1), NO_EVENTS)
  const batches = await until(store.subscribe(START, options()), { position })
  expect(batches.flatMap((batch) => batch.events.map((event) => event.stream))).toEqual([stream, 'account-acc_2'])
  expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(1)
  expect(await all(store.read('transfer-tra_9', { limit: ALL_EVENTS }))).toEqual([])
})

test('events of unwanted categories advance the position at once, live', async () => {
  const live = listen(store, START, { categories: ['asset'] })
  await caughtUp()
  for (let count = 0; count < 3; count++) {
    const { position } = await store.append(`transfer-tra_${count}`, named(1), NO_EVENTS)
    await live.reaches(position)
  }
  expect(own(live.batches, 'transfer-tra_0')).toEqual([])
  await live.stop()
})

test('an error that waiting does not solve is reported', async () => {
  const live = listen(store, START)
  await caughtUp()
  server.drop(new AccessDeniedError(undefined, 'no'))
  await expect(live.ended).rejects.toThrow(StoreUnavailable)
})

test('a subscriber that stops, leaves or closes leaves no subscription behind at the server', async () => {
  const { position } = await store.append(stream, named(3), NO_EVENTS)
  await until(store.subscribe(START, { ...options(), batchSize: 1 }), { position: START + 1 })
  const stopped = listen(store, START)
  await stopped.reaches(position)
  await stopped.stop()
  const closed = listen(store, START)
  await closed.reaches(position)
  await store.close()
  await closed.ended
  expect(server.subscriptions()).toBe(0)
})
