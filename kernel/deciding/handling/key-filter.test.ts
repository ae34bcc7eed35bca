// The filter may be wrong about a key that was never added, and never about one that was.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyFilter } from './key-filter.ts'

const keys = (count: number, prefix = '') => Array.from({ length: count }, (_, index) => `${prefix}key ${index}`)

test('a filter has every key that was added, also after it was written and read again', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (some, others) => {
      const filter = keyFilter()
      for (const key of some) filter.add(key)
      const again = keyFilter(filter.text())
      for (const key of others) again.add(key)
      for (const key of [...some, ...others]) expect(again.mayHave(key)).toBe(true)
    }),
    { numRuns: 20 },
  )
})

test('an empty filter has nothing', () => {
  expect(keys(1_000).filter(keyFilter().mayHave)).toEqual([])
})

test('after 20,000 keys it is wrong about at most one in a thousand others', () => {
  const filter = keyFilter()
  for (const key of keys(20_000)) filter.add(key)
  expect(keys(20_000, 'another ').filter(filter.mayHave).length).toBeLessThanOrEqual(20)
})

test('a filter of few keys is short as text', () => {
  const filter = keyFilter()
  for (const key of keys(10)) filter.add(key)
  expect(filter.text().length).toBeLessThan(1_000)
})

test.each(['', 'AAAA', 'no filter'])('a text that is no filter is an error: "%s"', (text) => {
  expect(() => keyFilter(text)).toThrow()
})
