// Every process assigns the streams to the same partitions, in every version.
import { expect, test } from 'vitest'
import { PARTITIONS, partitionOf } from './partitions.ts'

test.each([
  ['', 5],
  ['a', 44],
  ['foobar', 40],
])('the partition of "%s" follows from its FNV-1a hash', (stream, partition) => {
  expect(partitionOf(stream)).toBe(partition)
})

test('streams with similar names are distributed evenly', () => {
  const dealt = new Array<number>(PARTITIONS).fill(0)
  for (let number = 0; number < 6_400; number++) {
    const partition = partitionOf(`account-acc_${number}`)
    dealt[partition] = (dealt[partition] ?? 0) + 1
  }
  expect(Math.min(...dealt)).toBeGreaterThan(60)
  expect(Math.max(...dealt)).toBeLessThan(140)
})
