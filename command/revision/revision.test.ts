// The requests of a revision, without a store or a clock: in all its endings.

import { expect, test } from 'vitest'
import type { ReadableEvent, RevisionFacts } from '../../events/catalogue.ts'
import { type Due, decide, due, type Inbox, type SagaState } from '../../kernel/deciding/saga/saga.ts'
import type { SagaReply } from '../../kernel/store/kernel-events.ts'
import { revision } from './revision.ts'

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const ids = { orderId: 'ord_1', revision: 2 }
const credit = { customerId: 'cus_1', ...ids }

const start = recorded({
  type: 'OrderRevisionRequested',
  data: {
    ...ids,
    customerId: 'cus_1',
    total: 3000,
    lines: [],
    revisedTotal: 5000,
    stock: [
      { productId: 'prd_more', before: 1, after: 3 },
      { productId: 'prd_less', before: 4, after: 0 },
    ],
  },
})

test('it asks for at least what the order is to take, all at the same time', () => {
  const { due } = after({ start })
  expect(due.map(({ stream, command }) => ({ stream, command }))).toEqual([
    { stream: 'customer-cus_1', command: { type: 'RaiseCredit', ...credit, to: 5000 } },
    { stream: 'product-prd_more', command: { type: 'RaiseStock', productId: 'prd_more', ...ids, from: 1, to: 3 } },
    { stream: 'product-prd_less', command: { type: 'RaiseStock', productId: 'prd_less', ...ids, from: 4, to: 0 } },
  ])
})

test('when all is reserved the order is revised, and only then everything is lowered to what it takes now', () => {
  const swapping = after({ start }, { replies: willing(after({ start }).due) })
  expect(swapping.due.map(({ command }) => command)).toEqual([{ type: 'ApplyRevision', ...ids }])
  const swapped = after({ start }, { replies: willing(after({ start }).due) }, { noticed: ['OrderRevised'] })
  expect(swapped.due.map(({ command }) => command)).toEqual([
    { type: 'LowerCredit', ...credit, to: 5000 },
    { type: 'LowerStock', productId: 'prd_more', ...ids, to: 3 },
    { type: 'LowerStock', productId: 'prd_less', ...ids, to: 0 },
  ])
})

test.each([
  ['OUT_OF_STOCK', [refused('stock prd_more', 'OUT_OF_STOCK'), done('credit')]],
  ['CREDIT_LIMIT_EXCEEDED', [refused('stock prd_more', 'OUT_OF_STOCK'), refused('credit', 'CREDIT_LIMIT_EXCEEDED')]],
  ['UNKNOWN_PRODUCT', [refused('stock prd_more', 'UNKNOWN_PRODUCT'), refused('credit', 'CREDIT_LIMIT_EXCEEDED')]],
  ['ALREADY_RELEASED', [refused('stock prd_more', 'ALREADY_RELEASED'), refused('credit', 'CREDIT_LIMIT_EXCEEDED')]],
])('when something cannot be had it is rejected, and the rest lowered to what it was: %s', (reason, replies) => {
  const { due } = after({ start }, { replies: [...replies, done('stock prd_less')] })
  expect(due.map(({ command }) => command)).toEqual([
    { type: 'RejectRevision', ...ids, reason },
    ...(reason === 'OUT_OF_STOCK' ? [{ type: 'LowerCredit', ...credit, to: 3000 }] : []),
    { type: 'LowerStock', productId: 'prd_less', ...ids, to: 4 },
  ])
})

test('when time is up it is rejected, and what may be under way is lowered to what it was', () => {
  const { due } = after({ start }, { replies: [done('credit')] }, { now: NOW + revision.within })
  expect(due.map(({ command }) => command)).toEqual([
    { type: 'RejectRevision', ...ids, reason: 'TIMED_OUT' },
    { type: 'LowerCredit', ...credit, to: 3000 },
    { type: 'LowerStock', productId: 'prd_more', ...ids, to: 1 },
    { type: 'LowerStock', productId: 'prd_less', ...ids, to: 4 },
  ])
})

test('when the order is cancelled it gives back what is its own, and tells nobody', () => {
  const { due } = after({ start }, { replies: [done('credit')], noticed: ['OrderCancelled'] })
  expect(due.map(({ key }) => key)).toEqual(['credit/undo', 'stock prd_more/undo', 'stock prd_less/undo'])
})

test('is concerned by what happens to it, and not by other revisions of its order', () => {
  const cancelled = { orderId: 'ord_1', customerId: 'cus_1', total: 1 }
  expect(revision.idOf(start)).toBe('ord_1-2')
  expect(revision.idOf(recorded({ type: 'OrderCancelled', data: { ...cancelled, revision: 2 } }))).toBe('ord_1-2')
  expect(revision.idOf(recorded({ type: 'OrderCancelled', data: cancelled }))).toBeUndefined()
  expect(revision.about('ord_1-2-12')).toEqual({ orderId: 'ord_1-2', revision: 12 })
})

test('it begins with nothing but a request, and is noticed by what ends it', () => {
  const { name, follows, startsWith, noticing, cancelledBy } = revision
  expect({ name, follows, startsWith, noticing, cancelledBy }).toEqual({
    name: 'revision',
    follows: 'order',
    startsWith: 'OrderRevisionRequested',
    noticing: ['OrderCancelled', 'OrderRevised'],
    cancelledBy: 'OrderCancelled',
  })
  const cancelled = recorded({ type: 'OrderCancelled', data: { orderId: 'ord_1', customerId: 'cus_1', total: 1 } })
  expect(() => revision.begin(cancelled)).toThrow('A revision cannot begin with OrderCancelled')
  expect(revision.idOf(recorded({ type: 'LogCreated', data: { logId: 'abcdefghijkl' } }))).toBeUndefined()
})

test('it knows its steps by name, and by which events they are refused', () => {
  expect(after({ start }).due.map(({ step, refusedBy }) => [step, refusedBy])).toEqual([
    ['credit', 'CreditRaiseRefused'],
    ['stock prd_more', 'StockRaiseRefused'],
    ['stock prd_less', 'StockRaiseRefused'],
  ])
})

test('each request goes to the stream that decides it, with every outcome', () => {
  const participants = ['customer-cus_1', 'product-prd_more', 'product-prd_less']
  const cancelled = after({ start }, { noticed: ['OrderCancelled'] })
  expect(cancelled.due.map(({ stream }) => stream)).toEqual(participants)
  const reserved = { replies: willing(after({ start }).due) }
  expect(after({ start }, reserved).due.map(({ stream }) => stream)).toEqual(['order-ord_1'])
  const swapped = after({ start }, reserved, { noticed: ['OrderRevised'] })
  expect(swapped.due.map(({ stream }) => stream)).toEqual(participants)
  const late = after({ start }, { now: NOW + revision.within })
  expect(late.due.map(({ stream }) => stream)).toEqual(['order-ord_1', ...participants])
})

/** The state of the revision after it has looked at its inbox several times, and what it wants answered then. */
function after(...inboxes: Partial<Inbox>[]): { state: SagaState<RevisionFacts>; due: readonly Due[] } {
  let state: SagaState<RevisionFacts> | undefined
  for (const inbox of inboxes) ({ state } = decide(revision, state, { replies: [], noticed: [], now: NOW, ...inbox }))
  if (!state) throw new Error('The revision has not started')
  return { state, due: due(revision, state) }
}

function willing(requests: readonly Due[]): SagaReply[] {
  return requests.map(({ step, answer }) => ({ step, answer }))
}

function done(step: string): SagaReply {
  return { step, answer: 'DONE' }
}

function refused(step: string, reason: string): SagaReply {
  return { step, answer: 'REFUSED', reason }
}

function recorded(event: Pick<ReadableEvent, 'type' | 'data'>): ReadableEvent {
  const place = { stream: 'order-ord_1', revision: 4, position: 9 }
  return { ...event, ...place, id: 'event-9', metadata: { schemaVersion: 1 }, recordedAt: '' } as ReadableEvent
}
