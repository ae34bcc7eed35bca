// The definition of a saga: steps that are requested together, the command that follows, and the settlement of each
// step in the end.
import type { AnyEvent } from '../../store/category.ts'
import type { ReadableEvent, StreamName } from '../../store/event-store.ts'
import type { AnyCommand } from '../decider.ts'

/** A command, and the stream that decides it. */
export interface Request<Command extends AnyCommand = AnyCommand> {
  stream: StreamName
  command: Command
}

/**
 * A request to a participant, as the steps of a saga and policies send it.
 *
 * @example ask(`account-${to}`, { type: 'Deposit', transferId, amount })
 */
export function ask<Command extends AnyCommand>(stream: StreamName, command: Command): Request<Command> {
  return { stream, command }
}

/** A reservation that the saga requests from a participant. */
export interface Step {
  /** The name of the step, unique in the saga. */
  name: string
  reserve: Request
  /** The participant's event that refuses; its `reason` is why. */
  refusedBy: string
  /** Releases the reservation. It may arrive before the reservation, which is then refused. */
  undo: Request
  /** Once this event has happened, `settle` uses the reservation up. */
  settledOn: string
  /** Default: `undo`. */
  settle?: Request
}

/**
 * The definition of a saga.
 *
 * @example
 * const transfer: SagaDefinition<Facts, 'CLOSED' | 'TIMED_OUT', Event> = {
 *   name: 'transfer',
 *   follows: 'request',
 *   startsWith: 'TransferRequested',
 *   noticing: ['TransferBooked'],
 *   cancelledBy: 'TransferWithdrawn',
 *   idOf: ({ data }) => ('transferId' in data ? data.transferId : undefined),
 *   about: (transferId) => ({ transferId }),
 *   begin: ({ data }) => data as Facts,
 *   together: ({ transferId, from, to }) => [hold(from, transferId), hold(to, transferId)],
 *   whenDone: ({ transferId }) => ask(`request-${transferId}`, { type: 'Approve', transferId }),
 *   otherwise: ({ transferId }, reason) => ask(`request-${transferId}`, { type: 'Reject', transferId, reason }),
 *   reasons: ['CLOSED'],
 *   whenLate: 'TIMED_OUT',
 *   within: 60_000,
 *   window: 64,
 * }
 */
export interface SagaDefinition<Facts, Reason extends string = string, Event extends AnyEvent = AnyEvent> {
  /** The name of the stream of each saga (`transfer-<id>`) and of its events (`TransferStarted`, …). */
  name: string

  /**
   * The category that the saga follows, the event in it that starts the saga, and those that it notices afterwards: the
   * `settledOn` of its steps.
   */
  follows: string
  startsWith: Event['type']
  noticing: readonly Event['type'][]
  /**
   * An event that changes what has to be settled in the end. Its sender has reserved the additions to the facts, and
   * every former step is still there.
   */
  amended?: { by: Event['type']; to(facts: Facts, event: ReadableEvent<Event>): Facts }
  /** The id of the saga that an event of the business concerns. */
  idOf(event: ReadableEvent<Event>): string | undefined
  /**
   * The id from the stream alone, for a saga that begins with an unreadable event. Omit it where a stream has several
   * sagas.
   */
  idOfStream?(stream: StreamName): string
  /** The fields of the saga's subject, in each of its own events. */
  about(id: string): object

  /** The facts that the saga keeps from the event that starts it. */
  begin(event: ReadableEvent<Event>): Facts
  /** All steps are requested at the same time, in this order when there are more than the limit in flight. */
  together(facts: Facts): readonly Step[]
  /** When every step is done. */
  whenDone(facts: Facts): Request
  /** When a step is refused, or after the deadline. The reservations are released. */
  otherwise(facts: Facts, reason: Reason): Request
  /** The order of the reasons when several steps are refused: the first of these is reported. */
  reasons: readonly Reason[]
  /** The reason after the deadline. */
  whenLate: Reason
  /** This event ends the saga in every state: all reservations are released. */
  cancelledBy: Event['type']

  /** How long the steps may take from the start of the saga, in milliseconds. */
  within: number
  /** The largest number of commands of one saga in flight, so that a large saga does not starve the others. */
  window: number
}
