// Of the parts in a stream of snapshots, those of the newest whole one are found,
// regardless of what crashes and other writers have left beside them.

import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { watched } from '../../../../command/log.given.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { cut, joined, newestWhole, type Taken } from '../../../../kernel/deciding/handling/snapshot-parts.ts'
import { NO_EVENTS, type StreamName } from '../../../../kernel/store/event-store.ts'
import {
  MOST_SNAPSHOT_PARTS,
  SNAPSHOT_EVENTS_OF_USE,
  type SnapshotPartTaken,
} from '../../../../kernel/store/kernel-events.ts'
import { newLog, openMemoryEventStore } from '../../../../simulator/memory-event-store.ts'

const stream: StreamName = 'snapshot-customer-cus_1'
const anyTaken: fc.Arbitrary<Taken> = fc.record({
  of: fc.constant('customer-cus_1'),
  revision: fc.nat(),
  eventId: fc.uuid(),
  version: fc.nat(),
  state: fc.jsonValue(),
  keys: fc.base64String(),
})

test('a snapshot of any state is the same when it is cut into parts and joined', () => {
  fc.assert(
    fc.property(anyTaken, fc.integer({ min: 1, max: MOST_SNAPSHOT_PARTS }), (taken, wanted) => {
      const size = Math.ceil(JSON.stringify(taken).length / wanted)
      const parts = cut(taken, size)
      expect(parts.length).toBeLessThanOrEqual(wanted)
      expect(Math.max(...parts.map(({ text }) => text.length))).toBeLessThanOrEqual(size)
      expect(joined(parts)).toEqual(JSON.parse(JSON.stringify(taken)))
    }),
  )
})

test.each([
  ['nothing', '', undefined, 0],
  ['one of a single part', 'a1/1', 'a1/1', 0],
  ['one of several parts', 'a1/3 a2/3 a3/3', 'a1/3 a2/3 a3/3', 0],
  ['two, of which the newer one is whole', 'a1/2 a2/2 b1/2 b2/2', 'b1/2 b2/2', 0],
  ['one that is unfinished', 'a1/3 a2/3', undefined, 2],
  ['one that is unfinished, and one before it', 'a1/2 a2/2 b1/3 b2/3', 'a1/2 a2/2', 2],
  ['one that is unfinished, and one after it', 'a1/3 a2/3 b1/2 b2/2', 'b1/2 b2/2', 0],
  ['one whose beginning is gone', 'a2/3 a3/3', undefined, 2],
  ['one with a part missing in the middle', 'a1/1 b1/3 b3/3', 'a1/1', 2],
  ['one with the end of another', 'a1/2 b2/2', undefined, 2],
  ['two that alternate', 'a1/2 b1/2 a2/2 b2/2', undefined, 4],
  ['one with a part twice', 'a1/2 a1/2 a2/2', 'a1/2 a2/2', 0],
  ['one in the wrong order', 'a2/2 a1/2', undefined, 2],
] as const)('in a stream that has %s, what is whole is found, and nothing else', async (_, has, found, passedOver) => {
  const store = await storeWith(has.split(' ').filter((name) => name !== ''))
  const { parts, ...others } = await newestWhole(store, stream)
  expect(parts?.map(({ text }) => text).join(' ')).toEqual(found)
  expect(others).toEqual({ passedOver })
})

test('behind one that is being written and one that is unfinished, a whole one of the most parts is found', async () => {
  const partsOf = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}${index + 1}/${MOST_SNAPSHOT_PARTS}`)
  const most = MOST_SNAPSHOT_PARTS - 1
  const store = await storeWith([...partsOf('a', most + 1), ...partsOf('b', most), ...partsOf('c', most)])
  const { parts, passedOver } = await newestWhole(store, stream)
  expect(parts?.map(({ text }) => text)).toEqual(partsOf('a', most + 1))
  expect(passedOver).toBe(2 * most)
})

test('no more is read than can be of use', async () => {
  const unfinished = Array.from({ length: 500 }, (_, number) => `${number}:1/2`)
  const store = await storeWith(['a1/1', ...unfinished])
  expect(await newestWhole(store, stream)).toMatchObject({ parts: undefined })
  expect(store.eventsRead(stream)).toBe(SNAPSHOT_EVENTS_OF_USE)
})

/** With parts like `a1/3`: the first of three parts of a snapshot called a. */
async function storeWith(names: string[]) {
  const store = watched(openMemoryEventStore(newLog()))
  onTestFinished(() => store.close())
  const events = names.map((name) => ({
    type: 'SnapshotPartTaken' as const,
    data: partOf(name),
    id: randomUUID(),
    metadata: { schemaVersion: SCHEMA_VERSION },
  }))
  if (events.length > 0) await store.append(stream, events, NO_EVENTS)
  return store
}

function partOf(name: string): SnapshotPartTaken['data'] {
  const [, digest = '', part, parts] = /^(\D+|\d+:)(\d+)\/(\d+)$/.exec(name) ?? []
  return { of: 'customer-cus_1', revision: 0, part: Number(part), parts: Number(parts), text: name, digest }
}
