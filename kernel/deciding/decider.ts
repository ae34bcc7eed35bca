// A decider holds the rules of one aggregate: three pure functions without clock, randomness or I/O.
import type { AnyEvent } from '../store/category.ts'

/** A command: what is asked for. A domain has a union of such types. */
export interface AnyCommand {
  type: string
}

/** What an aggregate consists of: what can be asked of it, what it is, what is recorded of it. */
export interface Aggregate {
  command: AnyCommand
  state: unknown
  event: AnyEvent
}

/** The rules of one aggregate. Test it with `given` of given.ts. */
export interface Decider<A extends Aggregate> {
  initialState(): A['state']
  /** The command that a stream begins with, as a rule. */
  beginsWith?: A['command']['type']
  /**
   * The events that a command leads to (none: nothing is to be done), or why it is refused.
   * @param version of the stream, as clients see it: the place of its newest event, 1 for the first; 0 without one
   */
  decide(command: A['command'], state: A['state'], version?: number): readonly A['event'][] | Refusal
  /** The state after an event. It may reuse the state that it is given: whoever calls it owns that state. */
  evolve(state: A['state'], event: A['event']): A['state']
  /**
   * Whether an event that this release cannot read is left out of the state. Without it no command is decided on a stream that has one: only
   * where each event is about something of its own is it no loss to the others.
   */
  skipsUnreadable?: boolean
  /**
   * How much memory the state takes beyond a few fields, in units of about 300 bytes, of which only so many are kept. Asked after every
   * batch of commands, so it adds up sizes and walks through nothing. What a Memory has open is weighed besides.
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
  /** With CONFLICT: what was expected, and what is. */
  expected?: string
  actual?: string
}

export function isRefusal(decision: readonly unknown[] | Refusal): decision is Refusal {
  return !Array.isArray(decision)
}
