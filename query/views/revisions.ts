// The newest revision of an order, as part of the order's document: what it is to make of the order, and how far its saga has come.
import type { OrderLine, RevisionRejectionReason } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import type { RecordedEvent } from '../../events/store/event-store.ts'
import type { PlacementStepDocument } from './orders.ts'

export interface RevisionDocument {
  /** Counted from 1 for each order. */
  number: number
  state: 'PENDING' | 'APPLIED' | 'REJECTED' | 'CANCELLED' | 'COMPENSATION_FAILED'
  reason?: RevisionRejectionReason
  lines: readonly OrderLine[]
  total: Cents
  /** Named as those of the placement; one for each product of which more or fewer pieces are taken. */
  steps: readonly PlacementStepDocument[]
  requestedAt: string
  /** When it had its effect everywhere, or everything was given back. */
  endedAt?: string
  /** Since when it waits for an operator. */
  parkedSince?: string
}

/** The revision after an event of its order; the very same one when the event is none of a revision's, or of an older revision. */
export function revised(before: RevisionDocument | undefined, event: RecordedEvent): RevisionDocument | undefined {
  if (event.type === 'OrderRevisionRequested') return requested(event)
  if (!before || numberOf(event) !== before.number) return before
  switch (event.type) {
    case 'OrderRevised':
      return { ...before, state: 'APPLIED' }
    case 'OrderRevisionRejected':
      return givingBack({ ...before, state: 'REJECTED', reason: event.data.reason }, event.recordedAt)
    case 'OrderCancelled':
      return givingBack({ ...before, state: 'CANCELLED' }, event.recordedAt)

    case 'CreditReservationRaised':
      return withStep(before, event, 'credit', raised(before))
    case 'CreditRaiseRefused':
      return withStep(before, event, 'credit', {
        state: 'REFUSED',
        detail: `${event.data.reason}: ${formatMoney(event.data.by)} more asked for, ${formatMoney(event.data.available)} available`,
      })
    case 'CreditReservationLowered':
      return withStep(before, event, 'credit', lowered(before, event.data.by))

    case 'StockReservationRaised':
      return withStep(before, event, `stock ${event.data.productId}`, raised(before))
    case 'StockRaiseRefused':
      return withStep(before, event, `stock ${event.data.productId}`, {
        state: 'REFUSED',
        detail: `${event.data.reason}: ${event.data.by} more asked for, ${event.data.available} available`,
      })
    case 'StockReservationLowered':
      return withStep(before, event, `stock ${event.data.productId}`, lowered(before, event.data.by))

    case 'RevisionEnded':
      return ended(before, event.recordedAt)
    case 'SagaParked':
    case 'SagaRetried':
    case 'SagaDiscarded':
      return operated(before, event)
    default:
      return before
  }
}

type EventOf<Type extends RecordedEvent['type']> = Extract<RecordedEvent, { type: Type }>
type StepOutcome = Pick<PlacementStepDocument, 'state' | 'detail'>

const NOTHING_RESERVED: StepOutcome = { state: 'COMPENSATED', detail: 'nothing more was reserved' }

function numberOf({ data }: RecordedEvent): number | undefined {
  return 'revision' in data ? data.revision : undefined
}

function requested({ data, recordedAt }: EventOf<'OrderRevisionRequested'>): RevisionDocument {
  const names = ['credit', ...data.stock.map(({ productId }) => `stock ${productId}`)]
  return {
    number: data.revision,
    state: 'PENDING',
    lines: data.lines,
    total: data.revisedTotal,
    steps: names.map((name) => ({ name, state: 'REQUESTED', at: recordedAt })),
    requestedAt: recordedAt,
  }
}

/** A refused step keeps its refusal: what follows only makes sure. */
function withStep(revision: RevisionDocument, event: RecordedEvent, name: string, outcome: StepOutcome) {
  const index = revision.steps.findIndex((step) => step.name === name)
  if (index < 0 || revision.steps[index]?.state === 'REFUSED') return revision
  return { ...revision, steps: revision.steps.with(index, { name, at: event.recordedAt, ...outcome }) }
}

function raised(revision: RevisionDocument): StepOutcome {
  return { state: isGivenBack(revision) ? 'COMPENSATING' : 'DONE' }
}

/** An order that was revised is settled by this; what is lowered before the rejection is known is given back, too. */
function lowered(revision: RevisionDocument, by: number): StepOutcome {
  if (revision.state === 'APPLIED') return { state: 'DONE' }
  return by === 0 ? NOTHING_RESERVED : { state: 'COMPENSATED' }
}

function givingBack(revision: RevisionDocument, at: string): RevisionDocument {
  return { ...revision, steps: replaced(revision, (step) => step.state === 'DONE', { state: 'COMPENSATING', at }) }
}

/** What was not asked, or needed nothing after an order was cancelled, shipped or paid, has left no event. */
function ended(revision: RevisionDocument, endedAt: string): RevisionDocument {
  const isOpen = ({ state }: PlacementStepDocument) => state === 'REQUESTED' || state === 'COMPENSATING'
  const outcome: StepOutcome = isGivenBack(revision) ? NOTHING_RESERVED : { state: 'DONE' }
  const state = revision.state === 'COMPENSATION_FAILED' ? stateBefore(revision) : revision.state
  return { ...revision, state, steps: replaced(revision, isOpen, { ...outcome, at: endedAt }), endedAt }
}

/** What could not be given back is failed, until an operator has it tried again. Given up, it stays failed. */
function operated(revision: RevisionDocument, event: EventOf<'SagaParked' | 'SagaRetried' | 'SagaDiscarded'>) {
  const { parkedSince: _, ...rest } = revision
  switch (event.type) {
    case 'SagaParked': {
      const parkedSince = event.recordedAt
      const { reason, steps, error } = event.data
      if (reason === 'STUCK') return { ...rest, parkedSince }
      const failed = replaced(rest, ({ name }) => steps.includes(name), {
        state: 'FAILED',
        at: parkedSince,
        detail: error,
      })
      return { ...rest, parkedSince, state: 'COMPENSATION_FAILED' as const, steps: failed }
    }
    case 'SagaRetried': {
      if (rest.state !== 'COMPENSATION_FAILED') return rest
      const again = { state: 'COMPENSATING', at: event.recordedAt } as const
      return { ...rest, state: stateBefore(rest), steps: replaced(rest, ({ state }) => state === 'FAILED', again) }
    }
    case 'SagaDiscarded':
      return rest
  }
}

function stateBefore({ reason }: RevisionDocument): 'REJECTED' | 'CANCELLED' {
  return reason ? 'REJECTED' : 'CANCELLED'
}

function isGivenBack({ state }: RevisionDocument): boolean {
  return state !== 'PENDING' && state !== 'APPLIED'
}

function replaced(
  { steps }: RevisionDocument,
  which: (step: PlacementStepDocument) => boolean,
  by: Omit<PlacementStepDocument, 'name'>,
): PlacementStepDocument[] {
  return steps.map((step) => (which(step) ? { name: step.name, ...by } : step))
}
