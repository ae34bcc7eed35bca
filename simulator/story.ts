// The story of a seed that fails: the steps that it takes, the events that they lead to, and the promises that are broken.
import { counted } from '../kernel/counted.ts'
import type { Plan } from './plan/plan.ts'
import { planOf } from './plan/plan-of.ts'
import type { Outcome } from './run.ts'
import { shrunk } from './shrink.ts'
import { trial } from './trial.ts'
import { recorded, told } from './words.ts'

const MOST_EVENTS = 120
const MOST_VIOLATIONS = 10

/** A short story that breaks the same promise as the seed does; several lines. */
export async function storyOf(seed: number, runs: (plan: Plan) => Promise<Outcome> = trial): Promise<string> {
  const plan = planOf(seed)
  const [first] = (await runs(plan)).violations
  const short = await shrunk(plan, async (fewer) => {
    const { violations } = await runs(fewer)
    return violations.some(({ promise }) => promise === first?.promise)
  })
  const { events, violations } = await runs(short)
  return [
    `Seed ${seed}, with ${short.steps.length} of its ${counted(plan.steps.length, 'step')}; a placement has ${plan.within} ms:`,
    ...indented(short.steps.map(told)),
    'What was recorded:',
    ...indented(events.slice(0, MOST_EVENTS).map(recorded)),
    'What should not be:',
    ...indented(violations.slice(0, MOST_VIOLATIONS).map(({ promise, detail }) => `${promise}: ${detail}`)),
    `Again: npm run simulate -- --first-seed ${seed} --seeds 1`,
  ].join('\n')
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
