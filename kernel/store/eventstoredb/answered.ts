// Limits every wait for the server: the client itself waits without end for an answer, and the server ignores the
// deadline of a read.
import { withTimeout } from '../../failures/with-timeout.ts'

const ANSWER_WITHIN_MS = 15_000

/** The result of a call, if it arrives in time. @throws Error on a timeout, and the errors of the call */
export function answered<Result>(call: Promise<Result>): Promise<Result> {
  return withTimeout(ANSWER_WITHIN_MS, call, () => {
    throw new Error(`no answer within ${ANSWER_WITHIN_MS / 1_000} seconds`)
  })
}
