// How a saga retries: without limit while machinery fails, and a few times when the command itself fails.
import { messageOf } from '../../failures/message-of.ts'
import { type RetryBudget, retry } from '../../failures/retry.ts'
import { OutcomeUnknown, StoreUnavailable } from '../../store/event-store.ts'
import { CannotRead } from '../../store/readable.ts'
import { NotDecided } from '../bus/command-bus.ts'

interface Tries {
  /** How often a command may fail by its own fault. */
  tries: number
  signal: AbortSignal
  /** All sagas of a process share one, so that thousands that fail together do not retry together. */
  budget?: RetryBudget
  /** Whether nobody waits for the result any more. */
  pointless?(): boolean
  /** Called with each failure that a retry follows. */
  troubled(error: unknown): void
}

/** It has failed by its own fault as often as it may: another try would not help. `cause` is the last failure. */
export class GivenUp extends Error {
  readonly tries: number
  constructor(tries: number, cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'GivenUp'
    this.tries = tries
  }
}

/**
 * The result of the first attempt that works.
 * @returns `undefined` when the program stops, or nobody waits any more, before one works
 * @throws GivenUp, at once for an unreadable event. A failure of the store or the bus (NotDecided, StoreUnavailable,
 * OutcomeUnknown) does not count: it affects every process, and passes.
 */
export async function untilDone<Result>(
  attempt: () => Promise<Result>,
  { tries, signal, budget, pointless = () => false, troubled }: Tries,
): Promise<Result | undefined> {
  let failures = 0
  const isRetryable = (error: unknown) => isPassing(error) || (++failures < tries && !(error instanceof CannotRead))
  try {
    return await retry(async () => (pointless() ? undefined : await attempt()), {
      signal,
      isRetryable,
      onRetry: troubled,
      ...(budget && { budget }),
    })
  } catch (error) {
    // The next owner of the work tries it again.
    if (signal.aborted) return undefined
    throw new GivenUp(failures, error)
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof NotDecided || error instanceof StoreUnavailable || error instanceof OutcomeUnknown
}
