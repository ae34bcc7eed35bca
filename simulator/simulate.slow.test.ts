// Some hundred seeds in every run of CI; `npm run simulate` runs as many as one likes.
import { expect, test } from 'vitest'
import { planOf } from './plan/plan-of.ts'
import { storyOf } from './story.ts'
import { trial } from './trial.ts'

const SEEDS = 300

test(`${SEEDS} seeds keep every promise`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await trial(planOf(seed))
    if (violations.length > 0) expect.fail(await storyOf(seed))
  }
})
