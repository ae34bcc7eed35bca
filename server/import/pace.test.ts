import { expect, test } from 'vitest'
import { openPace } from './pace.ts'

/** The text at some seconds, with the amount done by then. */
function said(total: number, ...times: [seconds: number, done: number][]): string[] {
  let now = 0
  const pace = openPace(total, () => now)
  return times.map(([seconds, done]) => {
    now = seconds * 1000
    return pace(done)
  })
}

test('rate and remainder are there from the first moment on', () => {
  expect(said(1000, [0, 0], [0.5, 100], [1, 250])).toEqual([
    '0.0/s, 1000 left',
    '200/s, 900 left, 5 s to go',
    '250/s, 750 left, 3 s to go',
  ])
})

test('the rate is that of the last seconds: work that stands still is seen to', () => {
  const stopped = said(1000, [1, 500], [3, 500], [5, 500], [7, 500])
  expect(stopped.at(-1)).toBe('0.0/s, 500 left')
})

test('a long remainder is shown in minutes, and a slow rate with one more digit', () => {
  expect(said(1000, [10, 15])).toEqual(['1.5/s, 985 left, 11 min to go'])
})

test('at the end it says how long all of the work took', () => {
  expect(said(10, [1, 5], [2.2, 10])).toEqual(['5.0/s, 5 left, 1 s to go', 'in 3 s'])
})
