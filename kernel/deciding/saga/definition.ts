// How a saga is written down: steps that are asked together, what comes of them, and how each is settled in the end.
import type { Category, DomainEvent, SagaName, SagaSubject } from '../../../events/catalogue.ts'
import type { RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Command } from '../bus/command-bus.ts'

/** A command, and the stream that decides it. */
export interface Request {
  stream: StreamName
  command: Command
}

/** What a step sends to a participant. */
export function ask(stream: StreamName, command: Command): Request {
  return { stream, command }
}

/** Something that a participant is asked to reserve. */
export interface Step {
  /** Tells the step from the others of the same saga. */
  name: string
  reserve: Request
  /** The participant's event that says no; its `reason` is why. */
  refusedBy: DomainEvent['type']
  /** Gives the reservation back; it may come before the reservation, which is then refused. */
  undo: Request
  /** Once this event has happened the reservation is used up by `settle`. */
  settledOn: DomainEvent['type']
  settle: Request
}

export interface SagaDefinition<Facts, Reason extends string = string> {
  /** Names the stream of each saga (`placement-<id>`) and its events (`PlacementStarted`, …). */
  name: SagaName

  /** The streams that the saga follows, the event in them that starts it, and those that matter to it afterwards. */
  follows: Category
  startsWith: DomainEvent['type']
  noticing: readonly DomainEvent['type'][]
  /**
   * An event after which something else is to be settled in the end. What is new in the facts has been reserved by whoever caused it,
   * and every step that there was is still there.
   */
  amended?: { by: DomainEvent['type']; to(facts: Facts, event: RecordedEvent): Facts }
  /** The id of the saga that an event of the business concerns. */
  idOf(event: RecordedEvent): string | undefined
  /** The id by the stream alone, for one that begins with an event that nobody can read; not where a stream has several sagas. */
  idOfStream?(stream: StreamName): string
  /** What each of the saga's own events says of whom it is about. */
  about(id: string): SagaSubject

  /** What the saga keeps of the event that starts it. */
  begin(event: RecordedEvent): Facts
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
  /** This event, one of those noticed, ends the saga whatever it is doing: everything is given back. */
  cancelledBy: DomainEvent['type']

  /** How long the steps may take from the start of the saga, in milliseconds. */
  within: number
  /** How many commands of one saga may be under way at once, so that a large one does not starve the others. */
  window: number
}
