// A lease whose members crash and restart, on a simulated clock: how long a share goes without an owner.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EventStore } from '../store/event-store.ts'
import { eventStoreOn } from '../store/eventstoredb/eventstoredb-event-store.ts'
import { namesIn } from '../store/eventstoredb/names.ts'
import { scriptedServer } from '../store/eventstoredb/scripted-server.given.ts'
import { sample } from '../store/sample.given.ts'
import { openSqliteEventStore } from '../store/sqlite/sqlite-event-store.ts'
import { type Lease, openLease } from './lease.ts'

const SHARES = 64
const STEP_MS = 100
/** docs/operations.md: the shares of a process that dies are taken over in that time. */
const PROMISED_MS = 6_000
/** A caller of a command waits for an owner of the partition for that time. */
const CALLERS_WAIT_MS = 3_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe.each([
  ['the embedded log', embedded],
  ['EventStoreDB', eventStoreDB],
])('on %s', (_, openLog) => {
  test.each([
    { livesMs: 1_000, interruptions: 1 },
    { livesMs: 2_500, interruptions: 1 },
    { livesMs: 4_500, interruptions: 1 },
    { livesMs: 7_000, interruptions: 1 },
    { livesMs: 15_000, interruptions: 2 },
  ])('a member that crashes $livesMs ms after each start leaves the shares to the other one', async (crashes) => {
    const desk = deskOn(await openLog())
    const steady = await desk.join('steady')
    await desk.pass(1_000)
    let crashing = await desk.join('crashing')
    await desk.pass(20_000)
    expect([steady, crashing].map(({ lease }) => lease.held().length)).toEqual([32, 32])
    desk.watch()
    for (let start = 1; start <= 60_000 / crashes.livesMs; start++) {
      crashing.crash()
      await desk.pass(1_000)
      crashing = await desk.join(`crashing ${start}`)
      await desk.pass(crashes.livesMs)
    }
    await desk.pass(PROMISED_MS)
    expect(desk.longestWithout()).toBeLessThanOrEqual(PROMISED_MS)
    expect(desk.interruptions(CALLERS_WAIT_MS)).toBeLessThanOrEqual(crashes.interruptions)
  })

  test('a planned restart after an old crash leaves no share without an owner for longer than callers wait', async () => {
    const desk = deskOn(await openLog())
    const [first, second] = [await desk.join('first'), await desk.join('second')]
    await desk.pass(20_000)
    second.crash()
    await desk.pass(60_000)
    desk.watch()
    await desk.join('second again')
    await desk.pass(20_000)
    await desk.leave(first)
    await desk.pass(2_000)
    const again = await desk.join('first again')
    await desk.pass(20_000)
    expect(again.lease.held()).toHaveLength(32)
    expect(desk.longestWithout()).toBeLessThan(CALLERS_WAIT_MS)
  })

  test("a newcomer takes all shares when the only other member leaves or dies during the newcomer's probation", async () => {
    for (const end of ['leaves', 'dies'] as const) {
      const desk = deskOn(await openLog())
      const old = await desk.join('old')
      await desk.pass(20_000)
      desk.watch()
      const newcomer = await desk.join('newcomer')
      await desk.pass(2_000)
      expect(newcomer.lease.held()).toEqual([])
      if (end === 'dies') old.crash()
      else await desk.leave(old)
      await desk.pass(10_000)
      expect(newcomer.lease.held()).toHaveLength(SHARES)
      expect(desk.longestWithout()).toBeLessThanOrEqual(end === 'dies' ? PROMISED_MS : CALLERS_WAIT_MS)
    }
  })

  test('members that start together share at once, and a lasting newcomer gets its share from an older member', async () => {
    const desk = deskOn(await openLog())
    const all = [await desk.join('a'), await desk.join('b')]
    await desk.pass(3_000)
    expect(all.map(({ lease }) => lease.held().length)).toEqual([32, 32])
    await desk.pass(20_000)
    const late = await desk.join('c')
    await desk.pass(8_000)
    expect(late.lease.held()).toHaveLength(21)
  })

  test('a member that leaves, and cannot end its work on one share, leaves all other shares to the rest', async () => {
    for (const why of ['is stopped', 'cannot do its work'] as const) {
      const desk = deskOn(await openLog())
      let isAble = true
      const onLost = (share: number) => (share === 0 ? never() : undefined)
      const old = await desk.join('old', { isAble: () => isAble, onLost })
      await desk.pass(20_000)
      const [newcomer, another] = [await desk.join('newcomer'), await desk.join('another')]
      if (why === 'is stopped') void old.lease.release()
      else isAble = false
      await desk.pass(4_000)
      const sizes = [old, newcomer, another].map(({ lease }) => lease.held().length)
      expect(sizes.sort((a, b) => a - b)).toEqual([0, 31, 32])
    }
  })
})

interface Member {
  lease: Lease
  /** It stops without a word to the others. */
  crash(): void
}

/** Members of one lease, and their simulated clock. */
function deskOn(log: EventStore) {
  const members = new Set<Member>()
  const gaps: number[] = []
  let isWatched = false
  let gap = 0

  const isServed = () => {
    const held = [...members].flatMap(({ lease }) => lease.held())
    expect(new Set(held).size).toBe(held.length)
    return held.length === SHARES
  }

  const desk = {
    async join(holder: string, options: Partial<Parameters<typeof openLease>[0]> = {}): Promise<Member> {
      const { store, crash } = crashable(log)
      const opening = openLease({ ...usual, store, holder, ...options })
      const lease = await opening
      const member: Member = {
        lease,
        crash() {
          members.delete(member)
          crash()
        },
      }
      members.add(member)
      return member
    },

    async leave(member: Member): Promise<void> {
      let isOver = false
      void member.lease.release().then(() => {
        isOver = true
      })
      while (!isOver) await desk.pass(STEP_MS)
      members.delete(member)
    },

    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        vi.advanceTimersByTime(STEP_MS)
        for (let turns = 0; turns < 8; turns++) await turn()
        if (!isWatched) continue
        if (isServed()) gap = 0
        else {
          if (gap === 0) gaps.push(0)
          gap += STEP_MS
          gaps[gaps.length - 1] = gap
        }
      }
    },

    /** From now on, shares without an owner are measured. */
    watch(): void {
      isWatched = true
    },

    longestWithout: () => Math.max(0, ...gaps),
    interruptions: (longerThanMs: number) => gaps.filter((gap) => gap > longerThanMs).length,
  }
  onTestFinished(() => {
    for (const member of members) member.crash()
  })
  return desk
}

const usual = {
  name: 'commands',
  shares: SHARES,
  onTaken() {},
  onLost() {},
  log: { debug() {}, info() {}, warn() {}, error() {} },
}

function never(): Promise<void> {
  return new Promise(() => {})
}

/** The log of a process that may crash: from then on it answers nothing and sends nothing. */
function crashable(log: EventStore) {
  let hasCrashed = false
  const store: EventStore = {
    ...log,
    append: (...what) => (hasCrashed ? new Promise(() => {}) : log.append(...what)),
    async *read(...what) {
      if (hasCrashed) await never()
      yield* log.read(...what)
    },
  }
  return {
    store,
    crash() {
      hasCrashed = true
    },
  }
}

async function embedded(): Promise<EventStore> {
  const directory = await mkdtemp(join(tmpdir(), 'crashes-'))
  const log = await openSqliteEventStore({ catalogue: sample, file: join(directory, 'events.db') })
  onTestFinished(async () => {
    await log.close()
    await rm(directory, { recursive: true })
  })
  return log
}

async function eventStoreDB(): Promise<EventStore> {
  return eventStoreOn(scriptedServer().shared, { catalogue: sample, names: namesIn('desk') })
}
