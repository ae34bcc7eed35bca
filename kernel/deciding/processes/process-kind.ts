// The interface between the process runner and the processes: the runner has one kind, opens a process for each saga,
// and learns how it ends.
import type { RetryBudget } from '../../failures/retry.ts'
import type { RecordedEvent, StreamName } from '../../store/event-store.ts'
import type { Trouble } from '../../store/kernel-events.ts'

/** With growing pauses, this takes about six seconds. */
const TRIES = 8

/** A process at work. */
export interface Process {
  /** Handles an event that starts the process or that it notices. */
  notice(event: RecordedEvent): void
  /** An operator retries the process: handles the event of that retry. */
  retry(event: RecordedEvent): void
  /** Checks the clock: epoch milliseconds. */
  tick(now: number): void
  /** Resolves when nothing is being recorded. */
  rest(): Promise<void>
}

/**
 * How a process ends: either nothing is in flight, and every answer has arrived and is recorded; or the process cannot
 * continue. `wakeAt`, in epoch milliseconds: the process has something to do then, and the checkpoint waits for it. The
 * memory of a process that is `over` is dropped.
 */
export type Ending<Known> =
  | { known: Known; wakeAt?: number | undefined; over?: boolean }
  | { trouble: Trouble; correlationId: string }

/** The dependencies of a process. */
export interface Runtime<Known> {
  /**
   * Aborts when the program stops: requests whose answers are not recorded then are sent again after the next start.
   */
  signal: AbortSignal
  /** The retries of all processes of a kind share it. */
  budget: RetryBudget
  /** Call it for each failure that a retry follows. */
  troubled(error: unknown): void
  /** Call it once, at the end; not when the program stops before that. */
  ended(ending: Ending<Known>): void
}

/** The definition of the processes that a runner runs. */
export interface ProcessKind<Known> {
  name: string
  /** The name under which its checkpoint is stored. */
  reader: string
  follows: readonly string[]
  /** The category of the streams that contain the story of one process, or of several. */
  stories: string
  /** The types of the events that matter. */
  relevant: ReadonlySet<string>
  /**
   * The process that a stream of that category began, by its first event. It is parked when the stream has an
   * unreadable event.
   */
  begunBy(first: RecordedEvent): string | undefined
  /** The process that an event concerns, if any. */
  idOf(event: RecordedEvent): string | undefined
  /** The stream with the story of a process, to be read again when it was parked. */
  storyOf(event: RecordedEvent, id: string): StreamName
  /** The fields of its subject, for the events of parking. */
  about(id: string): object
  /** @param known the memory from before, if it is still kept */
  open(id: string, known: Known | undefined, runtime: Runtime<Known>): Process
  /** The number of remembered steps. */
  steps(known: Known): number
}

/** How often a command may fail by its own fault, and the clock for deadlines, in epoch milliseconds. */
export interface RunnerOptions {
  tries: number
  now: () => number
}

export const defaultRunnerOptions: RunnerOptions = { tries: TRIES, now: () => Date.now() }
