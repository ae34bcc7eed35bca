// What the rules of any saga keep, and what they take for a bug. The stories of a saga in all its endings are told beside its definition.

import { describe, expect, test } from 'vitest'
import type { RecordedEvent } from '../../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import type { SagaDefinition } from '../../../../kernel/deciding/saga/definition.ts'
import { decide, evolve, type Inbox } from '../../../../kernel/deciding/saga/saga.ts'

const ask = (type: 'ReserveCredit' | 'ReleaseCredit') =>
  ({ stream: 'customer-cus_1', command: { type, customerId: 'cus_1', orderId: 'ord_1', amount: 5 } }) as const

interface Facts {
  orderId: string
  names: readonly string[]
}

/** A saga of two steps, of which one customer is asked both; a revision of the order adds a third. */
const saga: SagaDefinition<Facts, 'NO' | 'LATE'> & Required<Pick<SagaDefinition<Facts>, 'amended'>> = {
  name: 'placement',
  follows: 'order',
  startsWith: 'OrderPlaced',
  noticing: ['OrderCancelled'],
  idOf: () => 'ord_1',
  about: (orderId) => ({ orderId }),
  begin: () => ({ orderId: 'ord_1', names: ['first', 'second'] }),
  amended: { by: 'OrderRevised', to: ({ orderId, names }) => ({ orderId, names: [...names, 'third'] }) },
  together: ({ names }) =>
    names.map((name) => ({
      name,
      reserve: ask('ReserveCredit'),
      refusedBy: 'CreditReservationRefused',
      undo: ask('ReleaseCredit'),
      settledOn: 'OrderPaid',
      settle: ask('ReleaseCredit'),
    })),
  whenDone: ({ orderId }) => ({ stream: 'order-ord_1', command: { type: 'ApproveOrder', orderId } }),
  otherwise: ({ orderId }) => ({
    stream: 'order-ord_1',
    command: { type: 'RejectOrder', orderId, reason: 'TIMED_OUT' },
  }),
  reasons: ['NO'],
  whenLate: 'LATE',
  cancelledBy: 'OrderCancelled',
  within: 1_000,
  window: 2,
}

const start: RecordedEvent = {
  type: 'OrderPlaced',
  data: { orderId: 'ord_1', customerId: 'cus_1', total: 5, lines: [] },
  id: 'event-1',
  metadata: { schemaVersion: SCHEMA_VERSION },
  stream: 'order-ord_1',
  revision: 0,
  position: 1,
  recordedAt: '2026-01-01T00:00:00.000Z',
}
const now = Date.parse('2026-01-01T00:00:00.000Z')

/** The state when each of these has come in after the other. */
function stateAfter(...inboxes: Partial<Inbox>[]) {
  const begun = decide(saga, undefined, { start, replies: [], noticed: [], now }).state
  return inboxes.reduce((state, inbox) => decide(saga, state, { replies: [], noticed: [], now, ...inbox }).state, begun)
}

test('a saga that has started has asked for everything, and heard nothing', () => {
  expect(stateAfter()).toEqual({
    facts: { ...saga.begin(start), deadline: '2026-01-01T00:00:01.000Z', window: 2 },
    deadline: '2026-01-01T00:00:01.000Z',
    window: 2,
    steps: saga.together(saga.begin(start)),
    statuses: ['ASKED', 'ASKED'],
    refusals: [],
    delivered: false,
    noticed: [],
    ended: false,
  })
})

test('nothing comes of anything before the event that it starts with', () => {
  const inbox = { replies: [{ step: 'first', answer: 'DONE' }], noticed: ['OrderCancelled'], now } as const
  expect(decide(saga, undefined, inbox)).toEqual({ events: [], state: undefined })
})

test('it keeps the reasons of those who refused, and of nobody else', () => {
  expect(stateAfter({ replies: [{ step: 'first', answer: 'REFUSED', reason: 'NO' }] })?.refusals).toEqual(['NO'])
  expect(stateAfter({ replies: [{ step: 'first', answer: 'REFUSED' }] })?.refusals).toEqual([])
  expect(stateAfter({ replies: [{ step: 'first', answer: 'DONE', reason: 'NO' }] })?.refusals).toEqual([])
})

test('a decision cannot have been delivered before there is one', () => {
  expect(stateAfter({ replies: [{ step: 'decision', answer: 'DONE' }] })).toEqual(stateAfter())
})

describe('an amendment', () => {
  const revisedAt = (revision: number) => ({ ...start, revision })

  test('adds what is reserved already, and leaves what is known of the rest', () => {
    const state = stateAfter({ replies: [{ step: 'first', answer: 'DONE' }] }, { amendments: [revisedAt(0)] })
    expect(state).toMatchObject({ statuses: ['DONE', 'ASKED', 'DONE'], amendedAt: 0 })
    expect(state?.steps).toEqual(saga.together({ orderId: 'ord_1', names: ['first', 'second', 'third'] }))
    expect(state?.facts).not.toHaveProperty('amendedAt')
  })

  test('is made once, and no older one after it', () => {
    const amended = stateAfter({ amendments: [revisedAt(3)] })
    expect(stateAfter({ amendments: [revisedAt(3)] }, { amendments: [revisedAt(3), revisedAt(2)] })).toEqual(amended)
    expect(stateAfter({ amendments: [revisedAt(3), revisedAt(4)] })).toMatchObject({ amendedAt: 4 })
  })

  test('is nothing to a saga that knows of none', () => {
    const { amended: _, ...rigid } = saga
    const begun = decide(rigid, undefined, { start, replies: [], noticed: [], now }).state
    expect(decide(rigid, begun, { replies: [], noticed: [], now, amendments: [revisedAt(3)] })).toEqual({
      events: [],
      state: begun,
    })
  })
})

describe('what cannot be is a bug, and is told as one', () => {
  const state = stateAfter()

  test('a stream that does not begin with the start', () => {
    expect(() => evolve(saga, undefined, { type: 'Ended', data: {} })).toThrow('A placement cannot begin with Ended')
  })

  test('an event that no saga has', () => {
    const event = { type: 'Nonsense', data: {} } as never
    expect(() => evolve(saga, state, event)).toThrow('A saga knows no event {"type":"Nonsense","data":{}}')
  })

  test('an answer that no participant gives', () => {
    const replies = [{ step: 'first', answer: 'PERHAPS' as 'DONE' }]
    expect(() => stateAfter({ replies })).toThrow('A saga knows no answer PERHAPS')
  })

  test('a refusal for a reason that the saga does not have', () => {
    const replies = ['first', 'second'].map((step) => ({ step, answer: 'REFUSED', reason: 'MOON' }) as const)
    expect(() => stateAfter({ replies })).toThrow('A placement knows no reason among MOON,MOON')
  })
})
