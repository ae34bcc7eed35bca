// That the simulator itself can be trusted: the same seed is the same run, and time is virtual.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { planOf } from './plan.ts'
import { randomness } from './random.ts'
import { run } from './run.ts'
import { inVirtualTime } from './virtual-time.ts'

test.each([1, 2, 3])('seed %i gives the same log each time, and keeps every promise', async (seed) => {
  const first = await run(planOf(seed))
  const again = await run(planOf(seed))
  expect(first.violations).toEqual([])
  expect(first.events.length).toBeGreaterThan(20)
  expect(again.events).toEqual(first.events)
})

test('other seeds give other plans', () => {
  const plans = Array.from({ length: 50 }, (_, seed) => JSON.stringify(planOf(seed).steps))
  expect(new Set(plans).size).toBe(50)
})

test('a day passes in no time, in the order of the timers, and everything is put back after it', async () => {
  const before = { setTimeout, Date, randomUUID }
  const begun = performance.now()
  const seen: string[] = []
  await inVirtualTime(randomness(1)('ids'), async (time) => {
    const started = Date.now()
    setTimeout(() => seen.push('an hour'), 3_600_000)
    const never = setTimeout(() => seen.push('never'), 10)
    clearTimeout(never)
    setImmediate(() => seen.push('the end of the turn'))
    await pause(86_400_000)
    seen.push(`a day, ${Date.now() - started}, ${new Date().toISOString()}, ${time.now()}`)
  })
  expect(seen).toEqual(['the end of the turn', 'an hour', 'a day, 86400000, 2026-01-02T00:00:00.000Z, 86400000'])
  expect({ setTimeout, Date, randomUUID }).toEqual(before)
  expect(performance.now() - begun).toBeLessThan(86_400_000)
})

test('somebody who waits for what will never come is told so', async () => {
  const waiting = inVirtualTime(randomness(1)('ids'), () => new Promise(() => {}))
  await expect(waiting).rejects.toThrow('nothing will ever happen')
})
