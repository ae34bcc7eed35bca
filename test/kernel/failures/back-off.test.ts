// Pauses grow with each failure, up to a longest one, and begin anew after a success.
import { expect, test } from 'vitest'
import { backOff } from '../../../kernel/failures/back-off.ts'

test('each pause lasts between half of its bound and all of it, and the bound doubles up to the longest pause', () => {
  const pauses = backOff({ firstPauseMs: 100, longestPauseMs: 350 })
  for (const bound of [100, 200, 350, 350]) {
    const pause = pauses.next()
    expect(pause).toBeGreaterThanOrEqual(bound / 2)
    expect(pause).toBeLessThanOrEqual(bound)
  }
})

test('after a success the next failure is the first one', () => {
  const pauses = backOff({ firstPauseMs: 100, longestPauseMs: 10_000 })
  for (let failure = 0; failure < 5; failure++) pauses.next()
  pauses.reset()
  expect(pauses.next()).toBeLessThanOrEqual(100)
})
