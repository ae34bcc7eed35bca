import { expect, test } from 'vitest'
import { lines } from './progress.ts'

test('without a terminal, every quarter of the work is a line', () => {
  const printed: string[] = []
  const progress = lines((line) => printed.push(line))
  const stage = progress('orders', 10)
  for (let step = 0; step < 10; step += 1) stage.step()
  stage.end()
  expect(printed).toEqual(['orders: 3 of 10', 'orders: 5 of 10', 'orders: 8 of 10', 'orders: 10 of 10'])
})

test('nothing to do is a line too', () => {
  const printed: string[] = []
  lines((line) => printed.push(line))('orders', 0).end()
  expect(printed).toEqual(['orders: 0 of 0'])
})
