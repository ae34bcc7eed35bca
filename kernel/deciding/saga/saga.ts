// The rules of any saga: the events that follow from its inbox, and the requests that are due. The functions are pure,
// as in a decider.
import type { ReadableEvent } from '../../store/event-store.ts'
import type { SagaReply } from '../../store/kernel-events.ts'
import type { Request, SagaDefinition, Step } from './definition.ts'

export type SagaEvent<Facts> =
  | { type: 'Started'; data: Facts & { deadline: string; window: number } }
  | { type: 'Amended'; data: Facts & { amendedAt: number } }
  | { type: 'Resumed'; data: { deadline: string; retry: string } }
  | { type: 'RepliesReceived'; data: { replies: readonly SagaReply[]; noticed: readonly string[] } }
  | { type: 'Decided'; data: Decision }
  | { type: 'Ended'; data: object }

type Decision = { outcome: 'APPROVED' | 'CANCELLED'; reason?: never } | { outcome: 'REJECTED'; reason: string }

/**
 * ASKED until the participant has answered. When a saga is decided before that, a step is in DOUBT if its request may
 * be in flight (it is undone: the mark that this leaves refuses the late reservation), and UNASKED if it was not its
 * turn yet.
 */
type StepStatus = 'ASKED' | 'DOUBT' | 'UNASKED' | 'DONE' | 'REFUSED' | 'UNDONE' | 'SETTLED'

export interface SagaState<Facts> {
  facts: Facts
  /** RFC 3339. */
  deadline: string
  /** The retry that the deadline counts from, if not from the start. */
  retry?: string
  /** The revision of the event that amended it last. */
  amendedAt?: number
  window: number
  steps: readonly Step[]
  /** One for each step. */
  statuses: readonly StepStatus[]
  /** Why steps were refused. */
  refusals: readonly string[]
  decision?: Decision
  /** The rejection has been delivered. */
  delivered: boolean
  /** The later events of the business that the saga has noticed. */
  noticed: readonly string[]
  ended: boolean
}

/** The arrivals since the saga last decided. */
export interface Inbox {
  /** The event that starts the saga. */
  start?: ReadableEvent
  replies: readonly SagaReply[]
  /** Events that amend the saga, in their order; they come before those that are noticed. */
  amendments?: readonly ReadableEvent[]
  noticed: readonly string[]
  /** An operator retries the saga: the id of the event of that retry. */
  retry?: string
  /** The time of the decision, in epoch milliseconds. */
  now: number
}

/** A request that needs an answer. `key` distinguishes it from all other requests of the saga, for ever. */
export interface Due extends Request {
  key: string
  /** The name of the step, or DELIVERY. */
  step: string
  /** The outcome when the participant accepts, and the event by which it refuses. */
  answer: SagaReply['answer']
  refusedBy?: string
}

/** The key of the answer to the delivery of the decision; the other keys are names of steps. */
export const DELIVERY = 'decision'

/**
 * The events that follow from the inbox.
 * @param before `undefined` for a saga that has not started: no event follows unless the inbox has its start
 * @returns the events, none when the inbox contains nothing new, and the state after them
 */
export function decide<Facts>(
  saga: SagaDefinition<Facts>,
  before: SagaState<Facts> | undefined,
  inbox: Inbox,
): { events: readonly SagaEvent<Facts>[]; state: SagaState<Facts> | undefined } {
  const events: SagaEvent<Facts>[] = []
  const record = (state: SagaState<Facts> | undefined, event: SagaEvent<Facts>): SagaState<Facts> => {
    events.push(event)
    return evolve(saga, state, event)
  }

  let state = before ?? (inbox.start && record(undefined, started(saga, inbox.start, inbox.now)))
  if (!state || state.ended) return { events, state }
  if (before && inbox.retry !== undefined && isNewRetry(state, inbox.retry)) {
    state = record(state, { type: 'Resumed', data: { deadline: deadline(saga, inbox.now), retry: inbox.retry } })
  }

  const amendment = amendmentOf(saga, state, inbox.amendments ?? [])
  if (amendment) state = record(state, { type: 'Amended', data: amendment })

  const replies = news(inbox.replies, state)
  const known = state.noticed
  const noticed = inbox.noticed.filter((type) => !known.includes(type))
  if (replies.length + noticed.length > 0) {
    state = record(state, { type: 'RepliesReceived', data: { replies, noticed } })
  }
  const decision = state.decision ? undefined : decisionOn(saga, state, inbox.now)
  if (decision) state = record(state, { type: 'Decided', data: decision })
  if (state.decision && isSettled(saga, state)) state = record(state, { type: 'Ended', data: {} })
  return { events, state }
}

/** The state after one of the saga's own events. */
export function evolve<Facts>(
  saga: SagaDefinition<Facts>,
  state: SagaState<Facts> | undefined,
  event: SagaEvent<Facts>,
): SagaState<Facts> {
  if (event.type === 'Started') {
    const { deadline, window } = event.data
    const steps = saga.together(event.data)
    return {
      facts: event.data,
      deadline,
      window,
      steps,
      statuses: steps.map(() => 'ASKED'),
      refusals: [],
      delivered: false,
      noticed: [],
      ended: false,
    }
  }
  if (!state) throw new Error(`A ${saga.name} cannot begin with ${event.type}`)
  switch (event.type) {
    case 'Amended':
      return amended(saga, state, event.data)
    case 'Resumed':
      return { ...state, deadline: event.data.deadline, retry: event.data.retry }
    case 'RepliesReceived':
      return received(state, event.data.replies, event.data.noticed)
    case 'Decided': {
      const underWay = new Set(firstOf(state, (status) => status === 'ASKED'))
      const statuses = state.statuses.map((status, index) =>
        status !== 'ASKED' ? status : underWay.has(index) ? 'DOUBT' : 'UNASKED',
      )
      return { ...state, decision: event.data, statuses }
    }
    case 'Ended':
      return { ...state, ended: true }
    default:
      throw new Error(`A saga knows no event ${JSON.stringify(event satisfies never)}`)
  }
}

/**
 * The requests that are due. The same state gives the same requests with the same keys, so a crash only repeats them.
 */
export function due<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>): readonly Due[] {
  const ask = (what: 'reserve' | 'undo' | 'settle', answer: SagaReply['answer'], of: Wanted) =>
    firstOf(state, of).map((index): Due => {
      const step = state.steps[index] as Step
      const asked = { key: `${step.name}/${what}`, step: step.name, answer, ...(step[what] ?? step.undo) }
      return what === 'reserve' ? { ...asked, refusedBy: step.refusedBy } : asked
    })

  const { decision } = state
  if (!decision) return ask('reserve', 'DONE', (status) => status === 'ASKED')
  if (mustGiveBack(saga, state)) {
    return [...delivery(saga, state), ...ask('undo', 'UNDONE', (status) => status === 'DONE' || status === 'DOUBT')]
  }
  return [
    ...delivery(saga, state),
    ...ask('settle', 'SETTLED', (status, step) => status === 'DONE' && state.noticed.includes(step.settledOn)),
  ]
}

function started<Facts>(saga: SagaDefinition<Facts>, event: ReadableEvent, now: number): SagaEvent<Facts> {
  return {
    type: 'Started',
    data: { ...saga.begin(event), deadline: deadline(saga, now), window: saga.window },
  }
}

/** Several amendments become one event: each may have as many facts as an append can hold. */
function amendmentOf<Facts>(
  { amended }: SagaDefinition<Facts>,
  state: SagaState<Facts>,
  amendments: readonly ReadableEvent[],
): (Facts & { amendedAt: number }) | undefined {
  let { facts, amendedAt = -1 } = state
  for (const event of amendments) {
    if (!amended || event.revision <= amendedAt) continue
    facts = amended.to(facts, event)
    amendedAt = event.revision
  }
  return facts === state.facts ? undefined : { ...facts, amendedAt }
}

/**
 * Counted from the start or the retry of the saga, not from the event that starts it: a participant without a request
 * is not late.
 */
function deadline({ within }: { within: number }, now: number): string {
  return new Date(now + within).toISOString()
}

/** The same retry arrives again after a crash. */
function isNewRetry<Facts>(state: SagaState<Facts>, retry: string): boolean {
  return !state.decision && state.retry !== retry
}

/** Only changes are kept: answers arrive twice after a crash, and late ones after the decision. */
function news<Facts>(replies: readonly SagaReply[], state: SagaState<Facts>): SagaReply[] {
  const statusOf = statusByName(state)
  return replies.filter(({ step, answer }) => {
    // A delivered approval needs no record: every later event of the business implies it.
    if (step === DELIVERY) return state.decision?.outcome === 'REJECTED' && !state.delivered
    const status = statusOf.get(step)
    switch (answer) {
      case 'DONE':
      case 'REFUSED':
        return status === 'ASKED'
      case 'UNDONE':
        return status === 'DONE' || status === 'DOUBT'
      case 'SETTLED':
        return status === 'DONE'
      default:
        throw new Error(`A saga knows no answer ${answer satisfies never}`)
    }
  })
}

function amended<Facts>(
  saga: SagaDefinition<Facts>,
  state: SagaState<Facts>,
  { amendedAt, ...facts }: Facts & { amendedAt: number },
): SagaState<Facts> {
  const statusOf = statusByName(state)
  const steps = saga.together(facts as Facts)
  return {
    ...state,
    facts: facts as Facts,
    amendedAt,
    steps,
    statuses: steps.map(({ name }) => statusOf.get(name) ?? 'DONE'),
  }
}

function received<Facts>(
  state: SagaState<Facts>,
  replies: readonly SagaReply[],
  noticed: readonly string[],
): SagaState<Facts> {
  const answers = new Map(replies.map(({ step, answer }) => [step, answer]))
  return {
    ...state,
    statuses: state.statuses.map((status, index) => answers.get((state.steps[index] as Step).name) ?? status),
    refusals: [
      ...state.refusals,
      ...replies.flatMap(({ answer, reason }) => (answer === 'REFUSED' && reason ? reason : [])),
    ],
    delivered: state.delivered || answers.has(DELIVERY),
    noticed: [...state.noticed, ...noticed],
  }
}

/** Cancellation comes first, then a passed deadline. Otherwise the saga waits for all answers. */
function decisionOn<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>, now: number): Decision | undefined {
  if (isCancelled(saga, state)) return { outcome: 'CANCELLED' }
  if (state.statuses.includes('ASKED'))
    return isLate(state, now) ? { outcome: 'REJECTED', reason: saga.whenLate } : undefined
  if (!state.statuses.includes('REFUSED')) return { outcome: 'APPROVED' }
  const reason = saga.reasons.find((reason) => state.refusals.includes(reason))
  if (!reason) throw new Error(`A ${saga.name} knows no reason among ${state.refusals}`)
  return { outcome: 'REJECTED', reason }
}

/** Whether the deadline has passed before a decision. */
export function isLate<Facts>({ decision, deadline }: SagaState<Facts>, now: number): boolean {
  return !decision && Date.parse(deadline) <= now
}

function isCancelled<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>): boolean {
  return state.noticed.includes(saga.cancelledBy)
}

function mustGiveBack<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>): boolean {
  return state.decision?.outcome !== 'APPROVED' || isCancelled(saga, state)
}

/** Nothing is reserved any more, and the decision is delivered. */
function isSettled<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>): boolean {
  const open = state.statuses.includes('DONE') || state.statuses.includes('DOUBT')
  return !open && !(delivery(saga, state).length > 0 && mustGiveBack(saga, state))
}

/**
 * A cancelled saga delivers no decision any more. If the subject of a saga has moved on after its approval, the
 * approval was delivered.
 */
function delivery<Facts>(saga: SagaDefinition<Facts>, state: SagaState<Facts>): Due[] {
  const { decision } = state
  if (!decision || state.delivered || state.noticed.length > 0) return []
  const asked = { step: DELIVERY, answer: 'DONE' } as const
  return decision.outcome === 'REJECTED'
    ? [{ ...asked, key: 'otherwise', ...saga.otherwise(state.facts, decision.reason) }]
    : [{ ...asked, key: 'whenDone', ...saga.whenDone(state.facts) }]
}

type Wanted = (status: StepStatus, step: Step) => boolean

/** The first wanted steps, up to the limit in flight. */
function firstOf<Facts>({ statuses, steps, window }: SagaState<Facts>, wanted: Wanted): number[] {
  const places: number[] = []
  for (let index = 0; index < statuses.length && places.length < window; index++) {
    if (wanted(statuses[index] as StepStatus, steps[index] as Step)) places.push(index)
  }
  return places
}

function statusByName<Facts>({ steps, statuses }: SagaState<Facts>): Map<string, StepStatus> {
  return new Map(steps.map(({ name }, index) => [name, statuses[index] as StepStatus]))
}
