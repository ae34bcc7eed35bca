// The promises of every event store, as tests. They run against each adapter, on an empty log or on one that others use
// too.

import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ALL_EVENTS,
  type Appended,
  type Batch,
  type EventStore,
  MAX_APPEND_BYTES,
  type NewEvent,
  NO_EVENTS,
  type ReadOptions,
  type RecordedEvent,
  RevisionConflict,
  StoreUnavailable,
  type StreamName,
  type SubscribeOptions,
} from './event-store.ts'
import { newestFirst } from './newest-first.ts'
import { type Position, START } from './position.ts'
import { SAMPLE_VERSION, type SampleEvent } from './sample.given.ts'

export interface StoreUnderTest {
  /** Opens the store on the log that all tests share. */
  open(): Promise<EventStore>
  /** A text for stream names that no other test has used on this log. */
  uniqueId(): string
}

/**
 * Describes the promises of a store. The tests assume nothing about the log: others may write to it, and positions may
 * have gaps.
 */
export function describeEventStore(name: string, { open: openAny, uniqueId }: StoreUnderTest): void {
  const open = async () => addressing(await openAny())
  describe(name, () => {
    let store: EventStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const newStream = (): StreamName => `account-acc_${uniqueId()}`
    const filled = async (count: number, stream = newStream()) => {
      const events = named(count)
      const appended = await store.append(stream, events, NO_EVENTS)
      return { stream, events, appended }
    }

    describe('finding a recorded event', () => {
      test('a recorded event is found, and no position is beyond the end of the log', async () => {
        const { stream, appended } = await filled(3)
        const events = await all(store.read(stream, { limit: 9 }))
        expect(await Promise.all(events.map((event) => store.find(event)))).toEqual(['found', 'found', 'found'])
        expect(await store.end()).toBeGreaterThanOrEqual(appended.position)
      })

      test('an event is missing when its place is empty or holds another event, or when the event is elsewhere', async () => {
        const { stream } = await filled(2)
        const [first, second] = (await all(store.read(stream, { limit: 9 }))) as [RecordedEvent, RecordedEvent]
        const others = [
          { ...second, id: randomUUID() },
          { ...second, revision: 2 },
          { ...second, position: first.position },
          { ...second, stream: newStream() },
        ]
        expect(await Promise.all(others.map((event) => store.find(event)))).toEqual(others.map(() => 'missing'))
      })
    })

    describe('appending', () => {
      test('a stream begins at revision 0, and its revision grows by one with each event', async () => {
        const stream = newStream()
        const first = await store.append(stream, named(1), NO_EVENTS)
        const second = await store.append(stream, named(3), first.revision)
        expect([first.revision, second.revision]).toEqual([0, 3])
        expect((await all(store.read(stream, { limit: ALL_EVENTS }))).map((event) => event.revision)).toEqual([
          0, 1, 2, 3,
        ])
      })

      test('an append returns the revision and the position of its last event', async () => {
        const { stream, appended } = await filled(3)
        expect((await all(store.read(stream, { limit: ALL_EVENTS }))).at(-1)).toMatchObject(appended)
      })

      test('positions grow from one append to the next, across streams', async () => {
        const positions: Position[] = []
        for (let count = 0; count < 3; count++) positions.push((await filled(1)).appended.position)
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
        expect(positions[0]).toBeGreaterThan(START)
      })

      test.each([
        ['has events, when none are expected', NO_EVENTS],
        ['has gone on', 0],
        ['has not come so far', 7],
      ])('a stream that %s is a conflict, and nothing is recorded', async (_, expected) => {
        const { stream, events } = await filled(2)
        const error = await rejection(store.append(stream, named(1), expected))
        expect(error).toBeInstanceOf(RevisionConflict)
        expect(error).toMatchObject({ name: 'RevisionConflict', stream, expected })
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
      })

      test('a stream without events is a conflict when the append expects some', async () => {
        const stream = newStream()
        expect(await rejection(store.append(stream, named(1), 0))).toBeInstanceOf(RevisionConflict)
        expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toEqual([])
        await store.append(stream, named(1), NO_EVENTS)
      })

      test('a repeated append returns the first result, even after later appends to the stream', async () => {
        const stream = newStream()
        const [first, second] = [named(2), named(3)]
        const firstAnswer = await store.append(stream, first, NO_EVENTS)
        const secondAnswer = await store.append(stream, second, firstAnswer.revision)
        expect(await store.append(stream, first, NO_EVENTS)).toEqual(firstAnswer)
        expect(await store.append(stream, second, firstAnswer.revision)).toEqual(secondAnswer)
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids([...first, ...second]))
      })

      test('the same append twice at the same moment is recorded once', async () => {
        const stream = newStream()
        const events = named(2)
        const answers = await Promise.all([1, 2, 3].map(() => store.append(stream, events, NO_EVENTS)))
        expect(answers).toEqual([answers[0], answers[0], answers[0]])
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
      })

      test('the same events at an expected revision that does not hold are a conflict', async () => {
        const stream = newStream()
        const events = named(1)
        await store.append(stream, events, NO_EVENTS)
        await store.append(stream, named(2), 0)
        expect(await rejection(store.append(stream, events, 0))).toBeInstanceOf(RevisionConflict)
        expect(await rejection(store.append(stream, events, 5))).toBeInstanceOf(RevisionConflict)
      })

      test('an append that repeats only a part of an earlier one is a conflict, and nothing of it is recorded', async () => {
        const { stream, events } = await filled(1)
        const [again, more] = [events, named(1)]
        expect(await rejection(store.append(stream, [...again, ...more], NO_EVENTS))).toBeInstanceOf(RevisionConflict)
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
      })

      test('of many simultaneous appends to one stream, exactly one succeeds', async () => {
        const stream = newStream()
        const attempts = Array.from({ length: 20 }, () => named(2))
        const results = await Promise.allSettled(attempts.map((events) => store.append(stream, events, NO_EVENTS)))
        const won = attempts.filter((_, index) => results[index]?.status === 'fulfilled')
        expect(won).toHaveLength(1)
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(won.flat()))
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RevisionConflict)
        }
      })

      test('writers that reload after a conflict all record their events, one after another', async () => {
        const stream = newStream()
        const increments = Array.from({ length: 8 }, () => named(3))
        await Promise.all(increments.map((events) => appendEach(store, stream, events)))
        const recorded = await all(store.read(stream, { limit: ALL_EVENTS }))
        expect(recorded.map((event) => event.revision)).toEqual(Array.from({ length: 24 }, (_, revision) => revision))
        expect(ids(recorded).sort()).toEqual(ids(increments.flat()).sort())
      })

      test('a conflict does not disturb simultaneous appends to other streams', async () => {
        const { stream } = await filled(1)
        const others = Array.from({ length: 10 }, newStream)
        const conflicts = others.map(() => rejection(store.append(stream, named(1), NO_EVENTS)))
        const answers = await Promise.all(others.map((other) => store.append(other, named(1), NO_EVENTS)))
        expect(answers.map((answer) => answer.revision)).toEqual(others.map(() => 0))
        for (const conflict of await Promise.all(conflicts)) expect(conflict).toBeInstanceOf(RevisionConflict)
      })

      test('appends that are sent to one stream without waiting are recorded in order', async () => {
        const stream = newStream()
        const batches = Array.from({ length: 10 }, () => named(1))
        await Promise.all(batches.map((events, index) => store.append(stream, events, index - 1)))
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(batches.flat()))
      })

      test('many simultaneous appends to distinct streams are all recorded', async () => {
        const streams = Array.from({ length: 100 }, newStream)
        const answers = await Promise.all(streams.map((stream) => store.append(stream, named(2), NO_EVENTS)))
        expect(new Set(answers.map((answer) => answer.position)).size).toBe(100)
        for (const stream of streams) expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(2)
      })

      test('a thousand events in one append are recorded in order', async () => {
        const { stream, events } = await filled(1_000)
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
      })

      test('an append may carry nearly a mebibyte, and no more', async () => {
        const stream = newStream()
        const large = named(1, 'x'.repeat(MAX_APPEND_BYTES - 1_000))
        await store.append(stream, large, NO_EVENTS)
        expect((await all(store.read(stream, { limit: ALL_EVENTS })))[0]?.data).toMatchObject({
          name: large[0]?.data.name,
        })

        const tooMuch = named(2, 'ü'.repeat(MAX_APPEND_BYTES / 4))
        await expect(store.append(stream, tooMuch, 0)).rejects.toThrow(/bytes of data/)
        expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(1)
      })

      const [usual] = named(1)
      test.each<[string, NewEvent[], RegExp]>([
        ['no events', [], /no events/],
        ['an event without a type', [{ ...usual, type: '' } as unknown as NewEvent], /no type/],
        ['an id that is no UUID', [{ ...usual, id: 'acc_1' } as NewEvent], /"acc_1" is not a UUID/],
        ['the nil UUID', [{ ...usual, id: '00000000-0000-0000-0000-000000000000' } as NewEvent], /not a UUID/],
        ['an event without data', [{ ...usual, data: undefined } as unknown as NewEvent], /no data/],
        ['a good event and a bad one', [...named(1), { ...usual, id: '' } as NewEvent], /not a UUID/],
      ])('an append with %s is refused with the reason, and nothing is recorded', async (_, events, reason) => {
        const stream = newStream()
        await expect(store.append(stream, events, NO_EVENTS)).rejects.toThrow(reason)
        expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toEqual([])
        await store.append(stream, named(1), NO_EVENTS)
      })
    })

    describe('recorded events', () => {
      test('an event is read as it was appended, with its stream, revision, position and time', async () => {
        const transferId = `tra_${uniqueId()}`
        const stream: StreamName = `transfer-${transferId}`
        const event: NewEvent = {
          type: 'TransferBooked',
          data: {
            transferId,
            accountId: 'acc_1',
            total: Number.MAX_SAFE_INTEGER,
            lines: [{ assetId: 'ast_1', quantity: 3 }],
          },
          id: randomUUID(),
          metadata: {
            commandId: 'command-1',
            digest: 'ab12',
            correlationId: 'correlation-1',
            causationId: 'cause-1',
            actor: 'clerk',
            schemaVersion: SAMPLE_VERSION,
          },
        }
        const { position } = await store.append(stream, [event], NO_EVENTS)
        const [recorded] = await all(store.read(stream, { limit: ALL_EVENTS }))
        expect(recorded).toEqual({ ...event, stream, revision: 0, position, recordedAt: recorded?.recordedAt })
        expect(recorded?.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      })

      test.each([
        ['letters of many scripts', 'Grüße, Ωμέγα, 訂單, طلب, 🛒👩‍👩‍👧'],
        ['quotes, backslashes and control characters', '"\\ \n\t\r \u0000 \u2028 \u007f'],
        ['half of a surrogate pair', 'a\ud83db'],
        ['nothing', ''],
      ])('text with %s remains unchanged', async (_, text) => {
        const stream = newStream()
        await store.append(stream, named(1, text), NO_EVENTS)
        expect((await all(store.read(stream, { limit: ALL_EVENTS })))[0]?.data).toMatchObject({ name: text })
      })

      test('an event stored under an older catalogue is read in the current form, through every method', async () => {
        const accountId = `acc_${uniqueId()}`
        const stream: StreamName = `account-${accountId}`
        const metadata = { commandId: 'c1', schemaVersion: 1 }
        const stored = {
          type: 'LimitChanged',
          data: { accountId, limit: 5, former: 3 },
          id: randomUUID(),
          metadata,
        } as unknown as NewEvent
        const current = {
          type: 'LimitChanged',
          data: { accountId, limit: 5, previous: 3 },
          id: stored.id,
          metadata: { ...metadata, schemaVersion: SAMPLE_VERSION },
        }
        const after = await store.head()
        const live = listen(store, after)
        const appended = await store.append(stream, [stored], NO_EVENTS)
        await live.reaches(appended.position)
        await live.stop()
        const again = await open()
        const behind = await until(again.subscribe(after, options()), appended)

        for (const [event, ...others] of [
          await all(store.read(stream, { limit: ALL_EVENTS })),
          await all(store.readBackwards(stream, { limit: ALL_EVENTS })),
          own(live.batches, stream),
          own(behind, stream),
        ]) {
          expect(others).toEqual([])
          expect(event).toMatchObject(current)
          expect(event?.data).toEqual(current.data)
        }
        expect(await store.append(stream, [stored], NO_EVENTS), 'the same append again').toEqual(appended)
        await again.close()
      })

      test('a subscriber receives the same events as a reader', async () => {
        const after = await store.head()
        const { stream, appended } = await filled(3)
        const live = own(await until(store.subscribe(after, options()), appended), stream)
        expect(live).toEqual(await all(store.read(stream, { limit: ALL_EVENTS })))
      })
    })

    describe('reading a stream', () => {
      test('a stream that does not exist has no events', async () => {
        expect(await pagesOf(store.read(newStream(), { limit: ALL_EVENTS }))).toEqual([])
        expect(await pagesOf(store.readBackwards(newStream(), { limit: ALL_EVENTS }))).toEqual([])
      })

      test('reading begins at the requested revision', async () => {
        const { stream } = await filled(5)
        const revisions = async (from: number) =>
          (await all(store.read(stream, { from: from, limit: ALL_EVENTS }))).map((event) => event.revision)
        expect(await revisions(0)).toEqual([0, 1, 2, 3, 4])
        expect(await revisions(3)).toEqual([3, 4])
        expect(await revisions(5)).toEqual([])
        expect(await revisions(100)).toEqual([])
      })

      test('a long stream is returned in pages, complete and in order, from either end', async () => {
        const stream = newStream()
        const { revision } = await store.append(stream, named(900), NO_EVENTS)
        await store.append(stream, named(900), revision)
        const forwards = await pagesOf(store.read(stream, { limit: ALL_EVENTS }))
        const backwards = await pagesOf(store.readBackwards(stream, { limit: ALL_EVENTS }))
        const inOrder = Array.from({ length: 1_800 }, (_, index) => index)
        expect(forwards.flat().map((event) => event.revision)).toEqual(inOrder)
        expect(backwards.flat().map((event) => event.revision)).toEqual(inOrder.toReversed())
        expect(forwards.length).toBeGreaterThan(1)
        expect(backwards.length).toBeGreaterThan(1)
        expect([...forwards, ...backwards].every((page) => page.length > 0)).toBe(true)
      })

      test('reading backwards begins with the newest event, and a reader may stop there', async () => {
        const { stream, events } = await filled(4)
        for await (const [newest] of store.readBackwards(stream, { limit: 500 })) {
          expect(newest?.id).toBe(events.at(-1)?.id)
          break
        }
      })

      test('reading backwards begins at the requested revision, and ends at the limit', async () => {
        const { stream } = await filled(1_200)
        const revisions = async (options: ReadOptions) =>
          (await all(store.readBackwards(stream, options))).map((event) => event.revision)
        expect(await revisions({ limit: 1 })).toEqual([1_199])
        expect(await revisions({ from: 3, limit: ALL_EVENTS })).toEqual([3, 2, 1, 0])
        expect(await revisions({ from: 3, limit: 2 })).toEqual([3, 2])
        expect(await revisions({ from: 3, limit: 9 })).toEqual([3, 2, 1, 0])
        expect(await revisions({ limit: 700 })).toEqual(Array.from({ length: 700 }, (_, index) => 1_199 - index))
      })

      test('reading forwards ends at the limit, also across pages', async () => {
        const { stream } = await filled(1_200)
        const revisions = async (options: ReadOptions) =>
          (await all(store.read(stream, options))).map((event) => event.revision)
        expect(await revisions({ limit: 1 })).toEqual([0])
        expect(await revisions({ from: 3, limit: 2 })).toEqual([3, 4])
        expect(await revisions({ from: 1_198, limit: 9 })).toEqual([1_198, 1_199])
        expect(await revisions({ limit: 700 })).toEqual(Array.from({ length: 700 }, (_, index) => index))
      })

      test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %s is an error', async (limit) => {
        const stream = newStream()
        await expect(all(store.read(stream, { limit }))).rejects.toThrow('The limit of a read is 1 or more')
        await expect(all(store.readBackwards(stream, { limit }))).rejects.toThrow('The limit of a read is 1 or more')
      })

      test('a backward search returns the events from the newest to the oldest, from the end or from a revision', async () => {
        const { stream } = await filled(600)
        const revisions = async (from?: number) =>
          (await all(newestFirst(store, stream, from))).map((event) => event.revision)
        expect(await revisions()).toEqual(Array.from({ length: 600 }, (_, index) => 599 - index))
        expect(await revisions(20)).toEqual(Array.from({ length: 21 }, (_, index) => 20 - index))
        expect(await revisions(0)).toEqual([0])
      })

      test('an append can be read as soon as it is acknowledged', async () => {
        const stream = newStream()
        for (let revision = NO_EVENTS; revision < 20; revision++) {
          await store.append(stream, named(1), revision)
          expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(revision + 2)
        }
      })

      test('every reader sees the appends that were acknowledged to others', async () => {
        const stream = newStream()
        const other = await open()
        try {
          const reads = [
            async (reader: EventStore) => (await all(reader.read(stream, { limit: ALL_EVENTS }))).at(-1)?.position,
            async (reader: EventStore) => (await all(reader.readBackwards(stream, { limit: 1 })))[0]?.position,
          ]
          for (let revision = NO_EVENTS; revision < 10; revision++) {
            const [writer, reader] = revision % 2 === 0 ? [store, other] : [other, store]
            const { position } = await writer.append(stream, named(1), revision)
            for (const newest of reads) expect(await newest(reader)).toBe(position)
            expect(await reader.head()).toBeGreaterThanOrEqual(position)
          }
        } finally {
          await other.close()
        }
      })

      test('streams with similar names stay separate', async () => {
        const { stream, events } = await filled(1)
        const longer = await filled(1, `${stream}x` as StreamName)
        expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(ids(events))
        expect(ids(await all(store.read(longer.stream, { limit: ALL_EVENTS })))).toEqual(ids(longer.events))
      })
    })

    describe('the head', () => {
      test('the head is never before an acknowledged append', async () => {
        const before = await store.head()
        const { appended } = await filled(2)
        expect(appended.position).toBeGreaterThan(before)
        expect(await store.head()).toBeGreaterThanOrEqual(appended.position)
      })
    })

    describe('subscribing', () => {
      test('a subscriber from the start receives all events in the order of the log', async () => {
        const [first, second] = [await filled(2), await filled(2)]
        const more = await store.append(first.stream, named(1), first.appended.revision)
        const batches = await until(store.subscribe(START, options()), more)
        expect(own(batches, first.stream, second.stream)).toEqual([
          ...(await all(store.read(first.stream, { from: 0, limit: ALL_EVENTS }))).slice(0, 2),
          ...(await all(store.read(second.stream, { limit: ALL_EVENTS }))),
          ...(await all(store.read(first.stream, { from: 2, limit: ALL_EVENTS }))),
        ])
        expectAdvancing(batches, START)
      })

      test('a subscriber receives the events after its position, and not the event at it', async () => {
        const { stream } = await filled(4)
        const recorded = await all(store.read(stream, { limit: ALL_EVENTS }))
        const [, second, , last] = recorded
        const batches = await until(store.subscribe(place(second), options()), { position: place(last) })
        expect(own(batches, stream)).toEqual(recorded.slice(2))
      })

      test('a subscriber can continue after the position of any batch', async () => {
        const after = await store.head()
        const { stream, appended } = await filled(20)
        const first = await until(store.subscribe(after, options({ batchSize: 3 })), { position: after + 1 })
        const rest = await until(store.subscribe(place(first.at(-1)), options()), appended)
        expect(own([...first, ...rest], stream)).toEqual(await all(store.read(stream, { limit: ALL_EVENTS })))
      })

      test('a subscriber that has caught up receives new appends', async () => {
        const live = listen(store, await store.head())
        for (let round = 0; round < 5; round++) {
          const { stream, appended, events } = await filled(round + 1)
          await live.reaches(appended.position)
          expect(ids(own(live.batches, stream))).toEqual(ids(events))
        }
        await live.stop()
      })

      test('a subscriber may wait for a position that the log has not reached yet', async () => {
        const { stream, appended } = await filled(1)
        const live = listen(store, appended.position)
        const next = await store.append(stream, named(1), 0)
        await live.reaches(next.position)
        expect(own(live.batches, stream).map((event) => event.revision)).toEqual([1])
        await live.stop()
      })

      test('no batch exceeds the requested size', async () => {
        const after = await store.head()
        const { stream, appended } = await filled(50)
        const batches = await until(store.subscribe(after, options({ batchSize: 7 })), appended)
        expect(Math.max(...batches.map((batch) => batch.events.length))).toBeLessThanOrEqual(7)
        expect(own(batches, stream)).toHaveLength(50)
        expectAdvancing(batches, after)
      })

      test('a filter passes only the streams of its categories', async () => {
        const after = await store.head()
        const [account, transfer, asset] = [
          newStream(),
          `transfer-tra_${uniqueId()}`,
          `asset-ast_${uniqueId()}`,
        ] as const
        for (const stream of [account, transfer, asset, `review-tra_${uniqueId()}` as const]) await filled(2, stream)
        const { appended } = await filled(1)
        const batches = await until(store.subscribe(after, options({ categories: ['transfer', 'asset'] })), appended)
        expect(new Set(batches.flatMap((batch) => batch.events.map(({ stream }) => stream.split('-')[0])))).toEqual(
          new Set(['transfer', 'asset']),
        )
        expect(own(batches, transfer, asset).map((event) => event.stream)).toEqual([transfer, transfer, asset, asset])
      })

      test('the position advances over events that the filter skips, during catch-up and live', async () => {
        const after = await store.head()
        const { appended } = await filled(30)
        const live = listen(store, after, { categories: ['asset'], batchSize: 5 })
        await live.reaches(appended.position)
        const later = await filled(1)
        await live.reaches(later.appended.position)
        expect(own(live.batches, later.stream)).toEqual([])
        expectAdvancing(live.batches, after)
        await live.stop()
      })

      test('several subscribers each receive all events, at their own pace', async () => {
        const after = await store.head()
        const subscribers = [{}, { batchSize: 2 }, { categories: ['account' as const] }].map((some) =>
          listen(store, after, some),
        )
        const { stream, events, appended } = await filled(25)
        for (const subscriber of subscribers) {
          await subscriber.reaches(appended.position)
          expect(ids(own(subscriber.batches, stream))).toEqual(ids(events))
          await subscriber.stop()
        }
      })

      test('a subscription ends without an error when its signal aborts, while it waits and while it reads', async () => {
        const waiting = listen(store, await store.head())
        await waiting.stop()

        const after = await store.head()
        await filled(10)
        const abort = new AbortController()
        let batches = 0
        for await (const batch of store.subscribe(after, { signal: abort.signal, batchSize: 1 })) {
          expect(batch.position).toBeGreaterThan(after)
          batches++
          abort.abort()
        }
        expect(batches).toBe(1)

        for await (const batch of store.subscribe(START, { signal: AbortSignal.abort() })) {
          throw new Error(`nothing should come, not ${batch.position}`)
        }
      })

      test('a subscriber that stops does not affect the others', async () => {
        const after = await store.head()
        const live = listen(store, after)
        const { appended } = await filled(1)
        for await (const batch of store.subscribe(after, options())) {
          expect(batch.position).toBeGreaterThan(after)
          break
        }
        await live.reaches(appended.position)
        const later = await filled(1)
        await live.reaches(later.appended.position)
        await live.stop()
      })

      test('subscribers that start during many appends lose no event, and receive none twice or out of order', async () => {
        const after = await store.head()
        const streams = Array.from({ length: 16 }, newStream)
        const subscribers: Listener[] = [listen(store, after)]
        const writers = streams.map(async (stream, index) => {
          const appended = await appendEach(store, stream, named(30))
          if (index % 4 === 0) subscribers.push(listen(store, after, { batchSize: 1 + index }))
          return (await store.append(stream, named(20), appended.revision)).position
        })
        const last = Math.max(...(await Promise.all(writers)))
        subscribers.push(listen(store, after))

        const expected = (await Promise.all(streams.map((stream) => all(store.read(stream, { limit: ALL_EVENTS })))))
          .flat()
          .sort((a, b) => a.position - b.position)
        expect(expected).toHaveLength(16 * 50)
        for (const subscriber of subscribers) {
          await subscriber.reaches(last)
          expect(ids(own(subscriber.batches, ...streams))).toEqual(ids(expected))
          expectAdvancing(subscriber.batches, after)
          await subscriber.stop()
        }
      })
    })

    describe('closing', () => {
      test('closing records the appends in flight, and later calls find the store unavailable', async () => {
        const stream = newStream()
        const underWay = store.append(stream, named(1), NO_EVENTS)
        const live = listen(store, await store.head())
        await store.close()
        expect((await underWay).revision).toBe(0)
        await live.ended

        expect(await rejection(store.append(stream, named(1), 0))).toBeInstanceOf(StoreUnavailable)
        expect(await rejection(all(store.read(stream, { limit: ALL_EVENTS })))).toBeInstanceOf(StoreUnavailable)
        expect(await rejection(all(store.readBackwards(stream, { limit: ALL_EVENTS })))).toBeInstanceOf(
          StoreUnavailable,
        )
        expect(await rejection(until(store.subscribe(START, options()), { position: 1 }))).toBeInstanceOf(
          StoreUnavailable,
        )
        expect(await rejection(store.head())).toBeInstanceOf(StoreUnavailable)

        const again = await open()
        expect(await all(again.read(stream, { limit: ALL_EVENTS }))).toHaveLength(1)
        await again.close()
      })

      test('a subscriber that waits for events ends without an error', async () => {
        const live = listen(store, await store.head())
        const { appended } = await filled(1)
        await live.reaches(appended.position)
        await store.close()
        await live.ended
      })

      test('closing twice has the effect of closing once', async () => {
        await store.close()
        await store.close()
      })
    })
  })
}

type Named = NewEvent<Extract<SampleEvent, { type: 'AccountOpened' }>>

/** The same store for the events below. The account of each event follows from its stream. */
export function addressing(store: EventStore): EventStore {
  return {
    ...store,
    append(stream, events, expected) {
      const accountId = stream.replace(/^account-/, '')
      const addressed = events.map((event) =>
        event.type === 'AccountOpened' && event.data ? { ...event, data: { ...event.data, accountId } } : event,
      )
      return store.append(stream, addressed, expected)
    },
  }
}

/** New events, each with a unique name or with the given one. */
export function named(count: number, name?: string): Named[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'AccountOpened',
    data: { accountId: 'acc_1', name: name ?? `Account ${index}`, limit: index },
    id: randomUUID(),
    metadata: { schemaVersion: SAMPLE_VERSION },
  }))
}

/** All events of a reader's pages. */
export async function all(pages: AsyncIterable<RecordedEvent[]>): Promise<RecordedEvent[]> {
  return (await pagesOf(pages)).flat()
}

async function pagesOf(pages: AsyncIterable<RecordedEvent[]>): Promise<RecordedEvent[][]> {
  const collected: RecordedEvent[][] = []
  for await (const page of pages) collected.push(page)
  return collected
}

export function ids(events: readonly { id: string }[]): string[] {
  return events.map((event) => event.id)
}

/** The batches of a subscription, up to a position. */
export async function until(
  subscription: AsyncIterable<Batch>,
  { position }: { position: Position },
): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of subscription) {
    batches.push(batch)
    if (batch.position >= position) break
  }
  return batches
}

/** The events of the given streams only: others may write to the log as well. */
export function own(batches: readonly Batch[], ...streams: StreamName[]): RecordedEvent[] {
  return batches.flatMap((batch) => batch.events).filter((event) => streams.includes(event.stream))
}

export interface Listener {
  batches: Batch[]
  /** Resolves when the subscription reaches a position. */
  reaches(position: Position): Promise<void>
  stop(): Promise<void>
  /** Resolves when the subscription ends. */
  ended: Promise<void>
}

/** A subscriber in the background that keeps everything it receives. */
export function listen(store: EventStore, after: Position, some: Partial<SubscribeOptions> = {}): Listener {
  const abort = new AbortController()
  const batches: Batch[] = []
  let arrived = () => {}
  const run = async () => {
    for await (const batch of store.subscribe(after, { ...some, signal: abort.signal })) {
      batches.push(batch)
      arrived()
    }
  }
  const ended = run()
  const failed = ended.then(() => {
    throw new Error('The subscription has ended.')
  })
  failed.catch(() => {})
  return {
    batches,
    ended,
    async reaches(position) {
      while ((batches.at(-1)?.position ?? after) < position) {
        const next = new Promise<void>((resolve) => {
          arrived = resolve
        })
        await Promise.race([next, failed])
      }
    },
    stop() {
      abort.abort()
      return ended
    },
  }
}

/** Appends events one by one, and reloads the stream after each conflict. */
async function appendEach(store: EventStore, stream: StreamName, events: readonly NewEvent[]): Promise<Appended> {
  let appended: Appended = { revision: NO_EVENTS, position: START }
  for (const event of events) {
    for (;;) {
      try {
        appended = await store.append(stream, [event], appended.revision)
        break
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error
        const last = (await all(store.read(stream, { limit: ALL_EVENTS }))).at(-1)
        appended = { revision: last?.revision ?? NO_EVENTS, position: place(last) }
      }
    }
  }
  return appended
}

function options(some: Partial<SubscribeOptions> = {}): SubscribeOptions {
  return { signal: new AbortController().signal, ...some }
}

function place(at: { position: Position } | undefined): Position {
  return at?.position ?? START
}

/** Every batch is ahead of the previous one, and its events lie between the two positions, in order. */
function expectAdvancing(batches: readonly Batch[], after: Position): void {
  let before = after
  for (const { events, position } of batches) {
    const places = [before, ...events.map((event) => event.position)]
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
    expect(position).toBeGreaterThan(before)
    expect(position).toBeGreaterThanOrEqual(places.at(-1) ?? START)
    before = position
  }
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It succeeded, and should not have.')
}
