// The plan of a seed: usually a busy day, and now and then one on which nobody is in anybody's way.
import { randomness } from '../random.ts'
import { dated } from './dates.ts'
import { operatorsOf } from './operators.ts'
import { ordersOf } from './orders.ts'
import type { Plan } from './plan.ts'
import { shopOf } from './shop.ts'
import { subscribersOf } from './subscribers.ts'
import { poisonsOf, troublesOf } from './troubles.ts'
import { dayWithoutContention } from './without-contention.ts'

export function planOf(seed: number): Plan {
  const plan = undatedPlan(seed)
  return { ...plan, steps: dated(seed, plan.steps) }
}

function undatedPlan(seed: number): Plan {
  const random = randomness(seed)('plan')
  if (random.chance(0.15)) return dayWithoutContention(seed, random)

  const lasts = random.pick([1_500, 5_000, 5_000, 20_000])
  const shop = shopOf(random)
  const steps = [
    ...shop.opening.map((asked) => ({ at: random.between(0, lasts / 10), ...asked })),
    ...ordersOf(random, shop, lasts),
    ...operatorsOf(random, shop, lasts),
    ...subscribersOf(random, shop, lasts),
    // Some runs go well: what is wrong there is wrong without any trouble.
    ...(random.chance(0.9) ? troublesOf(random, lasts) : []),
    ...(random.chance(0.4) ? poisonsOf(random, shop, lasts) : []),
  ]
  return {
    seed,
    within: random.pick([500, 3_000, 10_000, 60_000]),
    window: random.pick([1, 2, 64]),
    lasts,
    isUncontended: false,
    steps: steps.sort((a, b) => a.at - b.at),
  }
}
