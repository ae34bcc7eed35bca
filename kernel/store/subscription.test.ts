// A subscription whose log cannot be read for a moment. No test can make a disk fail on demand.
import { expect, test } from 'vitest'
import { StoreUnavailable } from './event-store.ts'
import { type Followed, subscription } from './subscription.ts'

function logThatFails(failures: Error[], pauses: (number | undefined)[]): Followed {
  return {
    isClosed: () => false,
    newest: () => 7,
    remembered: () => undefined,
    page() {
      const failure = failures.shift()
      if (failure) throw failure
      return { events: [], position: 7 }
    },
    async change(_, atMost) {
      pauses.push(atMost)
    },
    follow: () => () => {},
  }
}

test('a subscription survives a log that cannot be read, and tries again after a pause', async () => {
  const pauses: (number | undefined)[] = []
  const failures = [new StoreUnavailable('the disk is away'), new StoreUnavailable('still')]
  const batches = subscription(logThatFails(failures, pauses), 0, { signal: new AbortController().signal })
  expect((await batches.next()).value).toEqual({ events: [], position: 7 })
  expect(pauses).toEqual([1_000, 1_000])
})

test('a subscription ends with the error when the error is a bug', async () => {
  const bug = new TypeError('no such thing')
  const batches = subscription(logThatFails([bug], []), 0, { signal: new AbortController().signal })
  await expect(batches.next()).rejects.toBe(bug)
})

test.each([0, -1, Number.NaN])('a batch size of %s is refused', async (batchSize) => {
  const batches = subscription(logThatFails([], []), 0, { signal: new AbortController().signal, batchSize })
  await expect(batches.next()).rejects.toThrow(/batch size/)
})
