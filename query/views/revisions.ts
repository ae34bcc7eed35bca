// The newest revision of an order, as part of the order's document: what it is to make of the order, and how far its saga has come.
import type { OrderLine, RecordedEvent, RevisionRejectionReason } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import { CREDIT, stockOf } from '../../events/placement.ts'
import { closed, givingBack, operated, type StepDocument, type StepOutcome, withOutcome } from './steps.ts'

export interface RevisionDocument {
  /** Counted from 1 for each order. */
  number: number
  state: 'PENDING' | 'APPLIED' | 'REJECTED' | 'CANCELLED' | 'COMPENSATION_FAILED'
  reason?: RevisionRejectionReason
  lines: readonly OrderLine[]
  total: Cents
  /** Named as those of the placement; one for each product of which more or fewer pieces are taken. */
  steps: readonly StepDocument[]
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
      return {
        ...before,
        state: 'REJECTED',
        reason: event.data.reason,
        steps: givingBack(before.steps, event.recordedAt),
      }
    case 'OrderCancelled':
      return { ...before, state: 'CANCELLED', steps: givingBack(before.steps, event.recordedAt) }

    case 'CreditReservationRaised':
      return withStep(before, event, CREDIT, raised(before))
    case 'CreditRaiseRefused':
      return withStep(before, event, CREDIT, {
        state: 'REFUSED',
        detail: `${event.data.reason}: ${formatMoney(event.data.by)} more asked for, ${formatMoney(event.data.available)} available`,
      })
    case 'CreditReservationLowered':
      return withStep(before, event, CREDIT, lowered(before, event.data.by))

    case 'StockReservationRaised':
      return withStep(before, event, stockOf(event.data.productId), raised(before))
    case 'StockRaiseRefused':
      return withStep(before, event, stockOf(event.data.productId), {
        state: 'REFUSED',
        detail: `${event.data.reason}: ${event.data.by} more asked for, ${event.data.available} available`,
      })
    case 'StockReservationLowered':
      return withStep(before, event, stockOf(event.data.productId), lowered(before, event.data.by))

    case 'RevisionEnded':
      return ended(before, event.recordedAt)
    case 'SagaParked':
    case 'SagaRetried':
    case 'SagaDiscarded':
      return parkedOrNot(before, event)
    default:
      return before
  }
}

type EventOf<Type extends RecordedEvent['type']> = Extract<RecordedEvent, { type: Type }>

const NOTHING_RESERVED: StepOutcome = { state: 'COMPENSATED', settled: true, detail: 'nothing more was reserved' }

function numberOf({ data }: RecordedEvent): number | undefined {
  return 'revision' in data ? data.revision : undefined
}

function requested({ data, recordedAt }: EventOf<'OrderRevisionRequested'>): RevisionDocument {
  const names = [CREDIT, ...data.stock.map(({ productId }) => stockOf(productId))]
  return {
    number: data.revision,
    state: 'PENDING',
    lines: data.lines,
    total: data.revisedTotal,
    steps: names.map((name) => ({ name, state: 'REQUESTED', at: recordedAt })),
    requestedAt: recordedAt,
  }
}

function withStep(revision: RevisionDocument, event: RecordedEvent, name: string, outcome: StepOutcome) {
  const steps = withOutcome(revision.steps, event, name, outcome)
  return steps === revision.steps ? revision : { ...revision, steps }
}

function raised(revision: RevisionDocument): StepOutcome {
  return { state: isGivenBack(revision) ? 'COMPENSATING' : 'DONE' }
}

/** An order that was revised is settled by this; what is lowered before the rejection is known is given back, too. */
function lowered(revision: RevisionDocument, by: number): StepOutcome {
  if (revision.state === 'APPLIED') return { state: 'DONE' }
  return by === 0 ? NOTHING_RESERVED : { state: 'COMPENSATED', settled: true }
}

/**
 * Steps that were not requested, or needed nothing after an order was cancelled, shipped or paid, have left no event.
 */
function ended(revision: RevisionDocument, endedAt: string): RevisionDocument {
  const outcome: StepOutcome = isGivenBack(revision) ? NOTHING_RESERVED : { state: 'DONE' }
  const state = revision.state === 'COMPENSATION_FAILED' ? stateBefore(revision) : revision.state
  return { ...revision, state, steps: closed(revision.steps, outcome, endedAt), endedAt }
}

function parkedOrNot(
  revision: RevisionDocument,
  event: EventOf<'SagaParked' | 'SagaRetried' | 'SagaDiscarded'>,
): RevisionDocument {
  const { parkedSince: _, ...rest } = revision
  return { ...rest, ...operated<RevisionDocument['state']>(rest, event, stateBefore(rest)) }
}

function stateBefore({ reason }: RevisionDocument): 'REJECTED' | 'CANCELLED' {
  return reason ? 'REJECTED' : 'CANCELLED'
}

function isGivenBack({ state }: RevisionDocument): boolean {
  return state !== 'PENDING' && state !== 'APPLIED'
}
