// Reads from a server that accepts them and does not answer.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { all, ids, named } from '../event-store.contract.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, StoreUnavailable } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { eventStoreOn } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { type ScriptedServer, scriptedServer } from './scripted-server.given.ts'

let server: ScriptedServer
let store: EventStore
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  server = scriptedServer()
  store = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk') })
})
afterEach(async () => {
  await store.close()
  vi.useRealTimers()
})

const stream = 'account-acc_1'

test.each<[string, () => Promise<unknown>]>([
  ['a read', () => all(store.read(stream, { limit: ALL_EVENTS }))],
  ['a read backwards', () => all(store.readBackwards(stream, { limit: 1 }))],
  ['a search for the head', () => store.head()],
])('%s that the server never answers finds the store unavailable, and is ended', async (_, read) => {
  server.hang()
  const reading = expect(read()).rejects.toThrow(StoreUnavailable)
  await vi.advanceTimersByTimeAsync(15_000)
  await reading
  await vi.waitFor(() => expect(server.openReads()).toBe(0))
  expect(vi.getTimerCount()).toBe(0)
})

test('a reader that is slow with a page does not make the server count as unavailable', async () => {
  const events = named(700)
  await store.append(stream, events, NO_EVENTS)
  const read: string[] = []
  for await (const page of store.read(stream, { limit: ALL_EVENTS })) {
    read.push(...ids(page))
    await vi.advanceTimersByTimeAsync(60_000)
  }
  expect(read).toEqual(ids(events))
  await vi.waitFor(() => expect(server.openReads()).toBe(0))
  expect(vi.getTimerCount()).toBe(0)
})
