// A server that hangs, or that is cut off silently: its connections stay open and carry nothing.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Wire, wireTo } from '../../wire.given.ts'
import { all, ids, listen, named } from '../event-store.contract.ts'
import {
  ALL_EVENTS,
  type EventStore,
  NO_EVENTS,
  OutcomeUnknown,
  StoreUnavailable,
  type StreamName,
} from '../event-store.ts'
import { START } from '../position.ts'
import { sample } from '../sample.given.ts'
import { openEventStoreDB } from './eventstoredb-event-store.ts'
import { scriptedServer } from './scripted-server.given.ts'
import { type Member, serve } from './scripted-server-over-grpc.given.ts'

/**
 * In a cluster in which the others elect a new leader in about three seconds, commands are accepted again in that time.
 */
const PROMISED_MS = 8_000
const ELECTION_MS = 3_000

test('when the leader hangs, the log can be written again within 8 seconds', async () => {
  const { wire, elect, store } = await cluster()
  const subscriber = listen(store, START)
  const acknowledged = await append(store, 5)
  wire.silence()
  const [again] = await Promise.all([
    within(PROMISED_MS, () => append(store, 5, acknowledged)),
    pause(ELECTION_MS).then(elect),
  ])
  const written = [...acknowledged, ...again]
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(written)
  await subscriber.reaches(await store.head())
  expect(subscriber.batches.flatMap(({ events }) => ids(events))).toEqual(written)
  await subscriber.stop()
})

test('the client leaves a hanging node that the others take for the leader for too long', async () => {
  const { wire, elect, store } = await cluster()
  const acknowledged = await append(store, 5)
  wire.silence()
  const before = wire.connections().ever
  const writing = append(store, 5, acknowledged)
  await expect.poll(() => wire.connections().ever).toBeGreaterThan(before)
  elect()
  const again = await within(PROMISED_MS, () => writing)
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual([...acknowledged, ...again])
})

test('a single server that is cut off silently is soon unavailable, and available again when the cut ends', async () => {
  const { wire, store } = await single()
  const acknowledged = await append(store, 5)
  wire.silence()
  await expect(within(PROMISED_MS, () => all(store.read(stream, { limit: ALL_EVENTS })))).rejects.toThrow(
    StoreUnavailable,
  )
  const writing = append(store, 5, acknowledged)
  wire.mend()
  const again = await within(PROMISED_MS, () => writing)
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual([...acknowledged, ...again])
})

test('a connection survives while this process is too busy to serve it', async () => {
  const { wire, store } = await single()
  let acknowledged: string[] = []
  for (let times = 0; times < 4; times++) {
    acknowledged = [...acknowledged, ...(await append(store, 5, acknowledged))]
    for (const end = performance.now() + 2_500; performance.now() < end; );
    await pause(20)
  }
  expect(ids(await all(store.read(stream, { limit: ALL_EVENTS })))).toEqual(acknowledged)
  expect(wire.connections().ever).toBe(1)
})

test('a connection string that sets the keep-alive takes effect', async () => {
  const { wire, store } = await single('&keepAliveInterval=60000&keepAliveTimeout=60000')
  const acknowledged = await append(store, 5)
  wire.silence()
  const reading = all(store.read(stream, { limit: ALL_EVENTS }))
  await pause(PROMISED_MS)
  wire.mend()
  expect(ids(await reading)).toEqual(acknowledged)
  expect(wire.connections().ever).toBe(1)
})

const stream: StreamName = 'account-acc_1'

/**
 * Appends the given number of events one after another, as a command handler does. A failed append is sent again
 * unchanged.
 */
async function append(store: EventStore, count: number, before: readonly string[] = []): Promise<string[]> {
  const appended: string[] = []
  while (appended.length < count) {
    const events = named(1)
    for (let isDone = false; !isDone; ) {
      try {
        await store.append(stream, events, before.length + appended.length + NO_EVENTS)
        isDone = true
      } catch (error) {
        if (!(error instanceof OutcomeUnknown || error instanceof StoreUnavailable)) throw error
        await pause(50)
      }
    }
    appended.push(...ids(events))
  }
  return appended
}

async function within<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  const late = pause(milliseconds, undefined, { ref: false }).then(() => {
    throw new Error(`not done within ${milliseconds} ms`)
  })
  return Promise.race([work(), late])
}

interface Served {
  store: EventStore
  /** The path to the first server. */
  wire: Wire
}

async function single(parameters = ''): Promise<Served> {
  const server = await serve(scriptedServer())
  const wire = await wireTo(server.url)
  const store = await openEventStoreDB({ catalogue: sample, url: `${wire.url}${parameters}` })
  onTestFinished(async () => {
    wire.mend()
    await store.close()
    await wire.remove()
    server.kill()
  })
  return { store, wire }
}

/** Three nodes with one log. The first is the leader until the others elect the second. */
async function cluster(): Promise<Served & { elect(): void }> {
  const log = scriptedServer()
  let members: Member[] = []
  const gossip = () => members
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => serve(log, Date.now, gossip)))
  if (!first || !second || !third) throw new Error('There are three nodes.')
  const wire = await wireTo(first.url)
  const urls = [wire.url, second.url, third.url]
  const lead = (leader: string, isFirstAlive: boolean) => {
    members = urls.map((url) => ({ url, isLeader: url === leader, isAlive: url !== wire.url || isFirstAlive }))
    for (const node of [second, third]) node.follow(leader)
  }
  lead(wire.url, true)
  const hosts = urls.map((url) => new URL(url).host)
  const store = await openEventStoreDB({ catalogue: sample, url: `esdb://${hosts.join(',')}?tls=false` })
  onTestFinished(async () => {
    await store.close()
    await wire.remove()
    for (const node of [first, second, third]) node.kill()
  })
  return {
    store,
    wire,
    elect() {
      lead(second.url, false)
      second.lead()
    },
  }
}
