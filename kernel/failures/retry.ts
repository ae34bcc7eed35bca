// The one implementation of retries: growing pauses with jitter, and a budget, so that retries never become a load
// themselves.
import { setTimeout as pause } from 'node:timers/promises'
import { type BackOffOptions, backOff } from './back-off.ts'

export interface RetryOptions extends BackOffOptions {
  /** Ends the tries, also in the middle of a pause. The reason of the signal is thrown. */
  signal?: AbortSignal
  /** Whether another try could help (default: always). Any other failure is thrown at once. */
  isRetryable?(error: unknown): boolean
  /** Called with each failure that another try follows. */
  onRetry?(error: unknown): void
  /** No try begins later than this after the first one, in ms (default: no end). The last failure is thrown then. */
  withinMs?: number
  /**
   * Without a token, a retry waits for the longest pause: the budget slows many retries down, and loses nobody's work.
   */
  budget?: RetryBudget
}

/**
 * The result of the first attempt that works.
 * @throws the last failure when another try cannot help or would be too late, the reason of the signal when that aborts
 */
export async function retry<Result>(attempt: () => Promise<Result>, options: RetryOptions = {}): Promise<Result> {
  const { signal, isRetryable = () => true, onRetry, withinMs = Number.POSITIVE_INFINITY, budget } = options
  const pauses = backOff(options)
  const end = performance.now() + withinMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      const result = await attempt()
      budget?.succeeded()
      return result
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!isRetryable(error)) throw error
      const hasToken = budget?.take() ?? true
      const pauseMs = hasToken ? pauses.next() : pauses.longest()
      if (performance.now() + pauseMs > end) throw error
      onRetry?.(error)
      await pauseUnlessAborted(pauseMs, signal)
    }
  }
}

/** The tokens that retries take. All callers that retry against the same server share one budget. */
export interface RetryBudget {
  /** Takes the token of one retry; false when there is none. */
  take(): boolean
  /** A call succeeded, which earns a part of a token. */
  succeeded(): void
}

/**
 * A budget that is full at the beginning. Retries are at most `most`, plus a part of the number of successes.
 * @param options.most how many tokens it holds (default 1,000)
 * @param options.perSuccess how much of a token a success earns (default 0.1: one retry for ten successes)
 */
export function retryBudget({ most = 1_000, perSuccess = 0.1 } = {}): RetryBudget {
  let tokens = most
  return {
    take() {
      if (tokens < 1) return false
      tokens--
      return true
    },
    succeeded() {
      tokens = Math.min(most, tokens + perSuccess)
    },
  }
}

async function pauseUnlessAborted(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(milliseconds, undefined, signal && { signal })
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}
