// Prove that the proof works: each bug that is put in is found, and its story is short.
import { expect, test } from 'vitest'
import type { Plan } from './plan/plan.ts'
import { planOf } from './plan/plan-of.ts'
import { planted } from './planted.ts'
import { storyOf } from './story.ts'
import { trial } from './trial.ts'

const MOST_SEEDS = 300

test.each(Object.entries(planted))('it is found when %s', async (_, { sabotage, breaks }) => {
  const runs = (plan: Plan) => trial(plan, sabotage)
  const seed = await firstToBreak(breaks, runs)
  expect((await trial(planOf(seed))).violations).toEqual([])

  const story = await storyOf(seed, runs)
  const { length } = planOf(seed).steps
  const [, left] = /with (\d+) of its/.exec(story) ?? []
  expect(Number(left)).toBeGreaterThan(0)
  expect(Number(left)).toBeLessThan(length / 2)
})

async function firstToBreak(promise: string, runs: (plan: Plan) => ReturnType<typeof trial>): Promise<number> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { violations } = await runs(planOf(seed))
    if (violations.some((violation) => violation.promise === promise)) return seed
  }
  throw new Error(`None of ${MOST_SEEDS} seeds finds it`)
}
