// Tries again, with growing pauses, what has failed: for ever while machinery is in the way, a few times when it is the work itself.
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../events/message-of.ts'
import { OutcomeUnknown, StoreUnavailable } from '../../events/store/event-store.ts'
import { NotDecided } from '../bus/command-bus.ts'

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 5_000

interface Persistence {
  /** How often something may fail by its own fault. */
  tries: number
  signal: AbortSignal
  /** Whether nobody waits for the result any more. */
  pointless?(): boolean
  /** Is told of each failure after which it is tried again. */
  troubled(error: unknown): void
}

/** It has failed by its own fault as often as it may: to try again would not help. `cause` is the last failure. */
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
 * @returns `undefined` when the process stops, or nobody waits any more, before one works
 * @throws GivenUp. What a store or a bus says of itself (NotDecided, StoreUnavailable, OutcomeUnknown) is no such failure: that hits
 *   everybody, and passes.
 */
export async function persistently<Result>(
  attempt: () => Promise<Result>,
  { tries, signal, pointless = () => false, troubled }: Persistence,
): Promise<Result | undefined> {
  let failures = 0
  for (let wait = FIRST_PAUSE; !signal.aborted && !pointless(); wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    try {
      return await attempt()
    } catch (error) {
      // Told to stop, it does not try again: whoever has the work next does.
      if (signal.aborted) return undefined
      if (!isPassing(error) && ++failures >= tries) throw new GivenUp(failures, error)
      troubled(error)
      await pause(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}

function isPassing(error: unknown): boolean {
  return error instanceof NotDecided || error instanceof StoreUnavailable || error instanceof OutcomeUnknown
}
