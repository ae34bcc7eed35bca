// A server that others write to as well: readers skip all foreign events, and these block no append.

import { describe, expect, onTestFinished, test } from 'vitest'
import { addressing, all, ids, listen, named } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  type EventStore,
  type NewEvent,
  NO_EVENTS,
  OutcomeUnknown,
  RevisionConflict,
} from '../event-store.ts'
import { START } from '../position.ts'
import { SAMPLE_VERSION, sample } from '../sample.given.ts'
import { eventStoreOn } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.given.ts'

const stream = 'account-acc_1'
const onServer = `desk.${stream}`
const ours = { schemaVersion: SAMPLE_VERSION }
const bytes = new Uint8Array([0, 255, 7])

const oddities: [what: string, streamId: string, event: Parameters<ScriptedServer['write']>[1]][] = [
  ['without metadata', onServer, { metadata: undefined }],
  ['with metadata that is no object', onServer, { metadata: 'text' as never }],
  ['with metadata that is bytes', onServer, { metadata: bytes as never }],
  ['with a commandId that is a number', onServer, { metadata: { ...ours, commandId: 5 } as never }],
  ['with a version that is a text', onServer, { metadata: { schemaVersion: '1' } as never }],
  ['of bytes', onServer, { isJson: false, data: bytes, metadata: ours } as never],
  ['that is a link', onServer, { type: '$>', data: '0@other' as never, metadata: undefined }],
  ['in a stream of another name', 'desk.somethingElse', { type: 'TransferShipped', metadata: ours }],
  ['in a category without an id', 'desk.transfer', { type: 'TransferShipped', metadata: ours }],
  ['in a stream with an id that is none', 'desk.transfer-bad id!', { type: 'TransferShipped', metadata: ours }],
]

test.each(oddities)(
  'a foreign event %s is skipped and reported, and its stream continues after it',
  async (_, streamId, odd) => {
    const { server, store } = opened()
    const [first, second, third] = named(3) as [NewEvent, NewEvent, NewEvent]
    const begun = await store.append(stream, [first], NO_EVENTS)
    server.write(streamId, odd)
    const batches = listen(store, START)
    const isInTheWay = streamId === onServer
    const appended = await store.append(stream, [second], begun.revision)
    expect(appended.revision).toBe(isInTheWay ? 2 : 1)
    const last = await store.append(stream, [third], appended.revision)
    await batches.reaches(last.position)
    await batches.stop()

    const expected = ids([first, second, third])
    expect(ids(batches.batches.flatMap(({ events }) => events))).toEqual(expected)
    expect(batches.batches.flatMap(({ foreign = [] }) => foreign)).toMatchObject([{ stream: streamId.slice(5) }])
    expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(expected)
    expect(ids(await all(store.readBackwards(stream, { limit: 2 })))).toEqual(expected.slice(1).reverse())
  },
)

describe('an append to a stream with newer events that are all foreign', () => {
  test('begins a stream that has only foreign events', async () => {
    const { server, store } = opened()
    for (let count = 0; count < 250; count++) server.write(onServer, {})
    expect(await store.append(stream, named(1), NO_EVENTS)).toMatchObject({ revision: 250 })
  })

  test('returns the first result when it is repeated', async () => {
    const { server, store } = opened()
    const { revision } = await store.append(stream, named(1), NO_EVENTS)
    server.write(onServer, {})
    const events = named(2)
    server.failNextAppend(new Error('the connection broke'), 'not stored')
    await expect(store.append(stream, events, revision)).rejects.toBeInstanceOf(OutcomeUnknown)
    const answer = await store.append(stream, events, revision)
    expect(await store.append(stream, events, revision)).toEqual(answer)
    expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(3)
  })

  test('is a conflict when the events after the expected revision were truncated', async () => {
    const { server, store } = opened()
    const { revision } = await store.append(stream, named(1), NO_EVENTS)
    await store.append(stream, named(1), revision)
    server.write(onServer, {})
    await server.client.setStreamMetadata(onServer, { truncateBefore: 2 })
    await expect(store.append(stream, named(1), revision)).rejects.toBeInstanceOf(RevisionConflict)
    expect(await store.append(stream, named(1), NO_EVENTS)).toMatchObject({ revision: 3 })
  })

  test('is a conflict when a desk has appended after them', async () => {
    const { server, store } = opened()
    const { revision } = await store.append(stream, named(1), NO_EVENTS)
    server.write(onServer, {})
    await store.append(stream, named(1), revision)
    await expect(store.append(stream, named(1), revision)).rejects.toMatchObject({
      name: RevisionConflict.name,
      expected: revision,
    })
  })
})

test('an unreadable event of a desk is not skipped: a reader learns what is wrong with it', async () => {
  const { server, store } = opened()
  server.write(onServer, { type: 'AccountOpened', data: { accountId: 5 }, metadata: ours } as never)
  server.write(onServer, { type: 'AccountPromoted', data: {}, metadata: ours } as never)
  const events = await all(store.read(stream, { limit: ALL_EVENTS }))
  expect(events.map(({ data }) => data)).toMatchObject([
    { recordedAs: 'AccountOpened', because: 'MALFORMED', problem: expect.stringContaining('accountId') },
    { recordedAs: 'AccountPromoted', because: 'NEWER' },
  ])
})

describe('streams that an operator has deleted or truncated', () => {
  test('a tombstone is no event, and subscribers of other streams continue', async () => {
    const { server, store } = opened()
    await store.append(stream, named(1), NO_EVENTS)
    server.tombstone(onServer)
    expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toEqual([])
    await expect(store.append(stream, named(1), NO_EVENTS)).rejects.toThrow('account-acc_1 takes no events any more')
    const other = await store.append('account-acc_2', named(1), NO_EVENTS)
    const batches = listen(store, START)
    await batches.reaches(other.position)
    await batches.stop()
    expect(batches.batches.flatMap(({ foreign = [] }) => foreign)).toEqual([])
  })

  test('a truncated stream is read from its first remaining event', async () => {
    const { server, store } = opened()
    const events = named(3)
    const { revision } = await store.append(stream, events, NO_EVENTS)
    await server.client.setStreamMetadata(onServer, { truncateBefore: 2 })
    expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events.slice(2)))
    expect(await store.append(stream, named(1), revision)).toMatchObject({ revision: 3 })
  })
})

function opened(): { server: ScriptedServer; store: EventStore } {
  const server = scriptedServer()
  const store = addressing(eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk') }))
  onTestFinished(() => store.close())
  return { server, store }
}
