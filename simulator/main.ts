// `npm run simulate -- --seeds 1000 [--first-seed N]`: runs this number of seeds, and prints the story of the first that fails.

import { parseArgs } from 'node:util'
import { counted } from '../kernel/counted.ts'
import { planOf } from './plan/plan-of.ts'
import { storyOf } from './story.ts'
import { trial } from './trial.ts'

const USAGE = 'Usage: npm run simulate -- [--seeds 200] [--first-seed 1]'

const { seeds, firstSeed } = asked()
let events = 0
let violations = 0

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const outcome = await trial(planOf(seed))
  events += outcome.events.length
  if (outcome.violations.length > 0) {
    console.log(violations === 0 ? await storyOf(seed) : `Seed ${seed} fails too: ${outcome.violations[0]?.promise}`)
    violations += outcome.violations.length
  }
  const done = seed - firstSeed + 1
  if (done % 100 === 0 && done < seeds)
    console.error(`${done} of ${counted(seeds, 'seed')}, ${counted(violations, 'violation')}`)
}

console.log(`${counted(seeds, 'seed')}, ${counted(events, 'event')}, ${counted(violations, 'violation')}`)
process.exitCode = violations === 0 ? 0 : 1

function asked(): { seeds: number; firstSeed: number } {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        'first-seed': { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    return { seeds: whole('--seeds', values.seeds), firstSeed: whole('--first-seed', values['first-seed']) }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(USAGE)
    process.exit(2)
  }
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${name} must be a whole number from 1 on, not ${text}`)
  return number
}
