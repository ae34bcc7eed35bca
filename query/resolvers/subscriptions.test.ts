import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DomainEvent } from '../../events/catalogue.ts'
import { openFeed } from '../../kernel/projecting/feed/feed.ts'
import type { ViewStore } from '../../kernel/projecting/store/view-store.ts'
import { rounds } from '../../kernel/rounds.given.ts'
import { type Reads, readsOn } from '../context.ts'
import { farAway, openTestViews, type TestViews, testLogId } from '../test-views.given.ts'
import {
  creditLimitChanged,
  creditReserved,
  customerRegistered,
  orderApproved,
  orderCancelled,
  orderPlaced,
  orderShipped,
  productAdded,
  stockReceived,
} from '../views/given.ts'
import { executor, type Messages } from './execute.given.ts'

const position = (number: number) => `${testLogId}-${number}`
const log = { info() {}, warn() {} }
const NEVER_MS = 1_000_000

const customerChanged = `subscription ($since: Position) {
  customerChanged(customerId: "cus_1", since: $since) { kind position customer { creditLimit position } }
}`
const ordersChanged = `subscription ($since: Position) {
  customerOrdersChanged(customerId: "cus_1", since: $since) { kind position orders { id status position } }
}`
const eventsRecorded = `subscription ($since: Position, $filter: EventFilter) {
  eventsRecorded(since: $since, filter: $filter) { __typename ... on Event { type position } ... on FeedLagged { resumeSince } }
}`
const ordersFeed = `subscription ($since: Position, $filter: OrderFeedFilter) {
  ordersFeed(since: $since, filter: $filter) {
    __typename ... on OrderEvent { order { id status customer { name } } event { type } position } ... on FeedLagged { resumeSince }
  }
}`

/** The log is ahead of the views by as much as a test likes. */
const LOG_END = 1_000

interface Desk {
  reads: Reads
  run: ReturnType<typeof executor>['run']
  subscribe: ReturnType<typeof executor>['subscribe']
  append: TestViews['append']
  /** Events that this node hears of at once. */
  happened(...events: DomainEvent[]): Promise<void>
  close(): Promise<void>
}

async function openDesk(seen: (views: ViewStore) => ViewStore = (views) => views): Promise<Desk> {
  const { append, close, ...stored } = await openTestViews()
  const views = seen(stored.views)
  const feed = await openFeed({ views, log, pollMs: NEVER_MS })
  const logEnd = async () => LOG_END
  const reads = readsOn({ views, feed, logEnd, currency: 'EUR', version: '1.2.3' })
  return {
    reads,
    ...executor(reads),
    append,
    async happened(...events) {
      feed.look((await append(...events)).at(-1)?.position)
    },
    async close() {
      await feed.close()
      await close()
    },
  }
}

let desk: Desk

beforeEach(async () => {
  desk = await openDesk()
})

afterEach(async () => {
  vi.restoreAllMocks()
  expect(desk.reads.feed.health().subscriptions).toBe(0)
  await desk.close()
})

/** Follows until the end of the test's own part, and leaves. */
async function following(
  source: string,
  variables: Record<string, unknown>,
  use: (messages: Messages) => Promise<void>,
): Promise<void> {
  const messages = await desk.subscribe(source, variables)
  await use(messages)
  await messages.stop()
}

const limit = (cents: number) => creditLimitChanged({ creditLimit: cents })

describe('a document', () => {
  test('is sent once in its present state, then after every change', async () => {
    await desk.happened(customerRegistered())
    await following(customerChanged, {}, async ({ next }) => {
      expect(await next()).toEqual({
        data: {
          customerChanged: {
            kind: 'SNAPSHOT',
            position: position(1),
            customer: { creditLimit: '2000.00', position: position(1) },
          },
        },
      })
      const message = next()
      await desk.happened(productAdded(), limit(100))
      expect((await message)?.data.customerChanged).toEqual({
        kind: 'CHANGED',
        position: position(3),
        customer: { creditLimit: '1.00', position: position(3) },
      })
    })
  })

  test('that does not exist yet is sent as null, and then when it is created', async () => {
    await following(customerChanged, {}, async ({ next }) => {
      expect((await next())?.data.customerChanged).toEqual({ kind: 'SNAPSHOT', position: position(0), customer: null })
      const message = next()
      await desk.happened(customerRegistered())
      expect((await message)?.data.customerChanged).toMatchObject({
        kind: 'CHANGED',
        customer: { position: position(1) },
      })
    })
  })

  test('is sent only in its newest state to a slow client', async () => {
    await desk.happened(customerRegistered())
    await following(customerChanged, {}, async ({ next }) => {
      await next()
      for (let cents = 1; cents <= 50; cents++) await desk.happened(limit(cents))
      expect((await next())?.data.customerChanged).toMatchObject({ customer: { creditLimit: '0.50' } })
      const message = next()
      await desk.happened(limit(51))
      expect((await message)?.data.customerChanged).toMatchObject({ customer: { creditLimit: '0.51' } })
    })
  })

  test('is read once for all who follow it', async () => {
    await desk.happened(customerRegistered())
    const followers = await Promise.all(Array.from({ length: 20 }, () => desk.subscribe(customerChanged)))
    const get = vi.spyOn(desk.reads.views, 'get')
    await Promise.all(followers.map(({ next }) => next()))
    const messages = followers.map(({ next }) => next())
    await desk.happened(limit(100))
    for (const message of await Promise.all(messages)) {
      expect(message?.data.customerChanged).toMatchObject({ customer: { creditLimit: '1.00' } })
    }
    expect(get.mock.calls.map(([, ids]) => ids)).toEqual([['cus_1'], ['cus_1']])
    for (const { stop } of followers) await stop()
  })

  test('that the feed does not know yet is sent, and not sent again after a resume', async () => {
    await desk.append(customerRegistered())
    await following(customerChanged, {}, async ({ next }) => {
      expect((await next())?.data.customerChanged).toMatchObject({ kind: 'SNAPSHOT', position: position(1) })
    })
    await following(customerChanged, { since: position(1) }, async ({ next }) => {
      const message = next()
      await desk.happened(limit(100))
      expect((await message)?.data.customerChanged).toMatchObject({ position: position(2) })
    })
  })

  test('is left out after a resume until it is newer than what the client has', async () => {
    await desk.happened(customerRegistered(), productAdded())
    const get = vi.spyOn(desk.reads.views, 'get')
    await following(customerChanged, { since: position(2) }, async ({ next }) => {
      const message = next()
      await expect.poll(() => get.mock.calls.length).toBe(1)
      await desk.happened(productAdded({ productId: 'prd_2' }), limit(100))
      expect((await message)?.data.customerChanged).toMatchObject({ kind: 'CHANGED', position: position(4) })
    })
    await following(customerChanged, { since: position(2) }, async ({ next }) => {
      expect((await next())?.data.customerChanged).toMatchObject({ kind: 'SNAPSHOT', position: position(4) })
    })
  })

  test('does not go back in time for a client that has seen more than this node', async () => {
    await desk.happened(customerRegistered())
    await following(customerChanged, { since: position(3) }, async ({ next }) => {
      const message = next()
      await desk.happened(limit(100), limit(200))
      await desk.happened(limit(300))
      expect((await message)?.data.customerChanged).toMatchObject({
        position: position(4),
        customer: { creditLimit: '3.00' },
      })
    })
  })

  test.each([
    ['orderChanged(orderId: "ord_1")', 'order { id status }', orderApproved(), { id: 'ord_1', status: 'APPROVED' }],
    ['productChanged(productId: "prd_1")', 'product { id inStock }', stockReceived(), { id: 'prd_1', inStock: 10 }],
  ])('can be what %s follows', async (field, selection, event, expected) => {
    await desk.happened(productAdded(), orderPlaced())
    await following(`subscription { change: ${field} { kind ${selection} } }`, {}, async ({ next }) => {
      await next()
      const message = next()
      await desk.happened(event)
      const result = await message
      expect(Object.values(result?.data.change)).toEqual(['CHANGED', expected])
    })
  })

  test('with an id of the wrong form is refused with a word on what it looks like', async () => {
    await expect(desk.subscribe('subscription { orderChanged(orderId: "1") { kind } }')).rejects.toThrow(
      /orderId must be ord_.*BAD_USER_INPUT/,
    )
  })

  test('that could not be folded ends the subscription with an error', async () => {
    await desk.happened(customerRegistered())
    const broken = [{ view: 'customers', id: 'cus_1', error: 'the fold threw' }] as const
    await desk.reads.views.write({ documents: [], broken, mended: [], history: [], checkpoint: 1 })
    await following(customerChanged, {}, async ({ next }) => {
      expect(await next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'VIEW_BROKEN', id: 'cus_1' } }] })
      expect(await next()).toBeUndefined()
    })
  })
})

describe("a customer's orders", () => {
  const orders = (count: number, from = 1) =>
    Array.from({ length: count }, (_, index) => orderPlaced({ orderId: `ord_${from + index}`, lines: [] }))
  const ids = (change: { orders: { id: string }[] }) => change.orders.map(({ id }) => id)

  test('are sent as the latest fifty, then as those that change or are placed', async () => {
    await desk.happened(customerRegistered(), ...orders(60), orderPlaced({ orderId: 'ord_other', customerId: 'cus_2' }))
    await following(ordersChanged, {}, async ({ next }) => {
      const snapshot = (await next())?.data.customerOrdersChanged
      expect(snapshot).toMatchObject({ kind: 'SNAPSHOT', position: position(62) })
      expect(ids(snapshot)).toEqual(Array.from({ length: 50 }, (_, index) => `ord_${60 - index}`))

      const message = next()
      await desk.happened(
        orderApproved({ orderId: 'ord_3' }),
        orderCancelled({ orderId: 'ord_other', customerId: 'cus_2' }),
        orderShipped({ orderId: 'ord_3' }),
        ...orders(1, 61),
      )
      expect((await message)?.data.customerOrdersChanged).toEqual({
        kind: 'CHANGED',
        position: position(66),
        orders: [
          { id: 'ord_3', status: 'SHIPPED', position: position(65) },
          { id: 'ord_61', status: 'PENDING', position: position(66) },
        ],
      })
    })
  })

  test('are sent without those that could not be folded', async () => {
    await desk.happened(customerRegistered(), ...orders(3))
    const broken = [{ view: 'orders', id: 'ord_2', error: 'the fold threw' }] as const
    await desk.reads.views.write({ documents: [], broken, mended: [], history: [], checkpoint: 4 })
    const told = async (variables: { since?: string }) => {
      let shown: string[] = []
      await following(ordersChanged, variables, async ({ next }) => {
        shown = ids((await next())?.data.customerOrdersChanged)
      })
      return shown
    }
    expect(await told({})).toEqual(['ord_3', 'ord_1'])
    expect(await told({ since: position(1) })).toEqual(['ord_1', 'ord_3'])
  })

  test('are sent after a resume as exactly those that changed since, in messages of at most fifty', async () => {
    await desk.happened(customerRegistered(), ...orders(130))
    await desk.happened(creditReserved({ orderId: 'ord_1' }), orderApproved({ orderId: 'ord_2' }))
    const touched: string[] = []
    for (let since = position(21); touched.length < 112; ) {
      await following(ordersChanged, { since }, async ({ next }) => {
        const change = (await next())?.data.customerOrdersChanged
        expect(change.kind).toBe('CHANGED')
        expect(change.orders.length).toBeLessThanOrEqual(50)
        touched.push(...ids(change))
        since = change.position
      })
    }
    expect(touched).toEqual([...Array.from({ length: 110 }, (_, index) => `ord_${21 + index}`), 'ord_1', 'ord_2'])
    await following(ordersChanged, { since: position(133) }, async ({ next }) => {
      const message = next()
      await desk.happened(orderApproved({ orderId: 'ord_9' }))
      expect(ids((await message)?.data.customerOrdersChanged)).toEqual(['ord_9'])
    })
  })
})

describe('the feed of orders', () => {
  test('tells every event of an order once, with the order as it is now', async () => {
    await desk.happened(customerRegistered(), productAdded(), orderPlaced(), creditReserved(), orderApproved())
    await following(ordersFeed, { since: position(0) }, async ({ next }) => {
      const order = { id: 'ord_1', status: 'APPROVED', customer: { name: 'Acme Tools' } }
      expect((await next())?.data.ordersFeed).toEqual({
        __typename: 'OrderEvent',
        order,
        event: { type: 'OrderPlaced' },
        position: position(3),
      })
      expect((await next())?.data.ordersFeed).toMatchObject({ order, event: { type: 'OrderApproved' } })
      const message = next()
      await desk.happened(stockReceived(), orderShipped())
      expect((await message)?.data.ordersFeed).toMatchObject({ order: { status: 'SHIPPED' }, position: position(7) })
    })
  })

  test.each([
    [{ customerId: 'cus_2' }, [2, 5]],
    [{ productId: 'prd_2' }, [3, 6]],
    [{ customerId: 'cus_1', productId: 'prd_1' }, [1, 4]],
    [{ typeIn: ['OrderApproved', 'CreditReserved'] }, [4, 5, 6]],
    [{ customerId: 'cus_2', typeIn: ['OrderPlaced'] }, [2]],
  ])('tells only what %j asks for, stored and live alike', async (filter, expected) => {
    const line = (productId: string) => ({ lines: [{ productId, quantity: 1, unitPrice: 1 }] })
    const [one, two, three] = [
      { orderId: 'ord_1', customerId: 'cus_1' },
      { orderId: 'ord_2', customerId: 'cus_2' },
      { orderId: 'ord_3', customerId: 'cus_1' },
    ]
    const live = await desk.subscribe(ordersFeed, { filter })
    await desk.happened(
      orderPlaced({ ...one, ...line('prd_1') }),
      orderPlaced({ ...two, ...line('prd_1'), lines: [] }),
      orderPlaced({ ...three, ...line('prd_2') }),
    )
    await desk.happened(...[one, two, three].map(orderApproved))
    const stored = await desk.subscribe(ordersFeed, { filter, since: position(0) })
    for (const { next, stop } of [live, stored]) {
      for (const number of expected) {
        expect((await next())?.data.ordersFeed.position).toBe(position(number))
      }
      await stop()
    }
  })

  test('tells an error in place of an order that could not be folded, and goes on', async () => {
    await desk.happened(orderPlaced(), orderPlaced({ orderId: 'ord_2' }))
    const broken = [{ view: 'orders', id: 'ord_1', error: 'the fold threw' }] as const
    await desk.reads.views.write({ documents: [], broken, mended: [], history: [], checkpoint: 2 })
    for (const filter of [{}, { productId: 'prd_1' }]) {
      await following(ordersFeed, { filter, since: position(0) }, async ({ next }) => {
        expect(await next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'VIEW_BROKEN' } }] })
        expect((await next())?.data.ordersFeed.order.id).toBe('ord_2')
      })
    }
  })
})

describe('the feed of all events', () => {
  test('tells what comes from now on, and what the filter asks for', async () => {
    await desk.happened(customerRegistered())
    await following(eventsRecorded, { filter: { stream: 'customer-cus_1' } }, async ({ next }) => {
      const message = next()
      await desk.happened(productAdded(), limit(1))
      expect((await message)?.data.eventsRecorded).toEqual({
        __typename: 'Event',
        type: 'CreditLimitChanged',
        position: position(3),
      })
    })
  })

  test('tells a client that is too slow where to resume, and ends', async () => {
    await desk.happened(customerRegistered())
    await following(eventsRecorded, {}, async ({ next }) => {
      await desk.happened(limit(1))
      expect((await next())?.data.eventsRecorded).toMatchObject({ position: position(2) })
      const product = desk.reads.feed.changes('products/prd_1')
      await desk.happened(...Array.from({ length: 1_200 }, (_, cents) => limit(cents)), productAdded())
      await product.next()
      product.close()
      expect((await next())?.data.eventsRecorded).toEqual({ __typename: 'FeedLagged', resumeSince: position(2) })
      expect(await next()).toBeUndefined()
    })
  })
})

test.each([customerChanged, ordersChanged, ordersFeed, eventsRecorded])(
  'a client that leaves while it waits leaves nothing behind: %s',
  async (source) => {
    for (const variables of [{}, { since: position(0) }]) {
      await (await desk.subscribe(source, variables)).stop() // before the first message
      const messages = await desk.subscribe(source, variables)
      if (source.includes('Changed') && !('since' in variables)) await messages.next()
      const waiting = messages.next()
      await setImmediate()
      await messages.stop()
      expect(await waiting).toBeUndefined()
      expect(desk.reads.feed.health().subscriptions).toBe(0)
    }
  },
)

test.each([customerChanged, ordersChanged, ordersFeed, eventsRecorded])(
  'a position that the log does not reach in time is refused: %s',
  async (source) => {
    await desk.happened(customerRegistered())
    const reached = vi.spyOn(desk.reads.feed, 'reached').mockResolvedValueOnce(false)
    const since = position(LOG_END + 1)
    await expect(desk.subscribe(source, { since })).rejects.toThrow('NOT_YET_VISIBLE')
    expect(reached).toHaveBeenCalledWith(LOG_END + 1, 2_000)
    expect(desk.reads.feed.health().subscriptions).toBe(0)
  },
)

test.each([customerChanged, ordersChanged, ordersFeed, eventsRecorded])(
  'a position that is in the log and not in the views is waited for: %s',
  async (source) => {
    await desk.happened(customerRegistered())
    const reached = vi.spyOn(desk.reads.feed, 'reached')
    const messages = await desk.subscribe(source, { since: position(LOG_END) })
    expect(reached).not.toHaveBeenCalled()
    expect(desk.reads.feed.health().subscriptions).toBe(1)
    await messages.stop()
  },
)

test('a position that the log reaches meanwhile is accepted, and every position is while the log is away', async () => {
  const logEnd = vi.spyOn(desk.reads, 'logEnd').mockResolvedValueOnce(7)
  vi.spyOn(desk.reads.feed, 'reached').mockResolvedValueOnce(false)
  const meanwhile = await desk.subscribe(eventsRecorded, { since: position(8) })
  expect(logEnd).toHaveBeenCalledTimes(2)
  logEnd.mockRejectedValueOnce(new Error('the log is away'))
  const away = await desk.subscribe(eventsRecorded, { since: position(LOG_END + 1) })
  await Promise.all([meanwhile.stop(), away.stop()])
})

test('views that cannot be read end a subscription with an error, and leave the others on the socket alone', async () => {
  vi.spyOn(desk.reads.views, 'get').mockRejectedValueOnce(new Error('the disk is gone'))
  await following(customerChanged, {}, async ({ next }) => {
    expect(await next()).toMatchObject({ errors: [{ message: 'the disk is gone' }] })
    expect(await next()).toBeUndefined()
  })
})

test('a change that is announced while documents are on their way to the client is not missed', async () => {
  const { views, feed } = desk.reads
  const toldMeanwhile = async (event: DomainEvent) => {
    const product = feed.changes('products/prd_1')
    await desk.happened(event, productAdded())
    await product.next()
    product.close()
  }
  const { get, page } = views
  vi.spyOn(views, 'get').mockImplementationOnce(async (view, ids) => {
    const documents = await get(view, ids)
    await toldMeanwhile(limit(1))
    return documents as never
  })
  vi.spyOn(views, 'page').mockImplementationOnce(async (view, query) => {
    const documents = await page(view, query)
    await toldMeanwhile(orderPlaced())
    return documents as never
  })

  await desk.happened(customerRegistered())
  await following(customerChanged, {}, async ({ next }) => {
    expect((await next())?.data.customerChanged).toMatchObject({
      position: position(1),
      customer: { creditLimit: '2000.00' },
    })
    expect((await next())?.data.customerChanged).toMatchObject({ kind: 'CHANGED', customer: { creditLimit: '0.01' } })
  })
  await following(ordersChanged, {}, async ({ next }) => {
    expect((await next())?.data.customerOrdersChanged).toMatchObject({ position: position(3), orders: [] })
    expect((await next())?.data.customerOrdersChanged).toMatchObject({ orders: [{ id: 'ord_1' }] })
  })
})

test('a client that follows documents ends with the newest, after every loss, delay or resume', async () => {
  const anyEvent = fc.oneof(
    fc.integer({ min: 0, max: 10_000 }).map(limit),
    fc.integer({ min: 1, max: 3 }).map((n) => orderPlaced({ orderId: `ord_${n}` })),
    fc.integer({ min: 1, max: 3 }).map((n) => orderApproved({ orderId: `ord_${n}` })),
    fc.integer({ min: 1, max: 3 }).map((n) => orderCancelled({ orderId: `ord_${n}` })),
    fc.constant(productAdded()),
  )
  const anyStep = fc.oneof(
    fc.array(anyEvent, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('hint', 'pause', 'read', 'read', 'resume'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), fc.infiniteStream(fc.nat(5)), async (steps, turns) => {
      const desk = await openDesk((views) => farAway(views, () => turns.next().value))
      await desk.happened(customerRegistered())
      for (const [source, field] of [
        [customerChanged, 'customerChanged'],
        [ordersChanged, 'customerOrdersChanged'],
      ] as const) {
        const shown = new Map<string, unknown>()
        let since: string | undefined
        let messages = await desk.subscribe(source, {})
        let pending: ReturnType<Messages['next']> | undefined

        async function read(): Promise<void> {
          const result = await (pending ?? messages.next())
          pending = undefined
          const change = result?.data[field]
          expect(number(change.position)).toBeGreaterThanOrEqual(number(since ?? position(0)))
          since = change.position
          for (const order of change.orders ?? []) shown.set(order.id, order)
          if (change.customer) shown.set('customer', change.customer)
        }

        for (const step of steps) {
          if (Array.isArray(step)) await desk.append(...step)
          if (step === 'hint') desk.reads.feed.look(await desk.reads.views.checkpoint())
          if (step === 'pause') await setImmediate()
          if (step === 'read') {
            pending ??= messages.next()
            const came = await Promise.race([pending.then(() => true), setImmediate(false)])
            if (came) await read()
          }
          if (step === 'resume') {
            await messages.stop()
            await pending // Messages in flight at the connection's end are lost.
            pending = undefined
            messages = await desk.subscribe(source, { since })
          }
        }

        const newest = await desk.run(
          '{ customer(id: "cus_1") { creditLimit position orders { nodes { id status position } } } }',
        )
        const { orders, ...customer } = newest.data.customer
        desk.reads.feed.look(await desk.reads.views.checkpoint())
        const expected = new Map(
          field === 'customerChanged'
            ? [['customer', customer]]
            : orders.nodes.map((order: { id: string }) => [order.id, order]),
        )
        const isNewest = () => JSON.stringify([...shown].sort()) === JSON.stringify([...expected].sort())
        while (!isNewest()) await read()
        await messages.stop()
      }
      expect(desk.reads.feed.health().subscriptions).toBe(0)
      await desk.close()
    }),
    { numRuns: rounds(15) },
  )
})

function number(position: string): number {
  return Number(position.split('-')[1])
}
