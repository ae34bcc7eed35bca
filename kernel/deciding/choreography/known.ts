// The knowledge of policies about one process, and the commands that follow from it. The functions are pure, as in a
// decider.

import type { RecordedEvent } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'
import { readable } from '../../store/readable.ts'
import type { Ask, Choreography, Policy } from './definition.ts'

export interface Known<Facts> {
  facts: Facts
  /** The position of the newest event of each type. */
  happened: ReadonlyMap<string, Position>
  /** The newest event of each policy that waits. */
  waiting: ReadonlyMap<Policy<Facts>, RecordedEvent>
}

/** A command that a policy requests because of an event. */
export interface Asked<Facts> extends Ask {
  policy: Policy<Facts>
  event: RecordedEvent
  /**
   * The same event always leads to the same id, so that a repeat is recognised. Clients cannot choose one that begins
   * with `~`.
   */
  commandId: string
}

/** The types of the events that concern the policies. */
export function relevantTypes<Facts>({ beginsWith, amended, policies }: Choreography<Facts>): Set<string> {
  const its = amended ? [beginsWith, amended.by] : [beginsWith]
  return new Set([...its, ...policies.flatMap(({ when, until = [] }) => [...when, ...until])])
}

/** The knowledge after one more event. @throws CannotRead, and the errors of the choreography at the event */
export function learn<Facts>(
  choreography: Choreography<Facts>,
  known: Known<Facts> | undefined,
  recorded: RecordedEvent,
): Known<Facts> {
  const event = readable(recorded)
  const facts = factsAfter(choreography, known, event)
  const happened = new Map(known?.happened)
  happened.set(event.type, Math.max(event.position, happened.get(event.type) ?? 0))
  const waiting = new Map(known?.waiting)
  for (const policy of choreography.policies) {
    const newest = waiting.get(policy)
    if (policy.at && policy.when.includes(event.type) && event.position >= (newest?.position ?? 0)) {
      waiting.set(policy, event)
    }
  }
  for (const [policy, event] of waiting) if (isPointless({ happened }, policy, event)) waiting.delete(policy)
  return { facts, happened, waiting }
}

/** An event may arrive again: an event older than the knowledge changes nothing. */
function factsAfter<Facts>(
  { name, beginsWith, begin, amended }: Choreography<Facts>,
  known: Known<Facts> | undefined,
  event: RecordedEvent,
): Facts {
  if (!known) {
    if (event.type !== beginsWith) throw new Error(`A ${name} cannot begin with ${event.type}`)
    return begin(event)
  }
  const isNews = event.position > (known.happened.get(event.type) ?? START)
  return amended && event.type === amended.by && isNews ? amended.to(known.facts, event) : known.facts
}

/** Whether a later event has made the command of a policy unnecessary. */
export function isPointless<Facts>(
  { happened }: Pick<Known<Facts>, 'happened'>,
  { until = [] }: Policy<Facts>,
  event: RecordedEvent,
): boolean {
  return until.some((type) => (happened.get(type) ?? -1) > event.position)
}

/** The position of the event that a process began with. */
export function beganAt<Facts>({ beginsWith }: Choreography<Facts>, { happened }: Known<Facts>): Position {
  return happened.get(beginsWith) ?? START
}

/** The commands that follow at once from an event. */
export function asks<Facts>(
  choreography: Choreography<Facts>,
  { facts }: Known<Facts>,
  recorded: RecordedEvent,
  now: number,
): Asked<Facts>[] {
  const event = readable(recorded)
  return choreography.policies
    .filter(({ at, when }) => !at && when.includes(event.type))
    .flatMap((policy) => asked(choreography, policy, event, facts, now))
}

/** The commands that are due now. */
export function overdue<Facts>(choreography: Choreography<Facts>, { facts, waiting }: Known<Facts>, now: number) {
  return [...waiting]
    .filter(([policy, event]) => isDue(policy, event, now))
    .flatMap(([policy, event]) => asked(choreography, policy, event, facts, now))
}

/** When the next command is due, in epoch milliseconds; `undefined` when nothing waits. */
export function wakesAt<Facts>({ waiting }: Known<Facts>): number | undefined {
  const times = [...waiting].map(([policy, event]) => timeOf(policy, event))
  return times.length > 0 ? Math.min(...times) : undefined
}

function isDue<Facts>(policy: Policy<Facts>, event: RecordedEvent, now: number): boolean {
  return timeOf(policy, event) <= now
}

function timeOf<Facts>({ at }: Policy<Facts>, event: RecordedEvent): number {
  return at ? Date.parse(at(event)) : 0
}

function asked<Facts>(
  { name, within }: Choreography<Facts>,
  policy: Policy<Facts>,
  event: RecordedEvent,
  facts: Facts,
  now: number,
): Asked<Facts>[] {
  const commandId = `~${name}/${policy.name}/${event.id}`
  const deadline = new Date(now + within).toISOString()
  return policy.ask(event, facts, { now, deadline }).map((ask) => ({ ...ask, policy, event, commandId }))
}
