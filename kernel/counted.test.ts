import { expect, test } from 'vitest'
import { counted } from './counted.ts'

test('the singular stands for exactly one thing', () => {
  expect([0, 1, 2].map((count) => counted(count, 'event'))).toEqual(['0 events', '1 event', '2 events'])
  expect([1, 2].map((count) => counted(count, 'reply', 'replies'))).toEqual(['1 reply', '2 replies'])
})
