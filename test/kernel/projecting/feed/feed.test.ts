import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Feed, openFeed } from '../../../../kernel/projecting/feed/feed.ts'
import { follow as entriesOf, type Lagged } from '../../../../kernel/projecting/feed/follow.ts'
import type { HistoryEntry } from '../../../../kernel/projecting/store/view-store.ts'
import { rounds } from '../../../../kernel/rounds.given.ts'
import type { Position } from '../../../../kernel/store/position.ts'
import { farAway, openTestViews, type TestViews } from '../../../../query/test-views.given.ts'
import { creditReserved, customerRegistered, orderPlaced, productAdded } from '../../../../query/views/given.ts'

const log = { info() {}, warn() {} }
/** Polling that a test does not live to see. */
const NEVER_MS = 1_000_000

let desk: TestViews
let feed: Feed

beforeEach(async () => {
  desk = await openTestViews()
  feed = await openFeed({ views: desk.views, log, pollMs: NEVER_MS })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await feed.close()
  await desk.close()
})

/** Writes events, and tells the feed so. */
async function happened(...events: Parameters<TestViews['append']>): Promise<Position> {
  const position = (await desk.append(...events)).at(-1)?.position ?? 0
  feed.look(position)
  return position
}

const reservations = (count: number) => Array.from({ length: count }, () => creditReserved())

describe('the position', () => {
  test('is the checkpoint that the views had when the feed was opened, and moves with every hint', async () => {
    await desk.append(customerRegistered(), creditReserved())
    const later = await openFeed({ views: desk.views, log, pollMs: NEVER_MS })
    expect(later.position()).toBe(2)
    await later.close()

    feed.look(2)
    expect(feed.position()).toBe(2)
    feed.look(1)
    expect(feed.position()).toBe(2)
  })

  test('moves without reading a single entry while nobody is subscribed', async () => {
    const history = vi.spyOn(desk.views, 'history')
    feed.changes('customers/cus_1').close()
    await happened(customerRegistered())
    await setImmediate()
    expect(feed.position()).toBe(1)
    expect(history).not.toHaveBeenCalled()
  })

  test('is found out by a hint without a checkpoint, and by the feed itself when every hint was lost', async () => {
    await desk.append(customerRegistered())
    feed.look()
    await expect.poll(() => feed.position()).toBe(1)

    const polling = await openFeed({ views: desk.views, log, pollMs: 5 })
    await desk.append(creditReserved())
    await expect.poll(() => polling.position()).toBe(2)
    await polling.close()
  })
})

describe('waiting for a position', () => {
  test('ends as soon as the views are there, for all who wait for it or for less', async () => {
    const waits = [3, 1, 2, 4].map((position) => feed.reached(position, 10_000))
    await happened(customerRegistered(), creditReserved(), creditReserved())
    expect(await Promise.all(waits.slice(0, 3))).toEqual([true, true, true])
    expect(feed.health().waiting).toBe(1)
    await happened(creditReserved())
    expect(await waits[3]).toBe(true)
    expect(await feed.reached(4, 0)).toBe(true)
  })

  test('ends in vain when the time is up, and when the feed closes', async () => {
    expect(await feed.reached(1, 1)).toBe(false)
    const waiting = feed.reached(1, 10_000)
    await feed.close()
    expect(await waiting).toBe(false)
    expect(feed.health().waiting).toBe(0)
  })

  test('needs no hint when the views are further than this node knows', async () => {
    await desk.append(customerRegistered())
    expect(await feed.reached(1, 10_000)).toBe(true)
  })

  test('is refused to more than ten thousand at once', async () => {
    const waiting = Array.from({ length: 10_000 }, () => feed.reached(1, 10_000))
    expect(await feed.reached(1, 10_000)).toBe(false)
    await happened(customerRegistered())
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([true]))
  })
})

describe('changes', () => {
  test('wake those who follow the topic, once for any number of changes, and nobody else', async () => {
    const customer = feed.changes('customers/cus_1')
    const product = feed.changes('products/prd_1')
    let told = false
    const productAdds = product.next().finally(() => (told = true))
    await happened(customerRegistered(), ...reservations(2_000))
    expect(await customer.next()).toBe(true)
    expect(told).toBe(false)
    // Topics are notified in the order of the log: a reader that hears of the product has had all of the customer.
    await happened(productAdded())
    expect(await productAdds).toBe(true)
    expect(await customer.next()).toBe(true)
    const waiting = customer.next()
    customer.close()
    expect(await waiting).toBe(false)
    product.close()
    expect(feed.health().subscriptions).toBe(0)
  })

  test('are not lost when the views cannot be read for a while', async () => {
    const changes = feed.changes('customers/cus_1')
    vi.spyOn(desk.views, 'history').mockRejectedValueOnce(new Error('the disk is gone'))
    await happened(customerRegistered())
    await expect.poll(() => feed.health().failure).toBe('the disk is gone')
    feed.look()
    expect(await changes.next()).toBe(true)
    await expect.poll(() => feed.health().failure).toBeUndefined()
  })

  test('end when the feed closes, also those that are asked for later', async () => {
    const before = feed.changes('customers/cus_1').next()
    await feed.close()
    expect(await before).toBe(false)
    expect(await feed.changes('customers/cus_1').next()).toBe(false)
  })
})

describe('following the history', () => {
  test('from now on leaves out what was recorded before', async () => {
    await happened(customerRegistered())
    const entries = follow({ views: desk.views, feed }, {})
    await happened(creditReserved(), creditReserved())
    expect(positions(await entries.next())).toEqual([2, 3])
    await entries.return()
  })

  test('from a position on reads what is stored, then goes on live', async () => {
    await happened(customerRegistered(), ...reservations(250))
    const entries = follow({ views: desk.views, feed }, {}, 1)
    const stored = [await entries.next(), await entries.next(), await entries.next()].flatMap(positions)
    expect(stored).toEqual(Array.from({ length: 250 }, (_, index) => index + 2))
    const live = entries.next()
    await happened(creditReserved())
    expect(positions(await live)).toEqual([252])
    await entries.return()
  })

  test('from a position that this node has not reached says nothing of what lies before it', async () => {
    await happened(customerRegistered())
    const entries = follow({ views: desk.views, feed }, {}, 3)
    const next = entries.next()
    await happened(creditReserved(), creditReserved())
    await happened(creditReserved())
    expect(positions(await next)).toEqual([4])
    await entries.return()
  })

  test('lets through what the filter asks for, stored and live alike', async () => {
    const filter = {
      topic: 'customers/cus_1',
      typeIn: ['CreditReserved'],
      recordedAt: { gt: '2026-01-01T00:00:02.000Z' },
    }
    const mixed = [creditReserved(), productAdded(), creditReserved({ customerId: 'cus_2' })]
    await happened(customerRegistered(), customerRegistered({ customerId: 'cus_2' }), ...mixed)
    const entries = follow({ views: desk.views, feed }, filter, 0)
    expect(positions(await entries.next())).toEqual([3])
    const live = entries.next()
    await happened(productAdded(), orderPlaced(), creditReserved())
    expect(positions(await live)).toEqual([8])
    await entries.return()
  })

  test('ends for a reader that is too slow, and states where to resume', async () => {
    await happened(customerRegistered())
    const entries = follow({ views: desk.views, feed }, {})
    await happened(creditReserved())
    expect(positions(await entries.next())).toEqual([2])
    const product = feed.changes('products/prd_1')
    await happened(...reservations(1_500), productAdded())
    await product.next()
    product.close()
    expect(await entries.next()).toEqual({ value: { resumeSince: 2 }, done: false })
    expect(await entries.next()).toEqual({ value: undefined, done: true })
    expect(feed.health().subscriptions).toBe(0)
  })

  test('ends for any number of readers that are too slow at one time, so that others hardly wait for them', async () => {
    await happened(customerRegistered())
    const slow = Array.from({ length: 50 }, () => follow({ views: desk.views, feed }, {}))
    for (const entries of slow) void entries.next()
    let passed = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (passed += 10))
    const product = feed.changes('products/prd_1')
    await happened(...reservations(1_200), productAdded())
    await product.next()
    product.close()
    expect(passed).toBeLessThan(1_000)
    for (const entries of slow) expect((await entries.next()).value).toHaveProperty('resumeSince')
  })

  test('does not end for a reader that keeps up with a burst', async () => {
    await happened(customerRegistered())
    const entries = follow({ views: desk.views, feed }, {})
    await happened(...reservations(5_000))
    let seen = 0
    while (seen < 5_000) seen += positions(await entries.next()).length
    expect(seen).toBe(5_000)
    await entries.return()
  })

  test('does not end for a reader that takes its time with what is stored', async () => {
    await happened(customerRegistered(), ...reservations(150))
    const entries = follow({ views: desk.views, feed }, {}, 0)
    const seen = positions(await entries.next())
    await happened(...reservations(1_500))
    while (seen.length < 1_651) seen.push(...positions(await entries.next()))
    expect(seen).toEqual(Array.from({ length: 1_651 }, (_, index) => index + 1))
    await entries.return()
  })

  test('lets others have their turn between the pages that it reads', async () => {
    await happened(customerRegistered(), ...reservations(999))
    let turns = 0
    let isOver = false
    const others = async () => {
      for (; !isOver; await setImmediate()) turns++
    }
    const counting = others()
    const entries = follow({ views: desk.views, feed }, {}, 0)
    for (let seen = 0; seen < 1_000; ) {
      const before = turns
      seen += positions(await entries.next()).length
      if (seen > 100) expect(turns).toBeGreaterThan(before)
    }
    isOver = true
    await counting
    await entries.return()
  })

  test('misses nothing that is recorded while stored entries are on their way to the reader', async () => {
    await happened(customerRegistered())
    const { history } = desk.views
    const product = feed.changes('products/prd_1')
    let times = 2
    vi.spyOn(desk.views, 'history').mockImplementation(async (query) => {
      const answer = await history(query)
      const isOfReader = query.topic !== undefined
      if (isOfReader && times-- > 0) {
        await happened(creditReserved(), productAdded())
        await product.next()
      }
      return answer
    })
    const entries = follow({ views: desk.views, feed }, { topic: 'customers/cus_1' }, 0)
    const seen: Position[] = []
    while (seen.length < 3) seen.push(...positions(await entries.next()))
    expect(seen).toEqual([1, 2, 4])
    product.close()
    await entries.return()
  })

  test('stops at once when its reader leaves, also before the first entry and while it waits', async () => {
    const unread = follow({ views: desk.views, feed }, {})
    await unread.return()
    const waiting = follow({ views: desk.views, feed }, {})
    const next = waiting.next()
    await waiting.return()
    expect(await next).toEqual({ value: undefined, done: true })
    expect(feed.health().subscriptions).toBe(0)
  })

  test('ends for everybody when the feed closes', async () => {
    const live = follow({ views: desk.views, feed }, {}).next()
    await feed.close()
    expect(await live).toEqual({ value: undefined, done: true })
    expect(await follow({ views: desk.views, feed }, {}, 0).next()).toEqual({ value: undefined, done: true })
  })

  test('gives each entry once and in order, regardless of what is lost, slow, or resumed in between', async () => {
    const anyStep = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('write'), count: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('write'), count: fc.constant(1_200) }) },
      { weight: 6, arbitrary: fc.constantFrom({ type: 'hint', count: 0 }, { type: 'pause', count: 0 }) },
      { weight: 8, arbitrary: fc.constant({ type: 'read', count: 0 }) },
      { weight: 3, arbitrary: fc.constant({ type: 'resume', count: 0 }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.infiniteStream(fc.nat(5)), async (steps, turns) => {
        const { append, close, ...stored } = await openTestViews()
        const views = farAway(stored.views, () => turns.next().value)
        await append(customerRegistered())
        const feed = await openFeed({ views, log, pollMs: NEVER_MS })
        let written = 1
        let last = 1
        const seen: Position[] = []
        let entries = follow({ views, feed }, {})
        let asked: ReturnType<typeof entries.next> | undefined

        async function read(): Promise<void> {
          const { value } = await (asked ?? entries.next())
          asked = undefined
          if (!value) throw new Error('the entries ended')
          if ('resumeSince' in value) {
            expect(value).toEqual({ resumeSince: last })
            entries = follow({ views, feed }, {}, value.resumeSince)
            return
          }
          seen.push(...value.map(({ position }) => position))
          last = seen.at(-1) ?? last
        }

        for (const { type, count } of steps) {
          if (type === 'write') written = (await append(...reservations(count))).at(-1)?.position ?? written
          if (type === 'hint') feed.look(written)
          if (type === 'pause') await setImmediate()
          if (type === 'read') {
            asked ??= entries.next()
            if (await Promise.race([asked.then(() => true), setImmediate(false)])) await read()
          }
          if (type === 'resume') {
            await entries.return()
            await asked // the message that is lost with the connection
            asked = undefined
            entries = follow({ views, feed }, {}, last)
          }
        }
        feed.look()
        while (last < written) await read()
        expect(seen).toEqual(Array.from({ length: written - 1 }, (_, index) => index + 2))
        await entries.return()
        expect(feed.health().subscriptions).toBe(0)
        await feed.close()
        await close()
      }),
      { numRuns: rounds(10) },
    )
  })
})

function positions({ value }: IteratorResult<unknown, void>): Position[] {
  if (!Array.isArray(value)) throw new Error(`entries were expected, not ${JSON.stringify(value)}`)
  return value.map((entry: { position: Position }) => entry.position)
}

/** The entries in the chunks in which the source gives them, without empty ones. */
function follow(...args: Parameters<typeof entriesOf>) {
  const source = entriesOf(...args)
  return {
    async next(): Promise<IteratorResult<readonly HistoryEntry[] | Lagged, void>> {
      for (;;) {
        const items = await source.next()
        if (items === undefined) {
          source.close()
          return { value: undefined, done: true }
        }
        const entries = items.filter((item) => 'position' in item)
        const [lagged] = items.filter((item) => 'resumeSince' in item)
        if (items.length > 0) return { value: lagged ?? entries, done: false }
      }
    },
    async return() {
      source.close()
    },
  }
}
