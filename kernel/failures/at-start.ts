// A start that finds a server unreachable waits for it for a limited time, logs that, and ends with the last failure.
import type { Logger } from '../logger.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store/event-store.ts'
import { messageOf } from './message-of.ts'
import { retry } from './retry.ts'

interface Options {
  /** Names the server and its setting, for the log. */
  server: string
  log: Pick<Logger, 'info' | 'warn'>
  /** How long the start keeps trying (default 10,000), and after how long it logs that (default 1,000), in ms. */
  waitsMs?: number
  saysSoAfterMs?: number
}

/**
 * The result of a step of the start. An unreachable server may be about to come up, and a connection reset says nothing
 * about the next connection. So the step is tried again; a failed try may have done a part of it. An error that waiting
 * does not solve, such as a wrong password, is thrown at once.
 * @throws the error of the last attempt
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
