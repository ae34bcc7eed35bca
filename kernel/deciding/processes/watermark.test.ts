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
  watermark.seen(2)
  for (const position of [3, 5, 8]) watermark.begin(position)
  watermark.seen(9)
  expect(watermark.low()).toBe(2)
  watermark.end(5)
  expect(watermark.low()).toBe(2)
  watermark.end(3)
  expect(watermark.low()).toBe(5)
  watermark.end(8)
  expect(watermark.low()).toBe(9)
})

test('it stands only at positions that it was told of: a log has nothing between them to be read after', () => {
  const watermark = openWatermark(100)
  watermark.begin(400)
  expect(watermark.low()).toBe(100)
  watermark.seen(700)
  watermark.begin(1_000)
  watermark.end(400)
  expect(watermark.low()).toBe(700)
})

test('what begins again at its position is waited for', () => {
  const watermark = openWatermark(100)
  watermark.begin(400)
  watermark.end(400)
  watermark.begin(400)
  watermark.begin(400)
  expect(watermark.low()).toBe(100)
})
