// The definition of a choreography: policies, each of which turns one event into commands.
import type { AnyEvent } from '../../store/category.ts'
import type { ReadableEvent, RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Request } from '../saga/definition.ts'

/** A command of a policy; `step` is its name for people when it fails. */
export interface Ask extends Request {
  step?: string
}

/** Whenever one of these events happens, these commands are sent. */
export interface Policy<Facts> {
  /** The name of the policy, unique in the choreography. */
  name: string
  when: readonly string[]
  /** When it is due (RFC 3339); at once without it. It waits for the newest of its events only. */
  at?(event: ReadableEvent): string
  /** After one of these events, the unsent commands of the policy are dropped. */
  until?: readonly string[]
  /** It releases reservations. */
  undoes?: true
  /** The commands, at most one for each stream: the policy, its event and the stream identify a repeat. */
  ask(event: ReadableEvent, facts: Facts, time: Time): readonly Ask[]
}

/** `now`, in epoch milliseconds, and the deadline, in RFC 3339, of work that begins now. */
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
  /** The name of the parked processes (`parked-<name>`), and the beginning of the ids of the commands (`~<name>/…`). */
  name: string
  /** The streams whose events the policies follow. */
  follows: readonly string[]
  /** The id of the process that an event belongs to; `undefined` when no policy concerns it. */
  idOf(event: ReadableEvent<Event>): string | undefined
  about(id: string): object

  /** The stream with the process's story, and the category of such streams. */
  storyOf(id: string): StreamName
  stories: string
  /** The first event of that stream, and the facts that the policies keep from it. */
  beginsWith: Event['type']
  begin(event: ReadableEvent<Event>): Facts
  /** A later event of that stream that changes what has to be settled, and the facts that the policies keep then. */
  amended?: { by: Event['type']; to(facts: Facts, event: ReadableEvent<Event>): Facts }
  /** The other streams that have events of it. */
  participants(facts: Facts): readonly StreamName[]

  policies: readonly Policy<Facts>[]
  /** How long the work that the policies begin may take, in milliseconds. */
  within: number
  /** The largest number of commands of one process in flight, so that a large process does not starve the others. */
  window: number
}

type Typed<Event extends AnyEvent, Type extends Event['type']> = ReadableEvent<Extract<Event, { type: Type }>>

/**
 * Policies over the events of a domain. Each function of a policy then has the exact type of its events.
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

/**
 * Whether an event answers a command of a choreography. The choreography ignores the answers to other commands on the
 * same streams.
 */
export function isAnswerTo(name: string, { metadata }: RecordedEvent): boolean {
  return metadata.commandId?.startsWith(`~${name}/`) ?? false
}
