import type { RecordedEvent } from '../../events/catalogue.ts'
// The steps of what is under way for an order, its placement or a revision: how far each has come, and what an operator has to do with it.

/** `name` is `credit`, or `stock` and the id of a product. */
export interface StepDocument {
  name: string
  state: 'REQUESTED' | 'DONE' | 'REFUSED' | 'COMPENSATING' | 'COMPENSATED' | 'FAILED'
  at: string
  /** Nothing of it is reserved any more. It was refused, given back, shipped, or freed by the payment. */
  settled?: true
  /** For people alone. */
  detail?: string
}

export type StepOutcome = Pick<StepDocument, 'state' | 'settled' | 'detail'>

type Steps = readonly StepDocument[]

/** A refused step keeps its refusal: what follows only makes sure. The very same steps when nothing changes. */
export function withOutcome(
  steps: Steps,
  { recordedAt: at }: RecordedEvent,
  name: string,
  outcome: StepOutcome,
): Steps {
  const index = steps.findIndex((step) => step.name === name)
  if (index < 0 || steps[index]?.state === 'REFUSED') return steps
  return steps.with(index, { name, at, ...outcome })
}

/** The reservations are to be released. */
export function givingBack(steps: Steps, at: string): StepDocument[] {
  return replaced(steps, ({ state }) => state === 'DONE', { state: 'COMPENSATING', at })
}

/** Nothing more will come: what is open still has come to this outcome, and left no event. */
export function closed(steps: Steps, outcome: StepOutcome, at: string): StepDocument[] {
  return replaced(steps, ({ state }) => state === 'REQUESTED' || state === 'COMPENSATING', { ...outcome, at })
}

/**
 * The effect of parking on a process. A failed release stays failed until an operator retries it. After an operator has
 * given it up, it stays failed.
 * @param process without `parkedSince`, which is only there while it is parked
 * @param again its state after a retry
 */
export function operated<State extends string>(
  { state, steps }: { state: State | 'COMPENSATION_FAILED'; steps: Steps },
  event: Extract<RecordedEvent, { type: 'SagaParked' | 'SagaRetried' | 'SagaDiscarded' }>,
  again: State,
): { parkedSince?: string; state?: State | 'COMPENSATION_FAILED'; steps?: StepDocument[] } {
  const at = event.recordedAt
  switch (event.type) {
    case 'SagaParked': {
      const { reason, steps: failed, error } = event.data
      if (reason === 'STUCK') return { parkedSince: at }
      // A release may have been recorded although the saga could not learn of it.
      const isFailed = ({ name, settled }: StepDocument) => failed.includes(name) && !settled
      return {
        parkedSince: at,
        state: 'COMPENSATION_FAILED',
        steps: replaced(steps, isFailed, { state: 'FAILED', at, detail: error }),
      }
    }
    case 'SagaRetried': {
      if (state !== 'COMPENSATION_FAILED') return {}
      const isFailed = (step: StepDocument) => step.state === 'FAILED'
      return { state: again, steps: replaced(steps, isFailed, { state: 'COMPENSATING', at }) }
    }
    case 'SagaDiscarded':
      return {}
  }
}

/** The steps, those that meet a condition with something else in their place; each keeps its name. */
export function replaced(
  steps: Steps,
  which: (step: StepDocument) => boolean,
  by: Omit<StepDocument, 'name'>,
): StepDocument[] {
  return steps.map((step) => (which(step) ? { name: step.name, ...by } : step))
}
