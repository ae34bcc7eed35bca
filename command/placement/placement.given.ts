// The placement of order ord_1 told as a story: what comes in, what is recorded, and what is asked next.

import { expect } from 'vitest'
import type { OrderLine, PlacementFacts, ReadableEvent } from '../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../events/upcasters.ts'
import { type Due, decide, due, evolve, type SagaEvent, type SagaState } from '../../kernel/deciding/saga/saga.ts'
import { fromStored, toStored } from '../../kernel/deciding/saga/stored.ts'
import type { SagaReply } from '../../kernel/store/kernel-events.ts'
import { placement } from './placement.ts'

/** A reply, the type of a later event of the order, a passed deadline, or the retry of an operator. */
export type Mail =
  | SagaReply
  | 'OrderCancelled'
  | 'OrderShipped'
  | 'OrderPaid'
  | 'overdue'
  | OrderRevised
  | { retry: string; at: number }

type OrderRevised = Extract<ReadableEvent, { type: 'OrderRevised' }>

/** When the placement begins, ten seconds after its order was placed. */
export const BEGINS = Date.parse('2026-01-01T00:00:10.000Z')

export interface Story {
  /** All of this has come in since the saga looked last. */
  when(...mail: Mail[]): Story
  /** The events recorded after that, in short: `Decided REJECTED OUT_OF_STOCK`. */
  then(...events: string[]): Story
  /** The keys of what the saga wants answered now, in this order. */
  asks(...keys: string[]): Story
  readonly due: readonly Due[]
  readonly state: SagaState<PlacementFacts>
  /** Everything recorded so far. */
  readonly events: readonly SagaEvent<PlacementFacts>[]
}

/** Begins the story of an order of cus_1 with these lines; without any, an order by plain total. */
export function placing(...lines: OrderLine[]): Story {
  const start = orderPlaced(...lines)
  const { events, state } = decide(placement, undefined, { start, replies: [], noticed: [], now: BEGINS })
  return story(events, events, state)
}

export function orderPlaced(...lines: OrderLine[]): ReadableEvent {
  return {
    type: 'OrderPlaced',
    data: { orderId: 'ord_1', customerId: 'cus_1', total: 5000, lines },
    id: 'event-1',
    metadata: { schemaVersion: SCHEMA_VERSION },
    stream: 'order-ord_1',
    revision: 0,
    position: 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
  }
}

/** Another revision each time, as the order's event with this revision in its stream. */
export function orderRevised(at: number, ...lines: OrderLine[]): OrderRevised {
  return {
    ...orderPlaced(),
    type: 'OrderRevised',
    data: { orderId: 'ord_1', customerId: 'cus_1', total: 6000, revision: at, lines },
    revision: at,
  }
}

export function line(productId: string, quantity = 1): OrderLine {
  return { productId, quantity, unitPrice: 100 }
}

export function done(step: string): SagaReply {
  return { step, answer: 'DONE' }
}

export function refused(step: string, reason: string): SagaReply {
  return { step, answer: 'REFUSED', reason }
}

export function undone(step: string): SagaReply {
  return { step, answer: 'UNDONE' }
}

export function settled(step: string): SagaReply {
  return { step, answer: 'SETTLED' }
}

/** The answers of participants that accept every request. */
export function willing(requests: readonly Due[]): SagaReply[] {
  return requests.map(({ step, answer }) => ({ step, answer }))
}

/** The state that a process finds after a crash: folded from what was stored. */
export function rebuilt(events: readonly SagaEvent<PlacementFacts>[]): SagaState<PlacementFacts> | undefined {
  let state: SagaState<PlacementFacts> | undefined
  for (const event of events) {
    const stored = JSON.parse(JSON.stringify(toStored(placement, event, 'ord_1')))
    state = evolve(placement, state, fromStored(placement, stored))
  }
  return state
}

function story(
  all: readonly SagaEvent<PlacementFacts>[],
  latest: readonly SagaEvent<PlacementFacts>[],
  state: SagaState<PlacementFacts> | undefined,
): Story {
  if (!state) throw new Error('The placement has not started')
  const now = due(placement, state)
  const self: Story = {
    when(...mail) {
      const replies = mail.filter((item) => typeof item === 'object').filter((item) => 'step' in item)
      const noticed = mail.filter((item) => typeof item === 'string').filter((item) => item !== 'overdue')
      const [again] = mail.filter((item) => typeof item === 'object').filter((item) => 'retry' in item)
      const amendments = mail.filter((item) => typeof item === 'object').filter((item) => 'stream' in item)
      const now = mail.includes('overdue') ? Date.parse(state.deadline) : (again?.at ?? BEGINS)
      const after = decide(placement, state, {
        replies,
        amendments,
        noticed,
        now,
        ...(again && { retry: again.retry }),
      })
      return story([...all, ...after.events], after.events, after.state)
    },
    // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it.
    then(...events) {
      expect(latest.map(inShort)).toEqual(events)
      expect(due(placement, rebuilt(all) as SagaState<PlacementFacts>)).toEqual(now)
      if (state.ended) expect(now, 'a saga that has ended asks for nothing').toEqual([])
      return self
    },
    asks(...keys) {
      expect(now.map(({ key }) => key)).toEqual(keys)
      return self
    },
    due: now,
    state,
    events: all,
  }
  return self
}

function inShort(event: SagaEvent<PlacementFacts>): string {
  if (event.type !== 'Decided') return event.type
  const { outcome, reason } = event.data
  return ['Decided', outcome, ...(reason ? [reason] : [])].join(' ')
}
