// Random seeds in each run; `npm run test:long` plays ten times as many, and `npm run simulate` as many as you name.
import { expect, test } from 'vitest'
import { rounds } from '../kernel/rounds.given.ts'
import { planOf } from './plan/plan-of.ts'
import { storyOf } from './story.ts'
import { trial } from './trial.ts'

const SEEDS = rounds(500)

test(`${SEEDS} seeds keep every promise`, { timeout: rounds(600_000) }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await trial(planOf(seed))
    if (violations.length > 0) expect.fail(await storyOf(seed))
  }
})
