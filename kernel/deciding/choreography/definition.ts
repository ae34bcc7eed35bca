// How a choreography is written down: policies, each of which turns one event into commands.
import type { AnyEvent } from '../../store/category.ts'
import type { ReadableEvent, RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Request } from '../saga/definition.ts'

/** A command that a policy asks for; `step` is what a person calls it when it fails. */
export interface Ask extends Request {
  step?: string
}

/** Whenever one of these events happens, these commands are sent. */
export interface Policy<Facts> {
  /** Tells the policy from the others. */
  name: string
  when: readonly string[]
  /** When it is due (RFC 3339); at once without it. It waits for the newest of its events only. */
  at?(event: ReadableEvent): string
  /** After one of these, what is not done yet is not wanted any more. */
  until?: readonly string[]
  /** It gives back what was reserved. */
  undoes?: true
  /** The commands, one for each stream at the most: the policy, its event and the stream are what a repeat is recognised by. */
  ask(event: ReadableEvent, facts: Facts, time: Time): readonly Ask[]
}

/** `now`, in epoch milliseconds, and in RFC 3339 when what begins now has to be done. */
export interface Time {
  now: number
  deadline: string
}

/**
 * The policies of a domain that see one kind of process through.
 *
 * @example
 * const transfers: Choreography<Facts, Event> = {
 *   name: 'transfers',
 *   follows: ['request', 'account'],
 *   idOf: ({ data }) => ('transferId' in data ? data.transferId : undefined),
 *   about: (transferId) => ({ transferId }),
 *   storyOf: (transferId) => `request-${transferId}`,
 *   stories: 'request',
 *   beginsWith: 'TransferRequested',
 *   begin: ({ data }) => data as Facts,
 *   participants: ({ from, to }) => [`account-${from}`, `account-${to}`],
 *   policies: [withdrawWhenRequested, depositWhenWithdrawn],
 *   within: 60_000,
 *   window: 64,
 * }
 */
export interface Choreography<Facts, Event extends AnyEvent = AnyEvent> {
  /** Names the parked ones (`parked-<name>`), and begins the ids of the commands (`~<name>/…`). */
  name: string
  /** The streams whose events the policies follow. */
  follows: readonly string[]
  /** The id of the process that an event belongs to; `undefined` when the policies have nothing to do with it. */
  idOf(event: ReadableEvent<Event>): string | undefined
  about(id: string): object

  /** The stream that tells what becomes of it, and the category of such streams. */
  storyOf(id: string): StreamName
  stories: string
  /** The first event of that stream, and what the policies keep of it. */
  beginsWith: Event['type']
  begin(event: ReadableEvent<Event>): Facts
  /** A later event of that stream after which something else is to be settled, and what the policies keep then. */
  amended?: { by: Event['type']; to(facts: Facts, event: ReadableEvent<Event>): Facts }
  /** The other streams that have events of it. */
  participants(facts: Facts): readonly StreamName[]

  policies: readonly Policy<Facts>[]
  /** How long what the policies begin may take, in milliseconds. */
  within: number
  /** How many commands of one process may be under way at once, so that a large one does not starve the others. */
  window: number
}

type Typed<Event extends AnyEvent, Type extends Event['type']> = ReadableEvent<Extract<Event, { type: Type }>>

/**
 * Policies over the events of a domain. The functions of a policy then know the events that they are called with.
 *
 * @example
 * const policy = policiesOver<Event>()
 * const depositWhenWithdrawn = policy({
 *   name: 'deposit when withdrawn',
 *   when: ['Withdrawn'],
 *   ask: ({ data }, { to }: Facts) => [ask(`account-${to}`, { type: 'Deposit', amount: data.amount })],
 * })
 */
export function policiesOver<Event extends AnyEvent>() {
  return function policy<Type extends Event['type'], Facts>(
    of: Pick<Policy<Facts>, 'name' | 'undoes'> & {
      when: readonly Type[]
      until?: readonly Event['type'][]
      at?(event: Typed<Event, Type>): string
      ask(event: Typed<Event, Type>, facts: Facts, time: Time): readonly Ask[]
    },
  ): Policy<Facts> {
    return of as Policy<Facts>
  }
}

/** Whether an event is the answer to a command of a choreography: of what others ask of the same streams it need know nothing. */
export function isAnswerTo(name: string, { metadata }: RecordedEvent): boolean {
  return metadata.commandId?.startsWith(`~${name}/`) ?? false
}
