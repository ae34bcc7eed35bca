// What the machinery and those that it runs know of each other: it has a kind of conversation, opens one for each saga, and hears how it ends.
import type { RetryBudget } from '../../failures/retry.ts'
import type { RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Trouble } from '../../store/kernel-events.ts'

/** With growing pauses, this takes about six seconds. */
const TRIES = 8

/** One of them while it is at work. */
export interface Conversation {
  /** Takes an event that it begins with or notices. */
  notice(event: RecordedEvent): void
  /** An operator has it tried again: takes the event that says so. */
  retry(event: RecordedEvent): void
  /** Looks at the clock: epoch milliseconds. */
  tick(now: number): void
  /** Resolves when nothing is being recorded. */
  rest(): Promise<void>
}

/**
 * How a conversation ends: with nothing under way, every answer in and recorded; or because it cannot go on by itself.
 * `wakeAt`, in epoch milliseconds: it has something to do then, and the checkpoint waits for it. Nothing of what is `over` is remembered.
 */
export type Ending<Known> =
  | { known: Known; wakeAt?: number | undefined; over?: boolean }
  | { trouble: Trouble; correlationId: string }

/** What a conversation is given. */
export interface Runtime<Known> {
  /** Aborted when the process stops: what is not recorded then is asked again after the next start. */
  signal: AbortSignal
  /** The retries of all conversations of a kind share it. */
  budget: RetryBudget
  /** To be told of each failure after which it tries again. */
  troubled(error: unknown): void
  /** To be called once, in the end; not when the process stops before that. */
  ended(ending: Ending<Known>): void
}

/** What the machinery has to be told of those that it runs. */
export interface Kind<Known> {
  name: string
  /** Under which name its checkpoint is stored. */
  reader: string
  follows: readonly string[]
  /** The category of the streams that tell the story of one process, or of several. */
  stories: string
  /** The types of the events that matter. */
  relevant: ReadonlySet<string>
  /** Which one a stream of that category began, by its first event: it is parked when the stream has an event that cannot be read. */
  begunBy(first: RecordedEvent): string | undefined
  /** Which one an event concerns, if any. */
  idOf(event: RecordedEvent): string | undefined
  /** The stream that has what becomes of it, to be read again when it was parked. */
  storyOf(event: RecordedEvent, id: string): StreamName
  /** The fields that say what it is about, for the events of parking. */
  about(id: string): object
  /** @param known what is still known from before */
  open(id: string, known: Known | undefined, runtime: Runtime<Known>): Conversation
  /** How many steps there are to remember. */
  steps(known: Known): number
}

/** How often something may fail by its own fault, and the clock that deadlines are judged by, in epoch milliseconds. */
export interface Habits {
  tries: number
  now: () => number
}

export const usualHabits: Habits = { tries: TRIES, now: () => Date.now() }
