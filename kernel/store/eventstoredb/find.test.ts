// An event that somebody has removed from the server says nothing about the history of the log. An event that was never
// there does.

import { expect, onTestFinished, test } from 'vitest'
import { all, named } from '../event-store.contract.ts'
import { NO_EVENTS, type RecordedEvent } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { eventStoreOn } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { scriptedServer } from './scripted-server.given.ts'

test.each([
  ['truncated before its newest event', 2],
  ['deleted', Number.MAX_SAFE_INTEGER],
])('the events of a stream that was %s are removed, not missing', async (_, begins) => {
  const { store, server, events } = await threeEvents()
  await server.client.setStreamMetadata('desk.transfer-tra_1', { truncateBefore: begins })
  const [first] = events
  expect(await store.find(first)).toBe('removed')
  expect(await store.find({ ...first, stream: 'transfer-tra_2' })).toBe('missing')
})

test('the events of a stream with a tombstone are removed', async () => {
  const { store, server, events } = await threeEvents()
  server.tombstone('desk.transfer-tra_1')
  expect(await all(store.read('transfer-tra_1', { limit: 9 }))).toEqual([])
  expect(await store.find(events[0])).toBe('removed')
})

async function threeEvents() {
  const server = scriptedServer()
  const store = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk') })
  onTestFinished(() => store.close())
  await store.append('transfer-tra_1', named(3), NO_EVENTS)
  return {
    store,
    server,
    events: (await all(store.read('transfer-tra_1', { limit: 9 }))) as [RecordedEvent, RecordedEvent],
  }
}
