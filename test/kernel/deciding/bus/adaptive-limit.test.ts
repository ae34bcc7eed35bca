// The number of requests in flight follows what the receiver can do.
import { expect, test } from 'vitest'
import { type AdaptiveLimit, adaptiveLimit, type Leave } from '../../../../kernel/deciding/bus/adaptive-limit.ts'
import { randomness } from '../../../../simulator/random.ts'
import { inVirtualTime } from '../../../../simulator/virtual-time.ts'

const SECOND = 1_000

async function entered(limit: AdaptiveLimit, count: number): Promise<Leave[]> {
  const places = await Promise.all(Array.from({ length: count }, () => limit.enter(0)))
  return places.filter((place) => place !== undefined)
}

/** Rounds of as many requests as may be in flight, all answered quickly or not. */
async function rounds(limit: AdaptiveLimit, count: number, isQuick: boolean): Promise<void> {
  for (let round = 0; round < count; round++) {
    for (const leave of await entered(limit, limit.limit())) leave(isQuick)
  }
}

test('no more requests are in flight than the limit says, and the next one enters when one leaves', async () => {
  const limit = adaptiveLimit({ initial: 2 })
  const [first] = await entered(limit, 5)
  let isIn = false
  const waiting = limit.enter(Number.POSITIVE_INFINITY).then((place) => {
    isIn = true
    return place
  })
  await Promise.resolve()
  expect(isIn).toBe(false)
  first?.(true)
  expect(await waiting).toBeTypeOf('function')
})

test('quick answers make the limit grow: fast while it is small, then by one for each round', async () => {
  const limit = adaptiveLimit({ initial: 1 })
  await rounds(limit, 5, true)
  const soon = limit.limit()
  expect(soon).toBeGreaterThanOrEqual(16)
  await rounds(limit, 10, true)
  expect(limit.limit() - soon).toBeGreaterThanOrEqual(9)
  expect(limit.limit() - soon).toBeLessThanOrEqual(11)
})

test('it grows no further than is allowed, and not while it is not used', async () => {
  const limit = adaptiveLimit({ initial: 10, most: 12 })
  for (let time = 0; time < 100; time++) for (const leave of await entered(limit, 1)) leave(true)
  expect(limit.limit()).toBe(10)
  await rounds(limit, 100, true)
  expect(limit.limit()).toBe(12)
})

test('late answers make it shrink once for each round, down to one request and no further', async () => {
  await inVirtualTime(randomness(1)('limit'), async (time) => {
    const limit = adaptiveLimit({ initial: 100 })
    const round = await entered(limit, 100)
    await time.pass(SECOND)
    for (const leave of round) leave(false)
    expect(limit.limit()).toBe(70)
    for (let more = 0; more < 40; more++) {
      await time.pass(SECOND)
      await rounds(limit, 1, false)
    }
    expect(limit.limit()).toBe(1)
    expect(await entered(limit, 5)).toHaveLength(1)
  })
})

test('a caller that waits for a place too long leaves without one, and those behind keep their turn', async () => {
  await inVirtualTime(randomness(1)('limit'), async (time) => {
    const limit = adaptiveLimit({ initial: 1 })
    const [leave] = await entered(limit, 1)
    const [impatient, patient] = [limit.enter(SECOND), limit.enter(3 * SECOND)]
    await time.pass(2 * SECOND)
    expect(await impatient).toBeUndefined()
    leave?.(true)
    expect(await patient).toBeTypeOf('function')
  })
})
