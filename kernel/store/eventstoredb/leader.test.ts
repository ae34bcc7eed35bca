// A cluster, whose client may be connected to a node that is not the leader.

import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { all, ids, listen, named } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  NO_EVENTS,
  OutcomeUnknown,
  type Revision,
  StoreUnavailable,
  type StreamName,
} from '../event-store.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import { eventStoreOn, openEventStoreDB } from './eventstoredb-event-store.ts'
import { namesIn } from './names.ts'
import { scriptedServer } from './scripted-server.given.ts'
import { serve } from './scripted-server-over-grpc.given.ts'

const stream = 'account-acc_1'

function openScripted() {
  const server = scriptedServer()
  const store = eventStoreOn(server.shared, { catalogue: sample, names: namesIn('desk') })
  onTestFinished(() => store.close())
  return { server, store }
}

test('a new append can be read at once, even through a follower that does not have it yet', async () => {
  const { server, store } = openScripted()
  await store.append(stream, named(1), NO_EVENTS)
  server.follow()
  const { position } = await store.append(stream, named(1), 0)
  expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(2)

  server.follow()
  await store.append(stream, named(1), 1)
  expect(await all(store.readBackwards(stream, { limit: 1 }))).toMatchObject([{ revision: 2 }])

  server.follow()
  await store.append('account-acc_2', named(1), NO_EVENTS)
  expect(await store.head()).toBeGreaterThan(position)
})

test('an answer without a position is completed from the leader', async () => {
  const { server, store } = openScripted()
  await store.append(stream, named(1), NO_EVENTS)
  server.follow()
  server.forgetNextPosition()
  const appended = await store.append(stream, named(1), 0)
  expect((await all(store.read(stream, { limit: ALL_EVENTS }))).at(-1)).toMatchObject(appended)
})

test('a subscriber begins at the leader', async () => {
  const { server, store } = openScripted()
  server.follow()
  const listener = listen(store, START)
  const { position } = await store.append(stream, named(3), NO_EVENTS)
  await listener.reaches(position)
  await listener.stop()
  server.follow()
  const later = listen(store, position)
  await later.reaches((await store.append(stream, named(1), 2)).position)
  await later.stop()
})

test('a read that two nodes refuse finds the store unavailable', async () => {
  const { server, store } = openScripted()
  await store.append(stream, named(1), NO_EVENTS)
  server.follow(2)
  await expect(all(store.read(stream, { limit: ALL_EVENTS }))).rejects.toThrow(StoreUnavailable)
  expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(1)
})

/** Two nodes with one log, and a store through the real client, opened at the first of them. */
async function openServed() {
  const log = scriptedServer()
  const [first, second] = [await serve(log), await serve(log)]
  const open = async () => {
    const store = await openEventStoreDB({ catalogue: sample, url: first.url })
    onTestFinished(async () => {
      await store.close()
      first.kill()
      second.kill()
    })
    return store
  }
  return { log, first, second, open }
}

test('a store that is opened at a follower moves to the leader', async () => {
  const { first, second, open } = await openServed()
  first.follow(second.url)
  const store = await open()
  first.kill()
  await store.append(stream, named(1), NO_EVENTS)
  expect(await all(store.read(stream, { limit: ALL_EVENTS }))).toHaveLength(1)
})

test('all callers leave a former leader, which may then stop: the outcome of every call in flight there is known', async () => {
  const { log, first, second, open } = await openServed()
  const store = await open()
  const listener = listen(store, START)
  const writing = new AbortController()
  onTestFinished(() => writing.abort())
  const streams = Array.from({ length: 20 }, (_, index): StreamName => `account-acc_${index}`)
  const written = streams.map(async (stream) => {
    const acknowledged: string[] = []
    for (let revision: Revision = NO_EVENTS; !writing.signal.aborted; ) {
      const events = named(1)
      revision = await settled(stream, events, revision)
      acknowledged.push(...ids(events))
    }
    return acknowledged
  })
  async function settled(stream: StreamName, events: ReturnType<typeof named>, expected: Revision): Promise<Revision> {
    for (;;) {
      try {
        return (await store.append(stream, events, expected)).revision
      } catch (error) {
        if (writing.signal.aborted) throw error
        if (!(error instanceof OutcomeUnknown || error instanceof StoreUnavailable)) throw error
        await turn()
      }
    }
  }
  const more = async (count: number) => {
    const { calls } = log.appendsSeen()
    await expect.poll(() => log.appendsSeen().calls).toBeGreaterThan(calls + count)
  }

  await more(100)
  first.follow(second.url)
  await all(store.read(stream, { limit: ALL_EVENTS }))
  await more(100)
  await expect.poll(() => log.startedAfter.length).toBeGreaterThan(1)
  await expect.poll(() => log.subscriptions()).toBe(1)
  first.kill()
  await more(100)
  writing.abort()

  const acknowledged = await Promise.all(written)
  for (const [index, stream] of streams.entries()) {
    expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(acknowledged[index])
  }
  await listener.reaches(await store.head())
  expect(listener.batches.flatMap((batch) => batch.events)).toHaveLength(acknowledged.flat().length)
  await listener.stop()
})

test('a read that the change of the leader cuts off fails, and does not pass as complete', async () => {
  const { first, second, open } = await openServed()
  const store = await open()
  for (let page = 0; page < 6; page++) await store.append(stream, named(500), 500 * page - 1)
  const read = async () => {
    for await (const _ of store.read(stream, { limit: ALL_EVENTS })) {
      first.follow(second.url)
      await all(store.readBackwards(stream, { limit: 1 }))
    }
  }
  await expect(read()).rejects.toThrow(StoreUnavailable)
})
