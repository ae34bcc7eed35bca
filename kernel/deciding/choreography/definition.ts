// How a choreography is written down: policies, each of which turns one event into commands.
import type { Category, DomainEvent, ProcessName, SagaSubject } from '../../../events/catalogue.ts'
import type { RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Request } from '../saga/definition.ts'

/** A command that a policy asks for; `step` is what a person calls it when it fails. */
export interface Ask extends Request {
  step?: string
}

/** Whenever one of these events happens, these commands are sent. */
export interface Policy<Facts> {
  /** Tells the policy from the others. */
  name: string
  when: readonly DomainEvent['type'][]
  /** When it is due (RFC 3339); at once without it. It waits for the newest of its events only. */
  at?(event: RecordedEvent): string
  /** After one of these, what is not done yet is not wanted any more. */
  until?: readonly DomainEvent['type'][]
  /** It gives back what was reserved. */
  undoes?: true
  /** The commands, one for each stream at the most: the policy, its event and the stream are what a repeat is recognised by. */
  ask(event: RecordedEvent, facts: Facts, time: Time): readonly Ask[]
}

/** `now`, in epoch milliseconds, and in RFC 3339 when what begins now has to be done. */
export interface Time {
  now: number
  deadline: string
}

export interface Choreography<Facts> {
  /** Names the parked ones (`parked-<name>`), and begins the ids of the commands (`~<name>/…`). */
  name: ProcessName
  /** The streams whose events the policies follow. */
  follows: readonly Category[]
  /** What an event belongs to: an order, say; `undefined` when the policies have nothing to do with it. */
  idOf(event: RecordedEvent): string | undefined
  about(id: string): SagaSubject

  /** The stream that tells what becomes of it, and the category of such streams. */
  storyOf(id: string): StreamName
  stories: Category
  /** The first event of that stream, and what the policies keep of it. */
  beginsWith: DomainEvent['type']
  begin(event: RecordedEvent): Facts
  /** A later event of that stream after which something else is to be settled, and what the policies keep then. */
  amended?: { by: DomainEvent['type']; to(facts: Facts, event: RecordedEvent): Facts }
  /** The other streams that have events of it. */
  participants(facts: Facts): readonly StreamName[]

  policies: readonly Policy<Facts>[]
  /** How long what the policies begin may take, in milliseconds. */
  within: number
  /** How many commands of one order may be under way at once, so that a large one does not starve the others. */
  window: number
}

type EventOf<Type extends DomainEvent['type']> = Extract<RecordedEvent, { type: Type }>

/** A policy whose functions know which events they are given. */
export function policy<Type extends DomainEvent['type'], Facts>(
  of: Pick<Policy<Facts>, 'name' | 'until' | 'undoes'> & {
    when: readonly Type[]
    at?(event: EventOf<Type>): string
    ask(event: EventOf<Type>, facts: Facts, time: Time): readonly Ask[]
  },
): Policy<Facts> {
  return of as Policy<Facts>
}

/** Whether an event is the answer to a command of a choreography: of what others ask of the same streams it need know nothing. */
export function isAnswerTo(name: ProcessName, { metadata }: RecordedEvent): boolean {
  return metadata.commandId?.startsWith(`~${name}/`) ?? false
}
