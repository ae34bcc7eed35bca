// The latest revision as an order shows it, and the effect of a revision on the order.
import { expect, test } from 'vitest'
import type { DomainEvent } from '../../events/catalogue.ts'
import {
  creditLowered,
  creditRaised,
  creditRaiseRefused,
  folded,
  given,
  orderApproved,
  orderCancelled,
  orderPlaced,
  orderRevised,
  orderShipped,
  placementAmended,
  recorder,
  revisionDecided,
  revisionEnded,
  revisionRejected,
  revisionRequested,
  revisionResumed,
  revisionStarted,
  sagaDiscarded,
  sagaParked,
  sagaRetried,
  stockLowered,
  stockRaised,
  stockRaiseRefused,
  stockReleased,
  stockReserved,
  stockShipped,
  time,
} from './given.ts'
import { type OrderDocument, orders } from './orders.ts'

/** Three of prd_1 are to become four of it and one of prd_2. */
const lines = [
  { productId: 'prd_1', quantity: 4, unitPrice: 9_000 },
  { productId: 'prd_2', quantity: 1, unitPrice: 4_000 },
]
const stock = [
  { productId: 'prd_1', before: 3, after: 4 },
  { productId: 'prd_2', before: 0, after: 1 },
]
const placed = [orderPlaced(), stockReserved(), orderApproved()]
const requested = [...placed, revisionRequested({ lines, stock, revisedTotal: 40_000 })]
const raised = [creditRaised(), stockRaised(), stockRaised({ productId: 'prd_2', quantity: 1 })]

const order = (...events: DomainEvent[]) => folded(orders, undefined, recorder()(...events)) as OrderDocument

/** Of the revision after what was requested and more: its state, and its steps with their details. */
function revisionAfter(...events: DomainEvent[]) {
  const { state, steps } = order(...requested, ...events).revision ?? {}
  const told = steps?.map(({ name, state, detail }) => [name, detail ? `${state} (${detail})` : state]) ?? []
  return { state, ...Object.fromEntries(told) }
}

test('a revision that is requested is pending, and changes nothing of the order', () => {
  const { revision, ...before } = order(...requested)
  expect(revision).toEqual({
    number: 1,
    state: 'PENDING',
    lines,
    total: 40_000,
    steps: ['credit', 'stock prd_1', 'stock prd_2'].map((name) => ({ name, state: 'REQUESTED', at: time(4) })),
    requestedAt: time(4),
  })
  expect(before).toMatchObject({ total: 30_000, productIds: ['prd_1'], version: 3 })
})

test('one that is applied makes the order what it says, and is over when all is settled', () => {
  const after = order(...requested, ...raised, orderRevised({ lines, total: 40_000 }), revisionEnded())
  expect(after).toMatchObject({ total: 40_000, lines, productIds: ['prd_1', 'prd_2'], version: 4 })
  expect(after.revision).toMatchObject({ state: 'APPLIED', endedAt: time(9) })
  expect(revisionAfter(...raised, orderRevised(), stockLowered())).toEqual({
    state: 'APPLIED',
    credit: 'DONE',
    'stock prd_1': 'DONE',
    'stock prd_2': 'DONE',
  })
})

test('a refused reservation is shown, and the others are released', () => {
  const refused = [creditRaised(), stockRaiseRefused(), creditLowered(), revisionRejected()]
  expect(revisionAfter(...refused)).toEqual({
    state: 'REJECTED',
    credit: 'COMPENSATED',
    'stock prd_1': 'REFUSED (OUT_OF_STOCK: 1 more asked for, 0 available)',
    'stock prd_2': 'REQUESTED',
  })
  expect(order(...requested, ...refused)).toMatchObject({
    total: 30_000,
    version: 4,
    revision: { reason: 'OUT_OF_STOCK' },
  })
  expect(revisionAfter(creditRaiseRefused(), revisionRejected(), revisionEnded())).toEqual({
    state: 'REJECTED',
    credit: 'REFUSED (CREDIT_LIMIT_EXCEEDED: 100.00 more asked for, 50.00 available)',
    'stock prd_1': 'COMPENSATED (nothing more was reserved)',
    'stock prd_2': 'COMPENSATED (nothing more was reserved)',
  })
})

test('one that a cancellation overtook gives back what was reserved, and what is reserved late', () => {
  const cancelled = [creditRaised(), orderCancelled({ revision: 1 }), stockRaised()]
  expect(revisionAfter(...cancelled)).toEqual({
    state: 'CANCELLED',
    credit: 'COMPENSATING',
    'stock prd_1': 'COMPENSATING',
    'stock prd_2': 'REQUESTED',
  })
  expect(revisionAfter(...cancelled, creditLowered({ by: 0 }), stockLowered(), revisionEnded())).toEqual({
    state: 'CANCELLED',
    credit: 'COMPENSATED (nothing more was reserved)',
    'stock prd_1': 'COMPENSATED',
    'stock prd_2': 'COMPENSATED (nothing more was reserved)',
  })
})

test('a cancellation after it was applied does not concern it', () => {
  expect(revisionAfter(...raised, orderRevised(), orderCancelled()).state).toBe('APPLIED')
})

test('the events of an older revision do not concern a newer one', () => {
  const second = revisionRequested({ revision: 2 })
  const before = order(...requested, orderRevised(), second)
  const after = order(...requested, orderRevised(), second, creditLowered(), revisionEnded())
  expect(after.revision).toEqual(before.revision)
})

test('the placement has the steps of what the order is over then, and says what is left out', () => {
  const only2 = { lines: lines.slice(1), total: 4_000 }
  const steps = (...events: DomainEvent[]) =>
    order(...requested, ...events).placement.steps.map(({ name, state, detail }) => [name, state, detail])
  expect(steps(orderRevised(only2))).toEqual([
    ['credit', 'REQUESTED', undefined],
    ['stock prd_1', 'COMPENSATED', 'left out by revision 1'],
    ['stock prd_2', 'DONE', undefined],
  ])
  expect(steps(orderRevised(only2), orderRevised({ revision: 2 }))).toEqual([
    ['credit', 'REQUESTED', undefined],
    ['stock prd_1', 'DONE', undefined],
    ['stock prd_2', 'COMPENSATED', 'left out by revision 2'],
  ])
  const shipped = [orderRevised(only2), orderShipped(), stockReleased(), stockShipped({ productId: 'prd_2' })]
  expect(steps(...shipped).slice(1)).toEqual([
    ['stock prd_1', 'COMPENSATED', undefined],
    ['stock prd_2', 'DONE', 'shipped'],
  ])
})

test('one that is parked says since when, and what could not be given back', () => {
  const saga = { saga: 'revision', id: 'ord_1-1', revision: 1 } as const
  const stuck = [...requested, sagaParked(saga)]
  expect(order(...stuck)).toMatchObject({ revision: { state: 'PENDING', parkedSince: time(5) } })
  expect(order(...stuck).placement).not.toHaveProperty('parkedSince')
  expect(order(...stuck, sagaRetried(saga)).revision).not.toHaveProperty('parkedSince')

  const failed = sagaParked({ ...saga, reason: 'COMPENSATION_FAILED', steps: ['credit'], error: 'no such thing' })
  for (const [over, state] of [
    [revisionRejected(), 'REJECTED'],
    [orderCancelled({ revision: 1 }), 'CANCELLED'],
  ] as const) {
    const parked = [creditRaised(), over, failed]
    expect(revisionAfter(...parked)).toMatchObject({ state: 'COMPENSATION_FAILED', credit: 'FAILED (no such thing)' })
    expect(revisionAfter(...parked, sagaRetried(saga))).toMatchObject({ state, credit: 'COMPENSATING' })
    expect(revisionAfter(...parked, sagaDiscarded(saga))).toMatchObject({ state: 'COMPENSATION_FAILED' })
  }
})

test('one that is tried again goes on with what failed, and may find that nothing is left to give back', () => {
  const saga = { saga: 'revision', id: 'ord_1-1', revision: 1 } as const
  const failed = sagaParked({ ...saga, reason: 'COMPENSATION_FAILED', steps: ['credit'], error: 'no such thing' })
  const before = [creditRaised(), stockRaised(), revisionRejected(), stockLowered(), failed]
  const again = { state: 'REJECTED', 'stock prd_1': 'COMPENSATED', 'stock prd_2': 'REQUESTED' }
  expect(revisionAfter(...before, sagaRetried(saga))).toEqual({ ...again, credit: 'COMPENSATING' })
  const ended = {
    ...again,
    credit: 'COMPENSATED (nothing more was reserved)',
    'stock prd_2': 'COMPENSATED (nothing more was reserved)',
  }
  expect(revisionAfter(...before, sagaRetried(saga), revisionEnded())).toEqual(ended)
  expect(revisionAfter(...before, revisionEnded())).toEqual({ ...ended, credit: 'FAILED (no such thing)' })
  expect(revisionAfter(sagaParked(saga), sagaRetried(saga)).state).toBe('PENDING')
  expect(order(...requested, sagaParked(saga), sagaDiscarded(saga)).revision).not.toHaveProperty('parkedSince')
})

test('a refused step keeps its refusal, and what needed nothing is done when an applied one ends', () => {
  const told = 'REFUSED (CREDIT_LIMIT_EXCEEDED: 100.00 more asked for, 50.00 available)'
  expect(revisionAfter(creditRaiseRefused(), creditLowered({ by: 0 }))).toMatchObject({ credit: told })
  expect(revisionAfter(creditRaised(), orderRevised(), revisionEnded())).toEqual({
    state: 'APPLIED',
    credit: 'DONE',
    'stock prd_1': 'DONE',
    'stock prd_2': 'DONE',
  })
})

test('what happens to a product that is not in the order changes nothing', () => {
  given(orders, ...requested)
    .when(stockReserved({ productId: 'prd_9' }), stockRaised({ productId: 'prd_9' }))
    .thenNothing()
})

test('the books of the saga concern no order', () => {
  const events = recorder()(revisionStarted(), revisionResumed(), revisionDecided(), placementAmended())
  expect(events.flatMap((event) => orders.documentsOf(event))).toEqual([])
})
