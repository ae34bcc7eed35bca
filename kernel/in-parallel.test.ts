import { expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

test('every item is worked on once, and never more at a time than allowed', async () => {
  const items = Array.from({ length: 50 }, (_, n) => n)
  const done: number[] = []
  let underWay = 0
  let most = 0
  await inParallel(items, 7, async (item) => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(setImmediate)
    underWay -= 1
    done.push(item)
  })
  expect(done.sort((a, b) => a - b)).toEqual(items)
  expect(most).toBe(7)
})

test('no work begins after a failure', async () => {
  const begun: number[] = []
  const working = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item)
    await new Promise(setImmediate)
    if (item === 1) throw new Error('the first fails')
  })
  await expect(working).rejects.toThrow('the first fails')
  await new Promise(setImmediate)
  expect(begun.length).toBeLessThanOrEqual(3)
})
