// Why a process cannot continue, in the words for an operator.
import type { Trouble } from '../../store/kernel-events.ts'
import type { GivenUp } from './until-done.ts'

/** The part of an error's text, of any length, that a log and a view keep. */
const LONGEST_ERROR = 1_000

/**
 * @param steps those that failed
 * @param undoing whether one of them was to release a reservation
 */
export function troubleOf({ message, tries }: GivenUp, steps: string[] = [], undoing = false): Trouble {
  return {
    reason: undoing ? 'COMPENSATION_FAILED' : 'STUCK',
    steps,
    error: message.slice(0, LONGEST_ERROR),
    tries,
  }
}
