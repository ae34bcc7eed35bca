// The end of all waiting for the server: the client itself waits without end for an answer, and the server ignores the deadline of a read.
import { within } from '../../failures/with-timeout.ts'

const ANSWER_WITHIN_MS = 15_000

/** What a call gives, if it does so in time. @throws Error when it does not, and what the call throws */
export function answered<Result>(call: Promise<Result>): Promise<Result> {
  return within(ANSWER_WITHIN_MS, call, () => {
    throw new Error(`no answer within ${ANSWER_WITHIN_MS / 1_000} seconds`)
  })
}
