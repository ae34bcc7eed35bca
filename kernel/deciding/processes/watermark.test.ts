// The watermark stands before the first unfinished position, however far later ones have come.
import { expect, test } from 'vitest'
import { openWatermark } from './watermark.ts'

test('it begins where reading begins, and advances over irrelevant events', () => {
  const watermark = openWatermark(7)
  expect(watermark.low()).toBe(7)
  watermark.seen(10)
  watermark.seen(9)
  expect(watermark.low()).toBe(10)
})

test('it waits for the first work in flight, not for the last', () => {
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

test('it stands only at positions that it has received: a log cannot be read after any other', () => {
  const watermark = openWatermark(100)
  watermark.begin(400)
  expect(watermark.low()).toBe(100)
  watermark.seen(700)
  watermark.begin(1_000)
  watermark.end(400)
  expect(watermark.low()).toBe(700)
})

test('it waits for work that begins again at its position', () => {
  const watermark = openWatermark(100)
  watermark.begin(400)
  watermark.end(400)
  watermark.begin(400)
  watermark.begin(400)
  expect(watermark.low()).toBe(100)
})
