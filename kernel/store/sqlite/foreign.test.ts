// A file that others have written to as well, as readers, subscribers and appends see it.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../sqlite/database.ts'
import type { Value } from '../../sqlite/statement.ts'
import { addressing, all, ids, listen, named } from '../event-store.contract.ts'
import { ALL_EVENTS, NO_EVENTS, RevisionConflict } from '../event-store.ts'
import { START } from '../position.ts'
import { SAMPLE_VERSION, sample } from '../sample.given.ts'
import { openSqliteEventStore } from './sqlite-event-store.ts'

const stream = 'account-acc_1'
const ours = JSON.stringify({ schemaVersion: SAMPLE_VERSION })

test('foreign events are skipped and reported, and an append goes after them', async () => {
  const { store, write } = await opened()
  const [first, second, third] = [named(1), named(2), named(1)]
  const begun = await store.append(stream, first, NO_EVENTS)
  await write(stream, {})
  await write(stream, { data: Buffer.from([1]), metadata: Buffer.from([2]) })
  await write('somethingElse', { metadata: ours })
  const appended = await store.append(stream, second, begun.revision)
  expect(appended.revision).toBe(4)
  const last = await store.append(stream, third, appended.revision)
  const subscriber = listen(store, START, { categories: ['account'] })
  await subscriber.reaches(last.position)
  await subscriber.stop()

  const expected = ids([...first, ...second, ...third])
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(expected)
  expect(ids(await all(store.readBackwards(stream, { limit: 3 })))).toEqual(expected.slice(1).reverse())
  expect(ids(subscriber.batches.flatMap(({ events }) => events))).toEqual(expected)
  expect(subscriber.batches.flatMap(({ foreign = [] }) => foreign.map(({ position }) => position))).toEqual([2, 3, 4])
})

test('a stream that has only foreign events can be begun, and a repeat returns the first result', async () => {
  const { store, write } = await opened()
  for (let count = 0; count < 250; count++) await write(stream, {})
  const events = named(2)
  const answer = await store.append(stream, events, NO_EVENTS)
  expect(answer.revision).toBe(251)
  expect(await store.append(stream, events, NO_EVENTS)).toEqual(answer)
  await expect(store.append(stream, named(1), NO_EVENTS)).rejects.toBeInstanceOf(RevisionConflict)
})

test('an append is a conflict when a desk has appended after the foreign events', async () => {
  const { store, write } = await opened()
  const { revision } = await store.append(stream, named(1), NO_EVENTS)
  await write(stream, {})
  await store.append(stream, named(1), revision)
  await expect(store.append(stream, named(1), revision)).rejects.toBeInstanceOf(RevisionConflict)
})

test.each<[what: string, row: Partial<Row>, problem: RegExp]>([
  ['data', { data: '{"accountId": acc_1}' }, /its data is not JSON: .*in the file .*events\.db\)$/],
  ['metadata', { metadata: '{"schemaVersion"' }, /its metadata is not JSON: .*in the file .*events\.db\)$/],
])(
  'an event of a desk with damaged %s is reported with its file, and no number reads like a position',
  async (_, row, problem) => {
    const { store, write } = await opened()
    await write(stream, { type: 'AccountOpened', metadata: ours, ...row })
    const [event] = await all(store.read(stream, { limit: ALL_EVENTS }))
    expect(event).toMatchObject({ type: 'Unreadable', stream, position: 1, data: { because: 'DAMAGED' } })
    const { data } = event as { data: { problem: string } }
    expect(data.problem).toMatch(problem)
    expect(data.problem).not.toMatch(/\bposition \d/)
  },
)

test('fields that a newer minor release adds do no harm', async () => {
  const { store, write } = await opened()
  const data = { accountId: 'acc_1', name: 'Ada', limit: 5, rating: 'A' }
  const metadata = { schemaVersion: SAMPLE_VERSION, region: 'eu', commandId: 'c1' }
  await write(stream, {
    type: 'AccountOpened',
    data: JSON.stringify(data),
    metadata: JSON.stringify(metadata),
  })
  const [event] = await all(store.read(stream, { limit: ALL_EVENTS }))
  expect(event).toMatchObject({ type: 'AccountOpened', data, metadata: { commandId: 'c1' } })
})

interface Row {
  type: Value
  data: Value
  metadata: Value
}

async function opened() {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-foreign-'))
  const file = join(directory, 'events.db')
  const store = addressing(await openSqliteEventStore({ catalogue: sample, file }))
  const other = await openDatabase(file, { synchronous: 'NORMAL' })
  onTestFinished(async () => {
    other.close()
    await store.close()
    await rm(directory, { recursive: true })
  })

  /** Writes an event as a user with access to the file could. */
  async function write(name: string, { type = 'Note', data = '{}', metadata = '{}' }: Partial<Row>): Promise<void> {
    other.prepare('INSERT INTO streams (name, category) VALUES (?, ?) ON CONFLICT DO NOTHING').run(name, name)
    other
      .prepare(
        `INSERT INTO events (sid, position, revision, id, type, recorded_at, metadata, data)
         SELECT sid, (SELECT coalesce(max(position), 0) + 1 FROM events),
           (SELECT coalesce(max(revision), -1) + 1 FROM events WHERE events.sid = streams.sid), ?, ?, 0, ?, ?
         FROM streams WHERE name = ?`,
      )
      .run(randomUUID(), type, metadata, data, name)
  }
  return { store, write }
}
