// A wait ends with the work or with the time, and leaves nothing behind.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withTimeout } from './with-timeout.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new Promise<string>(() => {})
const late = () => 'late' as const

test('work that ends in time returns its result, and no timer is left', async () => {
  expect(await withTimeout(1_000, Promise.resolve('done'), late)).toBe('done')
  expect(vi.getTimerCount()).toBe(0)
})

test('work that fails in time fails, and no timer is left', async () => {
  await expect(withTimeout(1_000, Promise.reject(new Error('broken')), late)).rejects.toThrow('broken')
  expect(vi.getTimerCount()).toBe(0)
})

test('longer work is abandoned at the end of the time, and not before', async () => {
  const done = vi.fn()
  const waiting = withTimeout(1_000, never, late).then(done)
  await vi.advanceTimersByTimeAsync(999)
  expect(done).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await waiting
  expect(done).toHaveBeenCalledWith('late')
  expect(vi.getTimerCount()).toBe(0)
})

test('a timeout may be a failure', async () => {
  const waiting = withTimeout(1_000, never, () => {
    throw new Error('no answer')
  })
  await Promise.all([expect(waiting).rejects.toThrow('no answer'), vi.advanceTimersByTimeAsync(1_000)])
})

test('a failure after the timeout is ignored: it does not end the process', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  try {
    let fail = (_: Error) => {}
    const work = new Promise<string>((_, reject) => {
      fail = reject
    })
    const waiting = withTimeout(1_000, work, late)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await waiting).toBe('late')
    fail(new Error('broken'))
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).not.toHaveBeenCalled()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
})
