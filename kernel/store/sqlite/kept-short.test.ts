// Leases, checkpoints and snapshots are no history: the embedded log keeps only their newest events.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { all, named } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  type EventStore,
  NO_EVENTS,
  type RecordedEvent,
  RevisionConflict,
  type StreamName,
} from '../event-store.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

test.each([
  ['lease-sagas', 1_000],
  ['checkpoint-sagas', 10],
  ['snapshot-account-acc_1', 96],
] as const)('of %s the newest %d events are kept, and at most a tenth more', async (stream, kept) => {
  const { store } = await open()
  await grow(store, stream, kept * 3)
  const events = await all(store.read(stream, { limit: ALL_EVENTS }))
  expect(events.length).toBeGreaterThanOrEqual(kept)
  expect(events.length).toBeLessThanOrEqual(kept * 1.1 + 1)
  expect(events.at(-1)?.revision).toBe(kept * 3 - 1)
  expect(events.map(({ revision }) => revision)).toEqual(
    Array.from({ length: events.length }, (_, index) => kept * 3 - events.length + index),
  )
})

test('the streams of the business are kept whole', async () => {
  const { store } = await open()
  await grow(store, 'account-acc_1', 1_500)
  expect(await all(store.read('account-acc_1', { limit: ALL_EVENTS }))).toHaveLength(1_500)
})

test('an append after a removed revision is a conflict, also from another process', async () => {
  const { store, file } = await open()
  const other = await openSqliteEventStore({ catalogue: sample, file })
  onTestFinished(() => other.close())
  const { revision } = await other.append('checkpoint-sagas', named(1), NO_EVENTS)
  await grow(store, 'checkpoint-sagas', 50, revision)
  for (const expected of [NO_EVENTS, 0, 3, 40]) {
    await expect(other.append('checkpoint-sagas', named(1), expected)).rejects.toThrow(RevisionConflict)
    await expect(store.append('checkpoint-sagas', named(2), expected)).rejects.toThrow(RevisionConflict)
  }
  expect(await other.append('checkpoint-sagas', named(1), 50)).toMatchObject({ revision: 51 })
})

test('a reader in the middle of such a stream, and a subscriber to it, continue with the remaining events', async () => {
  const { store } = await open()
  await grow(store, 'lease-sagas', 1_000)
  const { position } = await store.append('account-acc_1', named(1), NO_EVENTS)
  const reading = store.read('lease-sagas', { limit: ALL_EVENTS })[Symbol.asyncIterator]()
  const first: RecordedEvent[] = (await reading.next()).value ?? []
  await grow(store, 'lease-sagas', 3_000, 999)
  const revisions = first.map(({ revision }) => revision)
  for (let page = await reading.next(); !page.done; page = await reading.next()) {
    revisions.push(...page.value.map(({ revision }) => revision))
  }
  expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
  expect(revisions.at(-1)).toBe(3_999)

  const enough = new AbortController()
  const seen: number[] = []
  const head = await store.head()
  for await (const batch of store.subscribe(START, { signal: enough.signal })) {
    seen.push(...batch.events.map((event) => event.position))
    if (batch.position >= head) break
  }
  enough.abort()
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  expect(seen).toContain(position)
  expect(seen.at(-1)).toBe(head)
})

async function grow(store: EventStore, stream: StreamName, count: number, from = NO_EVENTS): Promise<void> {
  let revision = from
  for (let left = count; left > 0; left -= 10) {
    revision = (await store.append(stream, named(Math.min(10, left)), revision)).revision
  }
}

async function open(): Promise<{ store: EventStore; file: string }> {
  const at = await mkdtemp(join(tmpdir(), 'creditline-kept-'))
  onTestFinished(() => rm(at, { recursive: true, force: true }))
  const file = join(at, 'events.db')
  const store = await openSqliteEventStore({ catalogue: sample, file })
  onTestFinished(() => store.close())
  return { store, file }
}
