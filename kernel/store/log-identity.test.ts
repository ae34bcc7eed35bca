import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EventStore, NO_EVENTS, OutcomeUnknown } from './event-store.ts'
import { logIdentity } from './log-identity.ts'
import { formatPosition, parsePosition } from './position.ts'
import { sample } from './sample.given.ts'
import { openSqliteEventStore } from './sqlite/sqlite-event-store.ts'

let directory: string
let opened: EventStore[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-identity-'))
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  await rm(directory, { recursive: true })
})

async function open(name = 'events'): Promise<EventStore> {
  const store = await openSqliteEventStore({ catalogue: sample, file: join(directory, `${name}.db`) })
  opened.push(store)
  return store
}

test('a new log records its identity as its first event', async () => {
  const store = await open()
  const identity = await logIdentity(store)
  expect(identity).toMatch(/^[a-z0-9]{12}$/)
  for await (const [first] of store.read('log', { limit: 1 })) {
    expect(first).toMatchObject({ type: 'LogCreated', data: { logId: identity }, position: 1 })
  }
  expect(await store.head()).toBe(1)
})

test('an identity has the form that positions carry', async () => {
  const identity = await logIdentity(await open())
  expect(parsePosition(identity, formatPosition(identity, 42))).toBe(42)
})

test('a log keeps its identity, and another log has another', async () => {
  const store = await open()
  const identity = await logIdentity(store)
  expect(await logIdentity(store)).toBe(identity)
  await store.close()
  expect(await logIdentity(await open())).toBe(identity)
  expect(await logIdentity(await open('others'))).not.toBe(identity)
})

test('processes that start at once agree on one identity', async () => {
  const stores = [await open(), await open(), await open()]
  const identities = await Promise.all(stores.map(logIdentity))
  expect(new Set(identities).size).toBe(1)
  expect(await stores[0]?.head()).toBe(1)
})

test('an identity whose append had an unknown outcome is read back', async () => {
  const store = await open()
  const doubtful: EventStore = {
    ...store,
    async append(stream, events, expected) {
      await store.append(stream, events, expected)
      throw new OutcomeUnknown('the connection broke')
    },
  }
  expect(await logIdentity(doubtful)).toBe(await logIdentity(store))
})

test('a log stream that begins with another event is an error', async () => {
  const store = await open()
  const event = { type: 'CheckpointStored' as const, data: { reader: 'saga', position: 1 } }
  await store.append('log', [{ ...event, id: randomUUID(), metadata: { schemaVersion: 1 } }], NO_EVENTS)
  await expect(logIdentity(store)).rejects.toThrow(/no identity: .*CheckpointStored/)
})
