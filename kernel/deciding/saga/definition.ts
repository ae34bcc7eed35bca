// How a saga is written down: steps that are asked together, what comes of them, and how each is settled in the end.
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

/** Something that a participant is asked to reserve. */
export interface Step {
  /** Tells the step from the others of the same saga. */
  name: string
  reserve: Request
  /** The participant's event that says no; its `reason` is why. */
  refusedBy: string
  /** Gives the reservation back; it may come before the reservation, which is then refused. */
  undo: Request
  /** Once this event has happened the reservation is used up by `settle`. */
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
  /** Names the stream of each saga (`transfer-<id>`) and its events (`TransferStarted`, …). */
  name: string

  /**
   * The category that the saga follows, the event in it that starts the saga, and those that matter to it afterwards: the `settledOn` of its
   * steps.
   */
  follows: string
  startsWith: Event['type']
  noticing: readonly Event['type'][]
  /**
   * An event after which something else is to be settled in the end. What is new in the facts has been reserved by whoever caused it,
   * and every step that there was is still there.
   */
  amended?: { by: Event['type']; to(facts: Facts, event: ReadableEvent<Event>): Facts }
  /** The id of the saga that an event of the business concerns. */
  idOf(event: ReadableEvent<Event>): string | undefined
  /** The id by the stream alone, for one that begins with an event that nobody can read; not where a stream has several sagas. */
  idOfStream?(stream: StreamName): string
  /** What each of the saga's own events says of whom it is about. */
  about(id: string): object

  /** What the saga keeps of the event that starts it. */
  begin(event: ReadableEvent<Event>): Facts
  /** All are asked at the same time, in this order where not all may be under way at once. */
  together(facts: Facts): readonly Step[]
  /** When every step is done. */
  whenDone(facts: Facts): Request
  /** When a step is refused, or time is up; what was reserved is given back. */
  otherwise(facts: Facts, reason: Reason): Request
  /** Which reason is told when several steps are refused: the first of these. */
  reasons: readonly Reason[]
  /** The reason when time is up. */
  whenLate: Reason
  /** This event ends the saga whatever it is doing: everything is given back. */
  cancelledBy: Event['type']

  /** How long the steps may take from the start of the saga, in milliseconds. */
  within: number
  /** How many commands of one saga may be under way at once, so that a large one does not starve the others. */
  window: number
}
