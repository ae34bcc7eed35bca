// Some orders of a run were placed before the desk gets them, and come with a date of their own.
import { randomness } from '../random.ts'
import type { Step } from './plan.ts'

/** Before the first day of any run. */
const EARLIEST = Date.UTC(2010, 11, 1)
const LATEST = Date.UTC(2025, 11, 31)

/** The same steps, some orders with dates. The date follows from the order, so a command that comes again has the same one. */
export function dated(seed: number, steps: readonly Step[]): Step[] {
  return steps.map((step) => {
    if (step.do !== 'ask' || step.mutation !== 'placeOrder') return step
    const random = randomness(seed)(`date of ${step.input.orderId}`)
    const placedAt = new Date(Math.floor(random.between(EARLIEST, LATEST))).toISOString()
    return random.chance(0.3) ? { ...step, input: { ...step.input, placedAt } } : step
  })
}
