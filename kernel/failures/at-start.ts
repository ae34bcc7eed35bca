// A server that is away while the desk starts: the start waits for it for a while, says so, and ends with the last failure.
import type { Logger } from '../logger.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store/event-store.ts'
import { messageOf } from './message-of.ts'
import { retry } from './retry.ts'

interface Options {
  /** Names the server and its setting, for the log. */
  server: string
  log: Pick<Logger, 'info' | 'warn'>
  /** How long the start goes on trying (default 10,000), and after how long it says so (default 1,000), in ms. */
  waitsMs?: number
  saysSoAfterMs?: number
}

/**
 * The result of a step of the start. A server that is away may be about to come, and one connection that is reset says nothing about the
 * next one, so the step is tried again; it may have been done in part. What no waiting mends, such as a wrong password, is thrown at once.
 * @throws what the last attempt throws
 */
export async function whileStarting<Result>(attempt: () => Promise<Result>, options: Options): Promise<Result> {
  const { server, log, waitsMs = 10_000, saysSoAfterMs = 1_000 } = options
  const beganAt = performance.now()
  let failure: unknown
  let isSaid = false
  const say = () => {
    isSaid = true
    const reason = failure === undefined ? 'it has not answered' : messageOf(failure)
    log.warn({ reason }, `${server} is away; the start waits for it for ${waitsMs / 1_000} seconds`)
  }
  const timer = setTimeout(say, saysSoAfterMs)
  try {
    const result = await retry(attempt, {
      isRetryable: (error) => error instanceof StoreUnavailable || error instanceof OutcomeUnknown,
      onRetry: (error) => (failure ??= error),
      longestPauseMs: 500,
      withinMs: waitsMs,
    })
    if (isSaid) log.info({ afterMs: Math.round(performance.now() - beganAt) }, `${server} is there; the start goes on`)
    return result
  } finally {
    clearTimeout(timer)
  }
}
