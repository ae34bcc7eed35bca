// Why something cannot go on by itself, as an operator is told.
import type { Trouble } from '../../store/kernel-events.ts'
import type { GivenUp } from './until-done.ts'

/** What stays in a log and in a view of an error that may be as long as it likes. */
const LONGEST_ERROR = 1_000

/**
 * @param steps those that failed
 * @param undoing whether one of them was to give something back
 */
export function troubleOf({ message, tries }: GivenUp, steps: string[] = [], undoing = false): Trouble {
  return {
    reason: undoing ? 'COMPENSATION_FAILED' : 'STUCK',
    steps,
    error: message.slice(0, LONGEST_ERROR),
    tries,
  }
}
