// Views do not depend on how the events of different streams follow each other: only the order within a stream counts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DomainEvent, RecordedEvent } from '../../events/catalogue.ts'
import { shown, type ViewDocument } from '../../kernel/projecting/projection.ts'
import { fold, touch } from '../../kernel/projecting/projector/fold.ts'
import { rounds } from '../../kernel/rounds.given.ts'
import * as given from './given.ts'
import { projections as views } from './index.ts'
import type { OrderDocument } from './orders.ts'

const PRICE = 10_000
const LIMIT = 5_000_000
const STOCK = 1_000

/** How an order ended: the events of each stream in their order, and what the views say of it in the end. */
interface Life {
  order: DomainEvent[]
  credit: DomainEvent[]
  stock: DomainEvent[]
  /** Of the saga, which ends when everything else is settled. */
  saga: DomainEvent[]
  status: OrderDocument['status']
  placement: OrderDocument['placement']['state']
  steps: [credit: string, stock: string]
  reservedCredit?: number
  reservedStock?: number
  shippedStock?: number
  parked?: 'RETRIED' | 'DISCARDED'
}

interface Ids {
  orderId: string
  customerId: string
  productId: string
}

/** Each way in which the life of an order can go. */
const lives: Record<string, (ids: Ids, quantity: number) => Life> = {
  approved: (ids, quantity) => ({
    ...reserved(ids, quantity),
    order: [placed(ids, quantity), given.orderApproved(creditOf(ids))],
    status: 'APPROVED',
    placement: 'APPROVED',
    steps: ['DONE', 'DONE'],
    reservedCredit: quantity * PRICE,
    reservedStock: quantity,
  }),
  paid: (ids, quantity) => {
    const total = quantity * PRICE
    const { credit, stock } = reserved(ids, quantity)
    return {
      order: [
        placed(ids, quantity),
        given.orderApproved({ ...creditOf(ids), total }),
        given.orderShipped({ ...creditOf(ids), total }),
        given.orderPaid({ ...creditOf(ids), total }),
      ],
      credit: [...credit, given.creditReleased({ ...creditOf(ids), amount: total })],
      stock: [...stock, given.stockShipped({ ...stockOf(ids), quantity })],
      saga: [given.placementEnded({ orderId: ids.orderId })],
      status: 'PAID',
      placement: 'APPROVED',
      steps: ['DONE: given back after payment', 'DONE: shipped'],
      shippedStock: quantity,
    }
  },
  'out of stock': (ids, quantity) => ({
    ...givenBack(ids, quantity),
    order: [placed(ids, quantity), given.orderRejected(creditOf(ids))],
    stock: [
      given.stockRefused({ ...stockOf(ids), quantity, available: 2 }),
      given.stockReleased({ ...stockOf(ids), quantity: 0 }),
    ],
    saga: [given.placementEnded({ orderId: ids.orderId })],
    status: 'REJECTED',
    placement: 'REJECTED',
    steps: ['COMPENSATED', `REFUSED: OUT_OF_STOCK: ${quantity} asked for, 2 available`],
  }),
  cancelled: (ids, quantity) => ({
    ...givenBack(ids, quantity),
    order: [placed(ids, quantity), given.orderCancelled(creditOf(ids))],
    saga: [given.placementEnded({ orderId: ids.orderId })],
    ...cancelled('COMPENSATED'),
  }),
  'approved and cancelled': (ids, quantity) => ({
    ...givenBack(ids, quantity),
    order: [placed(ids, quantity), given.orderApproved(creditOf(ids)), given.orderCancelled(creditOf(ids))],
    saga: [given.placementEnded({ orderId: ids.orderId })],
    ...cancelled('COMPENSATED'),
  }),
  'cancelled before anything was reserved': (ids, quantity) => ({
    order: [placed(ids, quantity), given.orderCancelled(creditOf(ids))],
    credit: [
      given.creditReleased({ ...creditOf(ids), amount: 0 }),
      given.creditRefused({ ...creditOf(ids), amount: quantity * PRICE, reason: 'ALREADY_RELEASED', available: LIMIT }),
    ],
    stock: [
      given.stockReleased({ ...stockOf(ids), quantity: 0 }),
      given.stockRefused({ ...stockOf(ids), quantity, reason: 'ALREADY_RELEASED', available: STOCK }),
    ],
    saga: [given.placementEnded({ orderId: ids.orderId })],
    ...cancelled('COMPENSATED: nothing was reserved'),
  }),
  'given back only when an operator had it tried again': (ids, quantity) => {
    const saga = { orderId: ids.orderId, id: ids.orderId }
    const trouble = { reason: 'COMPENSATION_FAILED' as const, steps: ['credit'] }
    return {
      ...givenBack(ids, quantity),
      order: [placed(ids, quantity), given.orderCancelled(creditOf(ids))],
      saga: [
        given.sagaParked({ ...saga, ...trouble }),
        given.sagaRetried(saga),
        given.placementEnded({ orderId: ids.orderId }),
      ],
      ...cancelled('COMPENSATED'),
      parked: 'RETRIED',
    }
  },
}

const anyOrder = fc.record({
  life: fc.constantFrom(...Object.keys(lives)),
  customerId: fc.constantFrom('cus_1', 'cus_2'),
  productId: fc.constantFrom('prd_1', 'prd_2'),
  quantity: fc.integer({ min: 1, max: 9 }),
})

/** Orders, and for each event the stream that is next, counted among those that have one that can come. */
const anyHistory = fc.record({
  asked: fc.array(anyOrder, { minLength: 1, maxLength: 6 }),
  picks: fc.array(fc.nat(1_000), { minLength: 90, maxLength: 90 }),
  // A batch folds its events in memory; between batches documents are stored.
  batchSize: fc.integer({ min: 1, max: 20 }),
})

test('every view is the same however the events of the streams follow each other', () => {
  fc.assert(
    fc.property(anyHistory, ({ asked, picks, batchSize }) => {
      const orders = asked.map(({ life, quantity, ...of }, index) => {
        const ids = { ...of, orderId: `ord_${index + 1}` }
        return { ...ids, quantity, life: (lives[life] as (typeof lives)[string])(ids, quantity) }
      })
      const log = given.recorder()(...interleaved(orders, picks))
      const found = documentsOf(log, batchSize)

      for (const customerId of ['cus_1', 'cus_2']) {
        const own = orders.filter((order) => order.customerId === customerId)
        const shippedTotals = own.filter(({ life }) => life.shippedStock).map(({ quantity }) => quantity * PRICE)
        const byPlace = own.sort((a, b) => placeOf(log, b.orderId) - placeOf(log, a.orderId))
        expect(found.get(`customers/${customerId}`)).toMatchObject({
          name: 'Acme Tools',
          version: 1 + own.reduce((sum, { life }) => sum + life.credit.length, 0),
          reservedCredit: sumOf(own.map(({ life }) => life.reservedCredit)),
          recentOrders: byPlace.map(({ orderId, quantity, life: { status } }) => ({
            orderId,
            status,
            total: quantity * PRICE,
            placedAt: given.time(placeOf(log, orderId)),
          })),
        })
        const largest = shippedTotals.length > 0 ? Math.max(...shippedTotals) : undefined
        expect(found.get(`customers/${customerId}`)).toHaveProperty('createdAt', registeredAt(log, customerId))
        expect((found.get(`customers/${customerId}`) as { largestShippedTotal?: number }).largestShippedTotal).toBe(
          largest,
        )
      }
      for (const productId of ['prd_1', 'prd_2']) {
        const own = orders.filter((order) => order.productId === productId).map(({ life }) => life)
        const inStock = STOCK - sumOf(own.map(({ shippedStock }) => shippedStock))
        const reserved = sumOf(own.map(({ reservedStock }) => reservedStock))
        expect(found.get(`products/${productId}`)).toMatchObject({
          inStock,
          reserved,
          available: inStock - reserved,
          version: 2 + own.reduce((sum, { stock }) => sum + stock.length, 0),
        })
      }
      for (const { orderId, life } of orders) {
        const order = found.get(`orders/${orderId}`) as OrderDocument
        const { placement } = order
        const steps = placement.steps.map(({ state, detail }) => (detail === undefined ? state : `${state}: ${detail}`))
        expect({ status: order.status, placement: placement.state, steps, version: order.version }).toEqual({
          status: life.status,
          placement: life.placement,
          steps: life.steps,
          version: life.order.length,
        })
        expect(placement.endedAt !== undefined).toBe(life.saga.length > 0)
        expect(placement.parkedSince).toBeUndefined()
        expect((found.get(`parked/placement-${orderId}`) as { status?: string } | undefined)?.status).toBe(life.parked)
      }
    }),
    { numRuns: rounds(100) },
  )
})

function creditOf({ orderId, customerId }: Ids) {
  return { orderId, customerId }
}

function stockOf({ orderId, productId }: Ids) {
  return { orderId, productId }
}

function placed(ids: Ids, quantity: number): DomainEvent {
  const lines = [{ productId: ids.productId, quantity, unitPrice: PRICE }]
  return given.orderPlaced({ orderId: ids.orderId, customerId: ids.customerId, total: quantity * PRICE, lines })
}

function reserved(ids: Ids, quantity: number): Pick<Life, 'credit' | 'stock' | 'saga'> {
  return {
    credit: [given.creditReserved({ ...creditOf(ids), amount: quantity * PRICE })],
    stock: [given.stockReserved({ ...stockOf(ids), quantity })],
    saga: [],
  }
}

function givenBack(ids: Ids, quantity: number): Pick<Life, 'credit' | 'stock'> {
  const { credit, stock } = reserved(ids, quantity)
  return {
    credit: [...credit, given.creditReleased({ ...creditOf(ids), amount: quantity * PRICE })],
    stock: [...stock, given.stockReleased({ ...stockOf(ids), quantity })],
  }
}

function cancelled(step: string): Pick<Life, 'status' | 'placement' | 'steps'> {
  return { status: 'CANCELLED', placement: 'CANCELLED', steps: [step, step] }
}

/** All events in an order in which they can be recorded: each stream in its own, and nothing of an order before it was placed. */
function interleaved(orders: readonly (Ids & { life: Life })[], picks: readonly number[]): DomainEvent[] {
  let at = 0
  const pick = (count: number) => (picks[at++ % picks.length] ?? 0) % count
  const merged = (parts: DomainEvent[][]) => {
    const left = parts.map((part) => [...part]).filter((part) => part.length > 0)
    const all: DomainEvent[] = []
    while (left.length > 0) {
      const index = pick(left.length)
      all.push(...(left[index]?.splice(0, 1) ?? []))
      if (left[index]?.length === 0) left.splice(index, 1)
    }
    return all
  }
  const of = (key: 'customerId' | 'productId', id: string) => orders.filter((order) => order[key] === id)
  const streams = [
    ...['cus_1', 'cus_2'].map((customerId) => [
      given.customerRegistered({ customerId, creditLimit: LIMIT }),
      ...merged(of('customerId', customerId).map(({ life }) => life.credit)),
    ]),
    ...['prd_1', 'prd_2'].map((productId) => [
      given.productAdded({ productId }),
      given.stockReceived({ productId, quantity: STOCK }),
      ...merged(of('productId', productId).map(({ life }) => life.stock)),
    ]),
    ...orders.flatMap(({ life }) => [life.order, life.saga.slice(0, -1)]),
  ].map((stream) => [...stream])

  const known = new Set<string>()
  const all: DomainEvent[] = []
  const canCome = (event: DomainEvent | undefined) =>
    event !== undefined && (event.type === 'OrderPlaced' || !('orderId' in event.data) || known.has(event.data.orderId))
  for (let open = streams; ; ) {
    open = streams.filter(([next]) => canCome(next))
    if (open.length === 0) break
    const next = open[pick(open.length)]?.shift()
    if (!next) break
    if (next.type === 'OrderPlaced') known.add(next.data.orderId)
    all.push(next)
  }
  // A saga ends when all the rest of its order is recorded.
  return [...all, ...orders.flatMap(({ life }) => life.saga.slice(-1))]
}

/** The documents that readers see, by view and id, folded in batches as the projector folds them. */
function documentsOf(log: readonly RecordedEvent[], batchSize: number): Map<string, ViewDocument> {
  const stored = new Map(
    views.map(({ name }) => [name, { documents: new Map<string, ViewDocument>(), broken: new Set<string>() }]),
  )
  for (let from = 0; from < log.length; from += batchSize) {
    const events = log.slice(from, from + batchSize)
    const { documents, broken } = fold(
      events,
      views.map((view) => touch(view, events)),
      stored,
    )
    expect(broken).toEqual([])
    for (const view of documents)
      for (const document of view.documents) stored.get(view.view)?.documents.set(document.id, document)
  }
  return new Map(
    [...stored].flatMap(([name, { documents }]) =>
      [...documents.values()].filter(shown).map((document) => [`${name}/${document.id}`, document] as const),
    ),
  )
}

function placeOf(log: readonly RecordedEvent[], orderId: string): number {
  return log.find(({ type, data }) => type === 'OrderPlaced' && data.orderId === orderId)?.position ?? 0
}

function registeredAt(log: readonly RecordedEvent[], customerId: string): string | undefined {
  return log.find(({ type, data }) => type === 'CustomerRegistered' && data.customerId === customerId)?.recordedAt
}

function sumOf(amounts: readonly (number | undefined)[]): number {
  return amounts.reduce((sum: number, amount) => sum + (amount ?? 0), 0)
}
