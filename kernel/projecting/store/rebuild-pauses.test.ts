import { expect, test } from 'vitest'
import { rebuildPauses } from './rebuild-pauses.ts'
import { ViewsLost } from './view-store.ts'

const damaged = (message: string) => new ViewsLost(message, { cause: new Error('malformed') })

function pauses() {
  let time = 0
  const pauseAfter = rebuildPauses(() => time)
  return {
    /** The pause after a loss, the given number of ms after the last rebuild. */
    after(lost: ViewsLost, ms = 0): number {
      time += ms
      const pauseMs = pauseAfter(lost)
      time += pauseMs
      return pauseMs
    },
  }
}

test('damage that returns after each rebuild is not rebuilt in a loop', () => {
  const { after } = pauses()
  const losses = Array.from({ length: 30 }, () => after(damaged('a page is malformed'), 500))
  expect(losses.slice(0, 5)).toEqual([0, 1_000, 2_000, 4_000, 8_000])
  expect(losses.at(-1)).toBe(600_000)
  expect(losses.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(3 * 3_600_000)
})

test('other damage, and the same damage after a long time, is repaired at once', () => {
  const { after } = pauses()
  after(damaged('a page is malformed'))
  expect(after(damaged('a table is missing'), 100)).toBe(0)
  expect(after(damaged('a table is missing'), 3_600_000)).toBe(0)
})

test('views that are removed again and again are rebuilt at once each time', () => {
  const { after } = pauses()
  const removed = new ViewsLost('views.db was removed')
  expect([after(removed), after(removed), after(removed)]).toEqual([0, 0, 0])
})
