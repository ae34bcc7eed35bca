// The event store through the real client and its connections, against a stand-in that speaks the protocol of an
// EventStoreDB server.

import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { all, describeEventStore, ids, listen, named } from '../event-store.contract.ts'
import { ALL_EVENTS, NO_EVENTS, OutcomeUnknown, StoreUnavailable, type StreamName } from '../event-store.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import { openEventStoreDB } from './eventstoredb-event-store.ts'
import { scriptedServer } from './scripted-server.given.ts'
import { type ServedServer, serve } from './scripted-server-over-grpc.given.ts'

let server: ServedServer
beforeAll(async () => {
  server = await serve(scriptedServer())
})
afterAll(() => server.kill())

describeEventStore('the event store by way of the client of EventStoreDB', {
  open: () => openEventStoreDB({ catalogue: sample, url: server.url }),
  uniqueId: randomUUID,
})

test('restarts under load lose no acknowledged event, and a subscriber receives all events once', async () => {
  const restarted = await serve(scriptedServer())
  const store = await openEventStoreDB({ catalogue: sample, url: restarted.url })
  const subscriber = listen(store, START)
  const streams = Array.from({ length: 64 }, (_, index): StreamName => `account-acc_${index}`)
  const acknowledged = new Map<StreamName, string[]>(streams.map((stream) => [stream, []]))
  const writing = new AbortController()
  let interrupted = 0

  const settled = async (stream: StreamName, expected: number) => {
    const events = named(3)
    while (true) {
      try {
        const { revision } = await store.append(stream, events, expected)
        acknowledged.get(stream)?.push(...ids(events))
        return revision
      } catch (error) {
        if (!(error instanceof OutcomeUnknown || error instanceof StoreUnavailable)) throw error
        interrupted++
        await pause(20)
      }
    }
  }
  const writers = streams.map(async (stream) => {
    let revision = NO_EVENTS
    while (!writing.signal.aborted) revision = await settled(stream, revision)
  })
  const acknowledgedSoFar = () => [...acknowledged.values()].reduce((sum, some) => sum + some.length, 0)
  const more = (count: number) => expect.poll(acknowledgedSoFar, { timeout: 30_000 }).toBeGreaterThan(count)

  for (let restart = 0; restart < 3; restart++) {
    await more(acknowledgedSoFar() + 500)
    const before = interrupted
    restarted.kill()
    await expect.poll(() => interrupted, { timeout: 30_000 }).toBeGreaterThan(before)
    await restarted.start()
  }
  await more(acknowledgedSoFar() + 500)
  writing.abort()
  await Promise.all(writers)

  await subscriber.reaches(await store.head())
  const seen = subscriber.batches.flatMap((batch) => batch.events)
  expect(seen).toHaveLength(acknowledgedSoFar())
  for (const stream of streams) {
    const expected = acknowledged.get(stream)
    expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(expected)
    expect(ids(seen.filter((event) => event.stream === stream))).toEqual(expected)
  }
  await subscriber.stop()
  await store.close()
  restarted.kill()
})
