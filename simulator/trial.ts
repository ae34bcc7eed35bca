// The trial of a plan: a run of it, or one in each style when nobody is in anybody's way there. Both must come to the same.
import { isDeepStrictEqual } from 'node:util'
import type { Coordination, RecordedEvent } from '../events/catalogue.ts'
import { projections } from '../query/views/index.ts'
import type { Violation } from './checks.ts'
import type { Sabotage } from './desk.ts'
import { foldedLog } from './folded-log.ts'
import type { Plan } from './plan/plan.ts'
import { type Outcome, run } from './run.ts'

/** @param sabotage bugs that are put in on purpose */
export async function trial(plan: Plan, sabotage: Sabotage = {}): Promise<Outcome> {
  if (!plan.isUncontended) return run(plan, sabotage)
  const one = await run(by('orchestration', plan), sabotage)
  const other = await run(by('choreography', plan), sabotage)
  return {
    events: [...one.events, ...other.events],
    violations: [...one.violations, ...other.violations, ...differences(one.events, other.events)],
  }
}

function by(coordination: Coordination, plan: Plan): Plan {
  return { ...plan, steps: plan.steps.map((step) => (step.do === 'ask' ? { ...step, coordination } : step)) }
}

function differences(orchestrated: readonly RecordedEvent[], choreographed: readonly RecordedEvent[]): Violation[] {
  const [one, other] = [foldedLog(orchestrated), foldedLog(choreographed)]
  return projections.flatMap(({ name }) =>
    [...new Set([...one.ids(name), ...other.ids(name)])].flatMap((id) => {
      const ends = [one, other].map((folded) => timeless(folded.newest(name, id)))
      const [first, second] = ends.map((end) => JSON.stringify(end))
      return isDeepStrictEqual(ends[0], ends[1])
        ? []
        : {
            promise: 'both styles come to the same',
            detail: `${name}/${id} is ${first}, and by choreography ${second}`,
          }
    }),
  )
}

/** The fields that state when something happened, and in which style. */
const TIMES =
  /^(position|version|createdAt|updatedAt|startedAt|endedAt|at|placedAt|requestedAt|decidedAt|choreographed)$/

/** A document without that. */
function timeless(document: unknown): unknown {
  if (document === undefined) return undefined
  return JSON.parse(JSON.stringify(document, (key, value) => (TIMES.test(key) ? undefined : inNoOrder(key, value))))
}

/** The newest orders first: which of them is newer is a matter of time. */
function inNoOrder(key: string, value: unknown): unknown {
  if (key !== 'recentOrders' || !Array.isArray(value)) return value
  return [...value].sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
}
