// A decider holds the rules of one aggregate: three pure functions without clock, randomness or I/O.
import type { AnyEvent } from '../store/category.ts'

/** A command: a request to an aggregate. A domain has a union of such types. */
export interface AnyCommand {
  type: string
}

/** The types of an aggregate: its commands, its state and its events. */
export interface Aggregate {
  command: AnyCommand
  state: unknown
  event: AnyEvent
}

/** The rules of one aggregate. Test it with `given` of given.ts. */
export interface Decider<A extends Aggregate> {
  initialState(): A['state']
  /** The command that a stream usually begins with. */
  beginsWith?: A['command']['type']
  /**
   * The events that a command leads to (none: nothing changes), or why it is refused.
   * @param version of the stream, as clients see it: the number of its newest event, 1 for the first; 0 without one
   */
  decide(command: A['command'], state: A['state'], version?: number): readonly A['event'][] | Refusal
  /** The state after an event. It may reuse the given state: the caller owns that state. */
  evolve(state: A['state'], event: A['event']): A['state']
  /**
   * Whether the state omits an event that this release cannot read. Without it no command is decided on a stream that
   * has one. It is safe only where each event concerns a separate subject, so that the others lose nothing.
   */
  skipsUnreadable?: boolean
  /**
   * The memory size of the state beyond a few fields, in units of about 300 bytes. The total in memory is limited. It
   * is called after every batch of commands, so it adds up sizes and iterates over nothing. The open reservations of a
   * Memory are weighed besides.
   */
  weight?(state: A['state']): number
}

/**
 * Why a command is refused: an expected answer, which leaves nothing behind.
 *
 * @example const overdrawn: Refusal = { code: 'ILLEGAL_STATE', message: 'The account has 3.', path: ['amount'] }
 */
export interface Refusal {
  code: 'ALREADY_EXISTS' | 'COMMAND_ID_REUSED' | 'CONFLICT' | 'ILLEGAL_STATE' | 'INVALID_INPUT' | 'NOT_FOUND'
  message: string
  /** The field of the mutation's input that the refusal is about, e.g. `['amount']`. */
  path?: readonly string[]
  /** With CONFLICT: the expected version, and the present one. */
  expected?: string
  actual?: string
}

export function isRefusal(decision: readonly unknown[] | Refusal): decision is Refusal {
  return !Array.isArray(decision)
}
