import { expect, test } from 'vitest'
import type { Step } from './plan/plan.ts'
import { shrunk } from './shrink.ts'

const steps = Array.from({ length: 40 }, (_, at): Step => ({ at, do: 'drop', name: `subscriber ${at}` }))
const plan = { seed: 1, within: 1, window: 1, lasts: 1, isUncontended: false, steps }

test('of forty steps the two that it takes are left', async () => {
  const needs = [7, 31]
  const short = await shrunk(plan, async ({ steps }) => needs.every((at) => steps.some((step) => step.at === at)))
  expect(short.steps.map(({ at }) => at)).toEqual(needs)
})

test('a plan that needs all of its steps keeps them', async () => {
  const short = await shrunk(plan, async ({ steps }) => steps.length === 40)
  expect(short).toEqual(plan)
})
