// One way to try again: pauses that grow and jitter, a budget, an end.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { retry, retryBudget } from '../../../kernel/failures/retry.ts'
import { randomness } from '../../../simulator/random.ts'
import { inVirtualTime } from '../../../simulator/virtual-time.ts'

const failed = new Error('failed')

/** The times at which attempts begin, in virtual milliseconds, where the first so many fail. */
function attempts(failures: number, options: Parameters<typeof retry>[1], seed = 1): Promise<number[]> {
  return inVirtualTime(randomness(seed)('retry'), async (time) => {
    const begun: number[] = []
    const attempt = async () => {
      begun.push(time.now())
      if (begun.length <= failures) throw failed
    }
    await retry(attempt, options).catch((error) => expect(error).toBe(failed))
    return begun
  })
}

function pausesOf(begun: readonly number[]): number[] {
  return begun.slice(1).map((at, index) => at - (begun[index] as number))
}

test('the first attempt that works gives the result', async () => {
  expect(await retry(async () => 'done')).toBe('done')
})

test('pauses double up to the longest, and each lasts between half of it and all of it', async () => {
  const pauses = pausesOf(await attempts(6, { firstPauseMs: 100, longestPauseMs: 400 }))
  const longest = [100, 200, 400, 400, 400, 400]
  expect(pauses).toHaveLength(longest.length)
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual((longest[index] as number) / 2)
    expect(pause).toBeLessThanOrEqual(longest[index] as number)
  }
})

test('two that fail together do not come back together', async () => {
  expect(await attempts(5, {}, 1)).not.toEqual(await attempts(5, {}, 2))
})

test('a failure that no other try could mend is thrown at once', async () => {
  expect(await attempts(1, { isRetryable: () => false })).toHaveLength(1)
})

test('no attempt begins after the end', async () => {
  const begun = await attempts(Number.POSITIVE_INFINITY, { withinMs: 1_000 })
  expect(begun.length).toBeGreaterThan(3)
  expect(Math.max(...begun)).toBeLessThanOrEqual(1_000)
})

test('each failure that is followed by another try is reported', async () => {
  const told: unknown[] = []
  await attempts(3, { onRetry: (error) => told.push(error) })
  expect(told).toEqual([failed, failed, failed])
})

describe('a signal', () => {
  const why = new Error('the process stops')
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('that aborts ends a pause, and its reason is thrown', async () => {
    const stop = new AbortController()
    const retried = retry(() => Promise.reject(failed), { signal: stop.signal, firstPauseMs: 3_600_000 })
    stop.abort(why)
    await expect(retried).rejects.toBe(why)
  })

  test('that has aborted lets nothing begin', async () => {
    const attempt = vi.fn(async () => {})
    await expect(retry(attempt, { signal: AbortSignal.abort(why) })).rejects.toBe(why)
    expect(attempt).not.toHaveBeenCalled()
  })

  test('that aborts during an attempt that fails is the reason, and one that works is a result all the same', async () => {
    const stop = new AbortController()
    const failing = async () => {
      stop.abort(why)
      throw failed
    }
    await expect(retry(failing, { signal: stop.signal })).rejects.toBe(why)
    const again = new AbortController()
    const working = async () => {
      again.abort(why)
      return 'done'
    }
    expect(await retry(working, { signal: again.signal })).toBe('done')
  })
})

describe('a budget', () => {
  test('has a token for each retry at first, and then for a part of what succeeds', () => {
    const budget = retryBudget({ most: 3, perSuccess: 0.1 })
    const taken = (times: number) => Array.from({ length: times }, () => budget.take()).filter(Boolean).length
    expect(taken(10)).toBe(3)
    for (let success = 0; success < 25; success++) budget.succeeded()
    expect(taken(10)).toBe(2)
    for (let success = 0; success < 1_000; success++) budget.succeeded()
    expect(taken(10)).toBe(3)
  })

  test('that is spent makes a retry wait for the longest pause', async () => {
    const budget = retryBudget({ most: 1 })
    const [first = 0, ...others] = pausesOf(await attempts(3, { firstPauseMs: 10, longestPauseMs: 5_000, budget }))
    expect(first).toBeLessThanOrEqual(10)
    for (const pause of others) expect(pause).toBeGreaterThanOrEqual(2_500)
  })

  test('loses no token to a failure that is not tried again', async () => {
    const budget = retryBudget({ most: 1 })
    await attempts(1, { isRetryable: () => false, budget })
    expect(budget.take()).toBe(true)
  })
})
