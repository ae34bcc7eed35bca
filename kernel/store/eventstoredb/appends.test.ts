// Appends against a stand-in for the server: which appends are refused before the client sees them, and the meaning of
// each failure.

import {
  DeadlineExceededError,
  MaxAppendSizeExceededError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { all, ids, named } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  type EventStore,
  MAX_APPEND_BYTES,
  type NewEvent,
  NO_EVENTS,
  OutcomeUnknown,
  RevisionConflict,
  StoreUnavailable,
} from '../event-store.ts'
import { sample } from '../sample.given.ts'
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

const failures = [
  ['unavailable', new UnavailableError()],
  ['unknown', new UnknownError()],
  ['beyond the deadline', new DeadlineExceededError()],
  ['too large, which may be said of another one', new MaxAppendSizeExceededError(undefined as never, 1)],
  ['an error of the connection', new Error('read ECONNRESET')],
] as const

for (const fate of ['stored', 'not stored'] as const) {
  test.each(failures)(
    `an append that is ${fate} and fails as %s has an unknown outcome, and the same append again settles it`,
    async (_, error) => {
      const before = await store.append(stream, named(2), NO_EVENTS)
      const events = named(3)
      server.failNextAppend(error, fate)
      await expect(store.append(stream, events, before.revision)).rejects.toThrow(OutcomeUnknown)

      const appended = await store.append(stream, events, before.revision)
      expect(appended.revision).toBe(4)
      const recorded = await all(store.read(stream, { limit: ALL_EVENTS }))
      expect(ids(recorded).slice(2)).toEqual(ids(events))
      expect(recorded.at(-1)?.position).toBe(appended.position)
    },
  )
}

test('after an append with an unknown outcome another writer may have been quicker', async () => {
  const events = named(1)
  server.failNextAppend(new UnavailableError(), 'not stored')
  await expect(store.append(stream, events, NO_EVENTS)).rejects.toThrow(OutcomeUnknown)
  await store.append(stream, named(1), NO_EVENTS)
  await expect(store.append(stream, events, NO_EVENTS)).rejects.toThrow(RevisionConflict)
})

test('while no server answers nothing is sent, and the store is unavailable; later appends succeed', async () => {
  server.down()
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => store.append(`account-acc_${index}`, named(1), NO_EVENTS)),
  )
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : undefined))
  expect(reasons.every((reason) => reason instanceof StoreUnavailable)).toBe(true)
  expect(server.appendsSeen().calls).toBe(0)

  server.up()
  await store.append(stream, named(1), NO_EVENTS)
  expect(server.appendsSeen().calls).toBe(1)
})

test('no more appends are in flight than the client can handle when its connection breaks', async () => {
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => store.append(`account-acc_${index}`, named(1), NO_EVENTS)),
  )
  expect(server.appendsSeen()).toEqual({ calls: 200, mostAtOnce: 15 })
})

test('the renewal of a lease does not wait behind all earlier appends', async () => {
  const others = Array.from({ length: 500 }, (_, index) => store.append(`account-acc_${index}`, named(1), NO_EVENTS))
  const renewal = await store.append('lease-work', named(1), NO_EVENTS)
  const before = (await Promise.all(others)).filter(({ position }) => position < renewal.position)
  expect(before.length).toBeLessThan(100)
})

test('appends beyond the limit of waiting appends are refused at once', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10_025 }, () => store.append(stream, named(1), 7)))
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : undefined))
  expect(reasons.filter((reason) => reason instanceof StoreUnavailable)).toHaveLength(24)
  expect(reasons.filter((reason) => reason instanceof RevisionConflict)).toHaveLength(10_001)
})

const cycle: Record<string, unknown> = {}
cycle.itself = cycle
const [usual] = named(1)
test.each<[string, unknown]>([
  ['an empty type', { ...usual, type: '' }],
  ['an id that is no UUID', { ...usual, id: 'acc_1' }],
  ['the nil UUID', { ...usual, id: '00000000-0000-0000-0000-000000000000' }],
  ['a BigInt in its data', { ...usual, data: { accountId: 1n } }],
  ['no data', { ...usual, data: undefined }],
  ['a cycle in its data', { ...usual, data: cycle }],
  ['a cycle in its metadata', { ...usual, metadata: cycle }],
  ['more data than an append may carry', { ...usual, data: { name: 'x'.repeat(MAX_APPEND_BYTES) } }],
])('an event with %s never reaches the client', async (_, event) => {
  await expect(store.append(stream, [...named(1), event as NewEvent], NO_EVENTS)).rejects.toThrow(Error)
  await expect(store.append(stream, [], NO_EVENTS)).rejects.toThrow(/no events/)
  expect(server.appendsSeen().calls).toBe(0)
})

test('an answer without a position is completed from the stream', async () => {
  server.forgetNextPosition()
  const appended = await store.append(stream, named(3), NO_EVENTS)
  expect((await all(store.read(stream, { limit: ALL_EVENTS }))).at(-1)).toMatchObject(appended)
})

test('closing waits for the appends in flight', async () => {
  const appends = Array.from({ length: 50 }, (_, index) => store.append(`account-acc_${index}`, named(1), NO_EVENTS))
  await store.close()
  expect(await Promise.all(appends)).toHaveLength(50)
})
