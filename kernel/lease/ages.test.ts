import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agesOf } from './ages.ts'

const at = (...seconds: number[]) => seconds.map((second) => ({ recordedAt: new Date(second * 1_000).toISOString() }))

test('the age of an event is the time from it to the newest event', () => {
  expect(agesOf(at(10, 12, 15))).toEqual([5_000, 3_000, 0])
  expect(agesOf([])).toEqual([])
})

test('a clock that is set back makes no event look old or young', () => {
  expect(agesOf(at(5_000, 5_001, 12, 14))).toEqual([3_000, 2_000, 2_000, 0])
})

test('no event is older than an earlier one, for any clock', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000)), (seconds) => {
      const ages = agesOf(at(...seconds))
      expect(ages).toEqual([...ages].sort((a, b) => b - a))
      expect(ages.every((age) => age >= 0)).toBe(true)
    }),
  )
})
