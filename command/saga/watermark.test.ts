// The watermark stands before the first thing that is not done, however far later ones have come.
import { expect, test } from 'vitest'
import { openWatermark } from './watermark.ts'

test('it begins where reading begins, and moves with what is of no interest', () => {
  const watermark = openWatermark(7)
  expect(watermark.low()).toBe(7)
  watermark.seen(10)
  watermark.seen(9)
  expect(watermark.low()).toBe(10)
})

test('it waits for the first that is under way, not for the last', () => {
  const watermark = openWatermark(0)
  for (const position of [3, 5, 8]) watermark.begin(position)
  watermark.seen(9)
  expect(watermark.low()).toBe(2)
  watermark.end(5)
  expect(watermark.low()).toBe(2)
  watermark.end(3)
  expect(watermark.low()).toBe(7)
  watermark.end(8)
  expect(watermark.low()).toBe(9)
})
