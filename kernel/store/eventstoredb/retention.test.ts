// Streams that are written for ever and read only at their end do not grow for ever.

import { randomUUID } from 'node:crypto'
import { AccessDeniedError, UnavailableError } from '@eventstore/db-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { all, named } from '../event-store.contract.ts'
import { ALL_EVENTS, type EventStore, type NewEvent, NO_EVENTS } from '../event-store.ts'
import { SAMPLE_VERSION, sample } from '../sample.given.ts'
import { openEventStoreDB } from './eventstoredb-event-store.ts'
import { scriptedServer } from './scripted-server.given.ts'
import { serve } from './scripted-server-over-grpc.given.ts'

test.each([
  ['checkpoint-sagas', 10],
  ['lease-projector', 1_000],
  ['snapshot-account-acc_1', 96],
] as const)('of %s the server keeps the newest %d events', async (stream, kept) => {
  const { store } = await openStore()
  let revision = NO_EVENTS
  for (let count = 0; count < kept + 100; count += 100) {
    revision = (await store.append(stream, notes(100), revision)).revision
  }
  const events = await all(store.read(stream, { limit: ALL_EVENTS }))
  expect(events).toHaveLength(kept)
  expect(events.at(-1)?.revision).toBe(revision)
  expect(await all(store.read(stream, { from: revision, limit: ALL_EVENTS }))).toHaveLength(1)
})

test('the limit of a stream is set once, and the streams of the business are kept whole', async () => {
  const { store, server } = await openStore()
  let revision = NO_EVENTS
  for (let count = 0; count < 3; count++) revision = (await store.append('lease-work', notes(1), revision)).revision
  await store.append('account-acc_1', named(1), NO_EVENTS)
  expect(server.appendsSeen().calls).toBe(1 + 3 + 1)
})

test('a server that refuses the limit does not prevent the append', async () => {
  const warn = vi.fn()
  const { store, server } = await openStore({ debug() {}, info() {}, warn, error() {} })
  server.failNextAppend(new AccessDeniedError({} as never), 'not stored')
  await store.append('lease-work', notes(1), NO_EVENTS)
  expect(await all(store.read('lease-work', { limit: ALL_EVENTS }))).toHaveLength(1)
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ stream: 'lease-work' }), expect.any(String))
})

test('a limit that could not be set is set before the next append', async () => {
  const warn = vi.fn()
  const { store, server } = await openStore({ debug() {}, info() {}, warn, error() {} })
  server.failNextAppend(new UnavailableError(), 'not stored')
  const { revision } = await store.append('lease-work', notes(1), NO_EVENTS).catch(() => ({ revision: NO_EVENTS }))
  expect(warn).toHaveBeenCalledTimes(1)
  const { calls } = server.appendsSeen()
  await store.append('lease-work', notes(1), revision)
  expect(server.appendsSeen().calls).toBe(calls + 2)
})

/** Through the real client. */
async function openStore(log?: Parameters<typeof openEventStoreDB>[0]['log']) {
  const server = scriptedServer()
  const { url, kill } = await serve(server)
  const store: EventStore = await openEventStoreDB({ catalogue: sample, url, ...(log && { log }) })
  onTestFinished(async () => {
    await store.close()
    kill()
  })
  return { store, server }
}

function notes(count: number): NewEvent[] {
  return Array.from({ length: count }, () => ({
    type: 'CheckpointStored',
    data: { reader: 'sagas', position: 1 },
    id: randomUUID(),
    metadata: { schemaVersion: SAMPLE_VERSION },
  }))
}
