// Makes the story of a failure short: leaves out of a plan everything that the failure does not need.
import type { Plan, Step } from './plan/plan.ts'

/** A plan with few steps fails as one with many, so the search for the shortest ends after this number of tries. */
const MOST_TRIES = 400

/**
 * A plan that still fails, and of which hardly a step can be left out.
 * @param fails whether a plan fails as the first one did
 */
export async function shrunk(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let steps = plan.steps
  let tries = 0
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let leftOut = true
    while (leftOut && tries < MOST_TRIES) {
      leftOut = false
      for (let from = 0; from < steps.length && tries < MOST_TRIES; ) {
        tries++
        const fewer: readonly Step[] = [...steps.slice(0, from), ...steps.slice(from + size)]
        if (await fails({ ...plan, steps: fewer })) {
          steps = fewer
          leftOut = true
        } else from += size
      }
    }
  }
  return { ...plan, steps }
}
