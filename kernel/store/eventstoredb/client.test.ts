// The client of EventStoreDB at its limits: a server with a wrong clock, and a failure of the client's first request.

import { expect, onTestFinished, test, vi } from 'vitest'
import { all, ids, named } from '../event-store.contract.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, StoreUnavailable } from '../event-store.ts'
import { sample } from '../sample.given.ts'
import { openEventStoreDB } from './eventstoredb-event-store.ts'
import { scriptedServer } from './scripted-server.given.ts'
import { type ServedServer, serve } from './scripted-server-over-grpc.given.ts'

const stream = 'account-acc_1'

test.each([-1, 1])('a server with a clock %d hours ahead accepts appends', async (hours) => {
  const { store } = await openStore(() => Date.now() + hours * 3_600_000)
  const events = named(2)
  await store.append(stream, events, NO_EVENTS)
  await store.append('lease-work', named(1), NO_EVENTS)
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
})

test("a client that could not learn the server's features asks again, and has appended nothing before", async () => {
  const { store, server } = await openStore()
  server.failNextFeatures()
  await expect(store.append(stream, named(1), NO_EVENTS)).rejects.toThrow(StoreUnavailable)
  const events = named(1)
  await store.append(stream, events, NO_EVENTS)
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
})

test('a connection with short timeouts prints no warning on the console', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const { store } = await openStore()
  await store.append(stream, named(1), NO_EVENTS)
  expect(warn).not.toHaveBeenCalled()
  console.warn('is what it was')
  expect(warn).toHaveBeenCalledOnce()
})

test.each(['', '/', '?', '?x'])('an invalid connection string is refused even with "%s" after it', async (end) => {
  await expect(openEventStoreDB({ catalogue: sample, url: `esdb//localhost:1${end}` })).rejects.toThrow(
    'EVENTSTORE_URL cannot be used',
  )
})

async function openStore(now?: () => number): Promise<{ store: EventStore; server: ServedServer }> {
  const server = await serve(scriptedServer(), now)
  const store = await openEventStoreDB({ catalogue: sample, url: server.url })
  onTestFinished(async () => {
    await store.close()
    server.kill()
  })
  return { store, server }
}
