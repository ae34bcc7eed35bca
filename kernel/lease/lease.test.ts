import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  ALL_EVENTS,
  type EventStore,
  NO_EVENTS,
  OutcomeUnknown,
  type ReadableEvent,
  type RecordedEvent,
  StoreUnavailable,
} from '../store/event-store.ts'
import { eventStoreOn } from '../store/eventstoredb/eventstoredb-event-store.ts'
import { namesIn } from '../store/eventstoredb/names.ts'
import { scriptedServer } from '../store/eventstoredb/scripted-server.given.ts'
import type { LeaseEvent } from '../store/kernel-events.ts'
import { SAMPLE_VERSION, sample } from '../store/sample.given.ts'
import { openSqliteEventStore } from '../store/sqlite/sqlite-event-store.ts'
import { type Lease, openLease } from './lease.ts'
import type { LeaseOptions } from './lease-options.ts'

let directory: string
let store: EventStore
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lease-'))
  store = await openStore()
  return () => rm(directory, { recursive: true })
})

test('a single process takes all shares, after it received the lease', async () => {
  const lease = await joined('a', { shares: 3 })
  expect(lease.taken).toEqual([])
  await eventually(() => expect(lease.taken).toEqual([0, 1, 2]))
  expect([0, 1, 2, 3].map(lease.holds)).toEqual([true, true, true, false])
  expect(lease.held()).toEqual([0, 1, 2])
  expect(lease.health()).toEqual({ ok: true, detail: 'holds 3 of 3 shares, 1 member' })
})

test('a new member gets its part, a leaving one hands it over, and no share has two holders', async () => {
  const shares = 10
  const a = await joined('a', { shares })
  await eventually(() => expect(a.held()).toHaveLength(10))
  const b = await joined('b', { shares })
  const c = await joined('c', { shares, store: await openStore() })
  await eventually(() => expect(sizes(a, b, c)).toEqual([4, 3, 3]))
  await eventually(() => expect(a.health().detail).toBe('holds 4 of 10 shares, 3 members'))
  await a.release()
  await eventually(() => expect(sizes(b, c)).toEqual([5, 5]))
  expect(heldTwice).toEqual([])
})

test('leases on EventStoreDB are shared and handed over as well', async () => {
  const { shared } = scriptedServer()
  const openStore = () => eventStoreOn(shared, { catalogue: sample, names: namesIn('desk') })
  const a = await joined('a', { shares: 4, store: openStore() })
  const b = await joined('b', { shares: 4, store: openStore() })
  await eventually(() => expect(sizes(a, b)).toEqual([2, 2]))
  await a.release()
  await eventually(() => expect(b.held()).toEqual([0, 1, 2, 3]))
  expect(heldTwice).toEqual([])
})

test('of the processes that start at the same time one gets the only share, and the others write nothing', async () => {
  const all = await Promise.all(['a', 'b', 'c'].map((holder) => joined(holder)))
  await eventually(() => expect(all.filter((lease) => lease.holds(0))).toHaveLength(1))
  const active = all.find((lease) => lease.holds(0))
  const standbys = all.filter((lease) => lease !== active)
  for (const { health } of standbys) {
    await eventually(() => expect(health()).toEqual({ ok: true, detail: `standby, held by ${active?.name}` }))
  }
  expect(active?.health().detail).toBe('holds the lease')
  expect(new Set((await renewals()).map(({ data }) => data.holder))).toEqual(new Set([active?.name]))
  await Promise.all(standbys.map(({ release }) => release()))
  expect((await renewals()).map(({ type }) => type)).not.toContain('LeaseReleased')
})

test("a released lease is taken over at once, after the holder's work has ended", async () => {
  const ending = signal()
  const a = await joined('a', { onLost: () => ending.given })
  await eventually(() => expect(a.holds(0)).toBe(true))
  const b = await joined('b')
  const released = a.release()
  expect([a.held(), a.holds(0)]).toEqual([[], true])
  const before = (await renewals()).length
  await eventually(async () => expect((await renewals()).length).toBeGreaterThan(before + 2))
  expect(b.holds(0)).toBe(false)
  ending.give()
  await released
  await eventually(() => expect(b.holds(0)).toBe(true))
})

test('a process that cannot do the work leaves it to others, and returns when it can', async () => {
  let isAble = true
  const a = await joined('a', { shares: 2, isAble: () => isAble })
  await eventually(() => expect(a.held()).toEqual([0, 1]))
  const b = await joined('b', { shares: 2 })
  isAble = false
  await eventually(() => expect(b.held()).toEqual([0, 1]))
  expect(a.held()).toEqual([])
  isAble = true
  await eventually(() => expect(sizes(a, b)).toEqual([1, 1]))
  expect(heldTwice).toEqual([])
})

test('a share is handed over when the work on it has ended, and the others are renewed meanwhile', async () => {
  const ending = signal()
  const a = await joined('a', { shares: 2, onLost: () => ending.given })
  await eventually(() => expect(a.held()).toEqual([0, 1]))
  const b = await joined('b', { shares: 2 })
  await eventually(() => expect(a.lost).toEqual([1]))
  expect(a.held()).toEqual([0])
  const before = (await renewals()).length
  await eventually(async () => expect((await renewals()).length).toBeGreaterThan(before + 8))
  expect([a.held(), b.held()]).toEqual([[0], []])
  ending.give()
  await eventually(() => expect(b.held()).toEqual([1]))
  expect(a.held()).toEqual([0])
})

test('a holder that cannot reach the store loses everything, and another one takes over', async () => {
  const flaky = faulty(store)
  const a = await joined('a', { ...short, store: flaky.store, shares: 2 })
  await eventually(() => expect(a.held()).toEqual([0, 1]))
  flaky.isDown = true
  const b = await joined('b', { ...short, shares: 2 })
  await eventually(() => expect(a.lost.slice(-2)).toEqual([0, 1]))
  expect(a.health()).toEqual({ ok: false, detail: 'the store is away' })
  await eventually(() => expect(b.held()).toEqual([0, 1]))

  flaky.isDown = false
  await eventually(() => expect(sizes(a, b)).toEqual([1, 1]))
  expect(a.health()).toEqual({ ok: true, detail: 'holds 1 of 2 shares, 2 members' })
  expect(heldTwice).toEqual([])
})

test('when the store returns and nobody has taken over, the shares are taken again', async () => {
  const flaky = faulty(store)
  const a = await joined('a', { ...short, store: flaky.store })
  await eventually(() => expect(a.holds(0)).toBe(true))
  flaky.isDown = true
  await eventually(() => expect(a.holds(0)).toBe(false))
  flaky.isDown = false
  await eventually(() => expect(a.holds(0)).toBe(true))
  expect(a.taken.length).toBe(a.lost.length + 1)
})

test('an append that fails or has an unknown outcome costs no share', async () => {
  const flaky = faulty(store)
  const a = await joined('a', { store: flaky.store })
  await eventually(() => expect(a.holds(0)).toBe(true))
  flaky.faults = ['unheard', 'lost', 'unavailable', 'unheard', 'unheard', 'lost']
  await eventually(() => expect(flaky.faults).toEqual([]))
  await eventually(() => expect(a.health().ok).toBe(true))
  expect([a.taken, a.lost]).toEqual([[0], []])
})

test('a process that was stopped for longer than its lease does not count itself as the holder', async () => {
  let stopped = 0
  const flaky = faulty(store)
  const a = await joined('a', {
    store: flaky.store,
    now: () => performance.now() + stopped,
  })
  await eventually(() => expect(a.holds(0)).toBe(true))
  flaky.isDown = true
  stopped = 60_000
  expect(a.holds(0)).toBe(false)
  expect(a.held()).toEqual([])
  expect(a.lost).toEqual([])
  flaky.isDown = false
  await eventually(() => expect([a.taken, a.lost]).toEqual([[0, 0], [0]]))
})

test('a renewal that took longer than the lease lasts has no effect', async () => {
  let late = 0
  const slow: EventStore = {
    ...store,
    async append(...what) {
      const appended = await store.append(...what)
      late += 1_000
      return appended
    },
  }
  const a = await joined('a', { store: slow, expiresAfterMs: 1_000, now: () => performance.now() + late })
  await eventually(async () => expect((await renewals()).length).toBeGreaterThan(3))
  expect(a.taken).toEqual([])
})

test('a lost share is taken again only after the work on it has ended', async () => {
  const ending = signal()
  const flaky = faulty(store)
  const a = await joined('a', { ...short, store: flaky.store, onLost: () => ending.given })
  await eventually(() => expect(a.holds(0)).toBe(true))
  flaky.isDown = true
  await eventually(() => expect(a.lost).toEqual([0]))
  flaky.isDown = false
  const before = (await renewals()).length
  await eventually(async () => expect((await renewals()).length).toBeGreaterThan(before + 3))
  expect(a.taken).toEqual([0])
  ending.give()
  await eventually(() => expect(a.taken.length).toBeGreaterThan(1))
})

test('an error in the work on a share is logged, and the lease continues', async () => {
  const error = vi.fn()
  const fail = () => {
    throw new Error('no')
  }
  const a = await joined('a', { shares: 2, onTaken: fail, onLost: fail, log: { ...quiet, error } })
  await eventually(() => expect(a.held()).toEqual([0, 1]))
  const b = await joined('b', { shares: 2 })
  await eventually(() => expect(sizes(a, b)).toEqual([1, 1]))
  expect(error).toHaveBeenCalledTimes(3)
})

test('the first read of a lease with many renewals fetches only the newest', async () => {
  let revision = NO_EVENTS
  for (const _ of Array(20)) {
    const events = Array.from({ length: 100 }, () => ({
      type: 'LeaseRenewed' as const,
      data: { lease: 'work', holder: 'gone', shares: [0] },
      id: randomUUID(),
      metadata: { schemaVersion: SAMPLE_VERSION },
    }))
    revision = (await store.append('lease-work', events, revision)).revision
  }
  let read = 0
  const counted = async function* (pages: AsyncIterable<RecordedEvent[]>) {
    for await (const page of pages) {
      read += page.length
      yield page
    }
  }
  const a = await joined('a', {
    ...short,
    store: {
      ...store,
      read: (stream, options) => counted(store.read(stream, options)),
      readBackwards: (stream, options) => counted(store.readBackwards(stream, options)),
    },
  })
  expect(a.health().detail).toBe('standby, held by gone')
  await eventually(() => expect(a.holds(0)).toBe(true))
  expect(read).toBeLessThanOrEqual(1_000)
})

test('a member that leaves during an outage of the store does not wait for it', async () => {
  const flaky = faulty(store)
  const a = await joined('a', { store: flaky.store })
  await eventually(() => expect(a.holds(0)).toBe(true))
  flaky.isDown = true
  await a.release()
  expect(a.lost).toEqual([0])
})

test('a lease with impossible options is refused', async () => {
  await expect(joined('a', { shares: 0 })).rejects.toThrow('1 share or more, not 0')
  await expect(joined('a', { renewEveryMs: 100, expiresAfterMs: 150 })).rejects.toThrow('expiresAfterMs 150')
})

/** For leases that are to expire. */
const short = { expiresAfterMs: 300 }

interface Joined extends Lease {
  name: string
  taken: number[]
  lost: number[]
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const holders = new Map<number, string>()
const heldTwice: string[] = []
beforeEach(() => {
  holders.clear()
  heldTwice.length = 0
})

/** A process with a share that renews often, which leaves when the test has finished. */
async function joined(name: string, options: Partial<LeaseOptions> = {}): Promise<Joined> {
  const taken: number[] = []
  const lost: number[] = []
  const lease = await openLease({
    store,
    name: 'work',
    shares: 1,
    holder: name,
    log: quiet,
    renewEveryMs: 20,
    expiresAfterMs: 60_000,
    ...options,
    onTaken(share) {
      if (holders.has(share)) heldTwice.push(`${share} by ${holders.get(share)} and ${name}`)
      holders.set(share, name)
      taken.push(share)
      options.onTaken?.(share)
    },
    async onLost(share) {
      lost.push(share)
      try {
        await options.onLost?.(share)
      } finally {
        if (holders.get(share) === name) holders.delete(share)
      }
    },
  })
  onTestFinished(() => lease.release())
  return { ...lease, name, taken, lost }
}

/** A store for another process on the same file. */
async function openStore(): Promise<EventStore> {
  const opened = await openSqliteEventStore({ catalogue: sample, file: join(directory, 'events.db') })
  onTestFinished(() => opened.close())
  return opened
}

type Fault = 'unavailable' | 'lost' | 'unheard'

/** The same store, which can be unreachable, or fail the next appends. */
function faulty(real: EventStore) {
  const away = () => new StoreUnavailable('the store is away')
  const flaky = {
    isDown: false,
    faults: [] as Fault[],
    store: {
      ...real,
      async append(...what) {
        const fault = flaky.isDown ? 'unavailable' : flaky.faults.shift()
        if (fault === 'unavailable') throw away()
        if (fault === 'lost') throw new OutcomeUnknown('the connection broke before the append arrived')
        const appended = await real.append(...what)
        if (fault === 'unheard') throw new OutcomeUnknown('the connection broke before the answer arrived')
        return appended
      },
      async *read(stream, options) {
        if (flaky.isDown) throw away()
        yield* real.read(stream, options)
      },
    } satisfies EventStore as EventStore,
  }
  return flaky
}

async function renewals() {
  const found: ReadableEvent<LeaseEvent>[] = []
  for await (const page of store.read('lease-work', { limit: ALL_EVENTS })) {
    for (const event of page)
      if (event.type === 'LeaseRenewed' || event.type === 'LeaseReleased')
        found.push(event as ReadableEvent<LeaseEvent>)
  }
  return found
}

/** The machine may be busy with other work. */
const eventually = <Result>(check: () => Result) => vi.waitFor(check, { timeout: 30_000, interval: 10 })

function sizes(...leases: Lease[]): number[] {
  return leases.map((lease) => lease.held().length)
}

function signal() {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}
