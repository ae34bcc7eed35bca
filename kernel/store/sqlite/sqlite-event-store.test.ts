// The embedded event store: the contract of every store, and the properties of a file.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../sqlite/database.ts'
import { all, describeEventStore, ids, listen, named, own, until } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  type EventStore,
  NO_EVENTS,
  RevisionConflict,
  StoreUnavailable,
  type StreamName,
} from '../event-store.ts'
import { START } from '../position.ts'
import { SAMPLE_VERSION, sample } from '../sample.given.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-events-'))
})
afterAll(() => rm(directory, { recursive: true }))

describeEventStore('the embedded event store', {
  open: () => openSqliteEventStore({ catalogue: sample, file: join(directory, 'events.db') }),
  uniqueId: randomUUID,
})

describe('the file of the embedded event store', () => {
  const opened: EventStore[] = []
  const open = async (file: string, now?: () => number) => {
    const store = await openSqliteEventStore({ catalogue: sample, file, ...(now && { now }) })
    opened.push(store)
    return store
  }
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  const newFile = () => join(directory, `${randomUUID()}.db`)
  const options = () => ({ signal: new AbortController().signal })

  test('a reopened log has all its events', async () => {
    const file = newFile()
    const before = await open(file)
    await before.append('account-acc_1', named(3), NO_EVENTS)
    await before.append('account-acc_2', named(2), NO_EVENTS)
    const events = await all(before.read('account-acc_1', { limit: ALL_EVENTS }))
    await before.close()

    const after = await open(file)
    expect(await after.head()).toBe(5)
    expect(await all(after.read('account-acc_1', { limit: ALL_EVENTS }))).toEqual(events)
    expect(await after.append('account-acc_1', named(1), 2)).toEqual({ revision: 3, position: 6 })
  })

  test('positions count from 1 without a gap, also past conflicts', async () => {
    const store = await open(newFile())
    await store.append('account-acc_1', named(2), NO_EVENTS)
    await expect(store.append('account-acc_1', named(2), NO_EVENTS)).rejects.toThrow(RevisionConflict)
    await expect(store.append('account-acc_9', named(2), 4)).rejects.toThrow(RevisionConflict)
    await store.append('account-acc_2', named(1), NO_EVENTS)
    const [batch] = await until(store.subscribe(START, options()), { position: 3 })
    expect(batch?.events.map((event) => event.position)).toEqual([1, 2, 3])
  })

  test("the time of an event is the store's time of the recording", async () => {
    const store = await open(newFile(), () => Date.UTC(2026, 1, 3, 4, 5, 6, 7))
    await store.append('account-acc_1', named(1), NO_EVENTS)
    expect((await all(store.read('account-acc_1', { limit: ALL_EVENTS })))[0]?.recordedAt).toBe(
      '2026-02-03T04:05:06.007Z',
    )
  })

  test('two stores on one file write to one log, and neither relies on stale knowledge of a stream', async () => {
    const file = newFile()
    const [one, other] = [await open(file), await open(file)]
    const events = named(6)
    for (const [index, event] of events.entries()) {
      const [writer, bystander] = index % 2 === 0 ? [one, other] : [other, one]
      expect(await writer.append('account-acc_1', [event], index - 1)).toEqual({
        revision: index,
        position: index + 1,
      })
      await expect(bystander.append('account-acc_1', named(1), index - 1)).rejects.toThrow(RevisionConflict)
      expect(await bystander.append('account-acc_1', [event], index - 1)).toMatchObject({ revision: index })
    }
    for (const store of [one, other])
      expect(ids(await all(store.read('account-acc_1', { limit: ALL_EVENTS })))).toEqual(ids(events))
  })

  test('subscribers of two stores on one file receive the events of both, in one order', async () => {
    const file = newFile()
    const stores = [await open(file), await open(file)] as const
    const listeners = stores.map((store) => listen(store, START))
    const streams = Array.from({ length: 20 }, (_, index): StreamName => `account-acc_${index}`)
    const write = async (store: EventStore, stream: StreamName) => {
      for (let revision = NO_EVENTS; revision < 9; revision++) await store.append(stream, named(1), revision)
    }
    await Promise.all(streams.map((stream, index) => write(index % 2 === 0 ? stores[0] : stores[1], stream)))

    expect(await stores[0].head()).toBe(200)
    for (const listener of listeners) {
      await listener.reaches(200)
      expect(own(listener.batches, ...streams).map((event) => event.position)).toEqual(
        Array.from({ length: 200 }, (_, index) => index + 1),
      )
      await listener.stop()
    }
  })

  test('a subscriber beyond the reach of memory catches up from the file, and continues live', async () => {
    const store = await open(newFile())
    const far = listen(store, START, { batchSize: 1 })
    let revision = NO_EVENTS
    for (let count = 0; count < 10; count++) {
      revision = (await store.append('account-acc_1', named(1_000), revision)).revision
    }
    const late = listen(store, START)
    const filtered = listen(store, START, { categories: ['transfer'] })
    await store.append('transfer-tra_1', named(1), NO_EVENTS)
    for (const listener of [late, far, filtered]) await listener.reaches(10_001)
    const positions = Array.from({ length: 10_001 }, (_, index) => index + 1)
    for (const listener of [late, far]) {
      expect(listener.batches.flatMap((batch) => batch.events.map((event) => event.position))).toEqual(positions)
    }
    expect(filtered.batches.flatMap((batch) => batch.events.map((event) => event.position))).toEqual([10_001])
    for (const listener of [late, far, filtered]) await listener.stop()
  })

  test('subscribers that have caught up share the very same event objects', async () => {
    const store = await open(newFile())
    const listeners = [listen(store, START), listen(store, START)]
    const { position } = await store.append('account-acc_1', named(1), NO_EVENTS)
    for (const listener of listeners) await listener.reaches(position)
    const [one, other] = listeners.map((listener) => own(listener.batches, 'account-acc_1')[0])
    expect(one).toBeDefined()
    expect(one).toBe(other)
    for (const listener of listeners) await listener.stop()
  })

  test('appends beyond the limit of waiting appends are refused at once, and the others are recorded', async () => {
    const store = await open(newFile())
    const results = await Promise.allSettled(
      Array.from({ length: 10_010 }, (_, index) => store.append(`account-acc_${index}`, named(1), NO_EVENTS)),
    )
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason)
    expect(refused).toHaveLength(10)
    expect(refused.every((reason) => reason instanceof StoreUnavailable)).toBe(true)
    expect(await store.head()).toBe(10_000)
  })

  test('while another process holds the file, appends find the store unavailable; then they succeed', async () => {
    const file = newFile()
    const store = await open(file)
    const listener = listen(store, START)
    const holder = await openDatabase(file, { synchronous: 'FULL' })
    const events = named(1)
    holder.exec('BEGIN IMMEDIATE')
    await expect(store.append('account-acc_1', events, NO_EVENTS)).rejects.toThrow(StoreUnavailable)
    holder.exec('ROLLBACK')
    holder.close()
    expect(await store.append('account-acc_1', events, NO_EVENTS)).toEqual({ revision: 0, position: 1 })
    await listener.reaches(1)
    await listener.stop()
  })

  test('a write that fails halfway leaves nothing of its group, and no knowledge of its streams', async () => {
    const file = newFile()
    const store = await open(file)
    const saboteur = await openDatabase(file, { synchronous: 'FULL' })
    saboteur.exec(`CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.type = 'AssetAdded'
      BEGIN SELECT RAISE(ROLLBACK, 'no space'); END`)
    const bad = {
      type: 'AssetAdded' as const,
      data: { assetId: 'ast_1' },
      id: randomUUID(),
      metadata: { schemaVersion: SAMPLE_VERSION },
    }
    const results = await Promise.allSettled([
      store.append('account-acc_1', named(2), NO_EVENTS),
      store.append('asset-ast_1', [bad], NO_EVENTS),
    ])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    expect(await store.head()).toBe(START)
    saboteur.exec('DROP TRIGGER full')
    saboteur.close()
    expect(await store.append('asset-ast_1', [bad], NO_EVENTS)).toEqual({ revision: 0, position: 1 })
    expect(await store.append('account-acc_1', named(2), NO_EVENTS)).toEqual({ revision: 1, position: 3 })
  })

  test('closing leaves nothing behind that disturbs a pausing subscriber', async () => {
    const store = await open(newFile())
    await store.append('account-acc_1', named(2), NO_EVENTS)
    const subscription = store.subscribe(START, { ...options(), batchSize: 1 })[Symbol.asyncIterator]()
    expect((await subscription.next()).value).toMatchObject({ position: 1 })
    await store.close()
    expect(await subscription.next()).toEqual({ done: true, value: undefined })
  })

  test('a file that is no event log, or cannot be opened, is refused with its name', async () => {
    const file = newFile()
    await writeFile(file, 'A shopping list: milk, bread, a dozen eggs. '.repeat(100))
    await expect(openSqliteEventStore({ catalogue: sample, file })).rejects.toThrow(file)
    const nowhere = join(directory, 'no-such-directory', 'events.db')
    await expect(openSqliteEventStore({ catalogue: sample, file: nowhere })).rejects.toThrow(nowhere)
  })
})
