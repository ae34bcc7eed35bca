// A server that several desks share: each sees its own log, from its first event to its newest.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { all, ids, listen, named } from '../event-store.contract.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, StoreUnavailable } from '../event-store.ts'
import { logIdentity } from '../log-identity.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import { knownPosition, positionOf, serverPosition } from './events.ts'
import { eventStoreOn, openEventStoreDB } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.given.ts'

let server: ScriptedServer
let opened: EventStore[]
beforeEach(() => {
  server = scriptedServer()
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
})

function open(namespace: string): EventStore {
  const store = eventStoreOn(server.shared, { catalogue: sample, names: namesIn(namespace) })
  opened.push(store)
  return store
}

const stream = 'account-acc_1'

test('desks in two namespaces write to streams with the same names and see nothing of each other', async () => {
  const [one, other] = [open('desk'), open('desk2')]
  const [mine, theirs] = [named(2), named(3)]
  await one.append(stream, mine, NO_EVENTS)
  const listener = listen(one, START)
  await other.append(stream, theirs, NO_EVENTS)
  const { position } = await one.append('account-acc_2', named(1), NO_EVENTS)
  await listener.reaches(position)
  expect(listener.batches.flatMap((batch) => batch.events)).toHaveLength(3)
  expect(ids(await all(one.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(mine))
  expect(ids(await all(other.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(theirs))
})

test('each namespace has its own identity, and keeps it', async () => {
  const [one, other] = [open('desk'), open('desk2')]
  const identity = await logIdentity(one)
  expect(await logIdentity(other)).not.toBe(identity)
  expect(await logIdentity(open('desk'))).toBe(identity)
})

test.each(['', 'a-b', 'a.b', '$a', 'Desk', '1', 'x'.repeat(41)])('"%s" is no namespace', (namespace) => {
  expect(() => namesIn(namespace)).toThrow(/namespace/)
})

test('an invalid address is refused, and the error does not repeat its password', async () => {
  const opening = openEventStoreDB({ catalogue: sample, url: 'http://admin:secret@localhost:2113' })
  await expect(opening).rejects.toThrow(/EVENTSTORE_URL/)
  await expect(opening).rejects.not.toThrow(/secret/)
})

test.each([
  'tls=false&nodePreference=follower',
  'nodePreference=random&tls=false',
  'NODE_PREFERENCE=Read_Only_Replica',
  'nodepreference=leader&node-preference=follower/',
])(
  'an address with %s is refused without its password in the error, because reads must go to the leader',
  async (parameters) => {
    const opening = openEventStoreDB({ catalogue: sample, url: `esdb://admin:secret@127.0.0.1:1?${parameters}` })
    await expect(opening).rejects.toThrow(
      'EVENTSTORE_URL cannot be used: its nodePreference has to be leader, or left out.',
    )
    await expect(opening).rejects.not.toThrow(/secret/)
  },
)

test.each(['nodePreference=leader', 'NODEPREFERENCE=Leader/'])('an address with %s is accepted', async (parameters) => {
  await expect(
    openEventStoreDB({ catalogue: sample, url: `esdb://127.0.0.1:1?tls=false&${parameters}` }),
  ).rejects.toThrow(StoreUnavailable)
})

test('opening without an answering server finds the store unavailable', async () => {
  await expect(openEventStoreDB({ catalogue: sample, url: 'esdb://127.0.0.1:1?tls=false' })).rejects.toThrow(
    StoreUnavailable,
  )
})

describe('the head', () => {
  test('the head of a namespace without events is START, with any other events in the log', async () => {
    const store = open('desk')
    expect(await store.head()).toBe(START)
    server.record('other.account-acc_1', 'AccountOpened', 3)
    server.record('$stats-0', '$statsCollected')
    expect(await store.head()).toBe(START)
  })

  test('the head is the newest event of the namespace, also after later events of the server and of others', async () => {
    const { position } = await open('desk').append(stream, named(2), NO_EVENTS)
    server.record('desk.account-acc_1', '$>')
    server.record('desk.account-acc_9', '$streamDeleted')
    server.record('other.account-acc_1', 'AccountOpened', 100)
    expect(await open('desk').head()).toBe(position)
  })

  test('the head of a namespace without a log is found without reading the logs of others', async () => {
    server.record('other.account-acc_1', 'AccountOpened', 5_000)
    const store = open('desk')
    expect(await store.head()).toBe(START)
    expect(server.eventsSent()).toBeLessThan(2_000)
    const before = server.eventsSent()
    server.record('other.account-acc_1', 'AccountOpened')
    expect(await store.head()).toBe(START)
    expect(server.eventsSent() - before).toBeLessThan(200)
  })

  test('the head of a new log is found without reading the earlier events of others', async () => {
    server.record('other.account-acc_1', 'AccountOpened', 5_000)
    await logIdentity(open('desk'))
    const before = server.eventsSent()
    const head = await open('desk').head()
    expect(await open('desk').end()).toBe(head)
    expect(server.eventsSent() - before).toBeLessThan(200)
  })

  test('the head of a quiet log is found before any number of events of others', async () => {
    const store = open('desk')
    await logIdentity(store)
    const { position } = await store.append(stream, named(2), NO_EVENTS)
    server.record('other.account-acc_1', 'AccountOpened', 5_000)
    expect(await open('desk').head()).toBe(position)
  })

  test('the head is found in a namespace whose first event was truncated', async () => {
    const store = open('desk')
    await logIdentity(store)
    await store.append('log', named(1), 0)
    const { position } = await store.append(stream, named(2), NO_EVENTS)
    await server.client.setStreamMetadata('desk.log', { truncateBefore: 1 })
    server.record('other.account-acc_1', 'AccountOpened', 5_000)
    expect(await open('desk').head()).toBe(position)
  })

  test('the head grows with the events that others write to the namespace', async () => {
    const store = open('desk')
    const heads = [await store.head()]
    let revision = NO_EVENTS
    for (let count = 0; count < 3; count++) {
      const appended = await open('desk').append(stream, named(1), revision)
      revision = appended.revision
      server.record('other.account-acc_1', 'AccountOpened', 10)
      heads.push(await store.head())
      expect(heads.at(-1)).toBe(appended.position)
    }
  })

  test('a subscriber reaches the head of a quiet namespace on a busy server', async () => {
    const store = open('desk')
    await store.append(stream, named(1), NO_EVENTS)
    server.record('other.account-acc_1', 'AccountOpened', 500)
    const listener = listen(open('desk'), START)
    await listener.reaches(await open('desk').head())
    await listener.stop()
  })
})

describe('positions', () => {
  test('a position is a number in the port and a pair of the same number on the server', () => {
    expect(serverPosition(4_711)).toEqual({ commit: 4_711n, prepare: 4_711n })
    expect(knownPosition({ commit: 4_711n, prepare: 4_711n })).toBe(4_711)
  })

  test('an unknown position of the server, and one beyond the largest number, is no position', () => {
    expect(knownPosition(undefined)).toBeUndefined()
    expect(knownPosition({ commit: 2n ** 64n - 1n, prepare: 2n ** 64n - 1n })).toBeUndefined()
    expect(knownPosition({ commit: 2n ** 53n, prepare: 2n ** 53n })).toBeUndefined()
    expect(knownPosition({ commit: 20n, prepare: 10n })).toBeUndefined()
  })

  test('an event without a usable position is an error that names the event', () => {
    expect(() => positionOf({ commitPosition: 2n ** 60n })).toThrow(/position 1152921504606846976/)
  })
})

test('a reader of a new log begins at its first event, also after earlier events of others', async () => {
  server.record('desk2.transfer-tra_1', 'TransferBooked', 500)
  const store = open('desk')
  const identity = await logIdentity(store)
  const listener = listen(store, START)
  const head = await store.head()
  await listener.reaches(head)
  expect(listener.batches.flatMap(({ events }) => events)).toMatchObject([
    { type: 'LogCreated', data: { logId: identity } },
  ])
  expect(server.startedAfter).toEqual([head])
  await listener.stop()
})
