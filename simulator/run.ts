// One run: everything of a plan happens, then the troubles end, everybody comes to rest, and the promises are checked.

import type { RecordedEvent } from '../events/store/event-store.ts'
import { heldAtEnd } from '../test/invariants.ts'
import { isAboutTheLog } from './about-the-log.ts'
import { openActs } from './acts.ts'
import { broken, type Violation } from './checks.ts'
import { type Desk, openDesk, type Sabotage } from './desk.ts'
import { newLog } from './memory-event-store.ts'
import { newViews } from './memory-view-store.ts'
import { waitingForOperator } from './parked.ts'
import type { Plan } from './plan/plan.ts'
import { openPoison } from './poison.ts'
import { randomness } from './random.ts'
import { inVirtualTime, type VirtualTime } from './virtual-time.ts'
import { openWeather } from './weather.ts'

export interface Outcome {
  events: readonly RecordedEvent[]
  violations: Violation[]
}

/** What is broken or slow by then goes on for ever. */
const MOST_REST = 10 * 60_000
/** Nothing has happened for so long: nothing will. Longer than any pause between two tries. */
const REST = 6_000
/** What is parked again whenever it is tried will not go on. */
const MOST_ROUNDS = 5

/** @param sabotage bugs that are put in on purpose */
export async function run(plan: Plan, sabotage: Sabotage = {}): Promise<Outcome> {
  const violations: Violation[] = []
  const unhandled = (error: unknown) => {
    violations.push({ promise: 'every failure is handled', detail: String(error) })
  }
  process.on('unhandledRejection', unhandled)
  try {
    const random = randomness(plan.seed)
    const events = await inVirtualTime(random('ids'), (time) => live(plan, time, random, sabotage, violations))
    return { events, violations }
  } finally {
    process.off('unhandledRejection', unhandled)
  }
}

async function live(
  plan: Plan,
  time: VirtualTime,
  random: ReturnType<typeof randomness>,
  sabotage: Sabotage,
  violations: Violation[],
): Promise<readonly RecordedEvent[]> {
  const log = newLog()
  const views = newViews()
  const weather = openWeather(time, random)
  const poison = openPoison(time)
  const clock = { error: 0 }
  const wrong = (detail: string) => void violations.push({ promise: 'clients are answered rightly', detail })
  const broke = (promise: string, details: readonly string[]) =>
    void violations.push(...details.map((detail) => ({ promise, detail })))

  const { within, window } = plan
  const world = { log, views, time, weather, poison, random, clockError: () => clock.error }
  const desk = openDesk({ ...world, within, window, sabotage })
  const acts = openActs(desk, { time, weather, poison, random, clock, hurriesAt: plan.lasts, wrong })
  const rest = () => {
    const busy = () => [...busyParts(desk, log.events.length), ...acts.underWay().map((step) => JSON.stringify(step))]
    return restOf(time, busy, () => log.events.length)
  }

  for (const node of desk.nodes) node.start()
  for (const step of plan.steps) acts.begin(step)
  await time.pass(plan.lasts)
  weather.clear()
  const restless = await rest()
  broke('everybody comes to rest', restless)

  const { parked, givenUp } = waitingForOperator(log.events)
  const waiting = new Set([...parked.values(), ...givenUp])
  broke('what is parked holds up nothing else', heldAtEnd(log.events, waiting))
  poison.clear()
  for (let round = 0; round < MOST_ROUNDS && waitingForOperator(log.events).parked.size > 0; round++) {
    acts.begin({ at: 0, do: 'operate', mutation: 'retryParked' })
    await rest()
  }
  broke('what is mended and tried again goes on', [...waitingForOperator(log.events).parked.keys()])

  // Whatever is started again now has nothing left to do. A policy that reads once more may ask for what is pointless since: that is refused.
  const length = log.events.length
  for (const node of desk.nodes) acts.down(node, 1)
  await rest()
  const isPointless = ({ data }: RecordedEvent) => 'reason' in data && data.reason === 'ALREADY_RELEASED'
  const more = log.events.slice(length).filter((event) => !isAboutTheLog(event) && !isPointless(event))
  if (restless.length === 0 && more.length > 0) {
    broke('a restart leads to nothing new', [more.map(({ type }) => type).join(', ')])
  }

  const { answers, subscribers } = acts
  for (const subscriber of subscribers.values()) subscriber.leave()
  await time.pass(1_000)
  const { subscriptions } = desk.gateway.running()?.service.reads.feed.health() ?? { subscriptions: 0 }
  if (subscriptions > 0) broke('who leaves is gone', [`${subscriptions} subscriptions`])
  const stopped = Promise.all(desk.nodes.map((node) => node.stop())).then(() => true)
  if (!(await Promise.race([stopped, time.pass(60_000)]))) {
    broke('a desk stops when it is asked to', ['not within a minute'])
  }
  violations.push(...broken({ events: log.events, views, answers, subscribers: [...subscribers.values()] }))
  return log.events
}

/** Who has something under way, or has not seen everything. */
function busyParts({ nodes, sagas, projector }: Desk, head: number): string[] {
  const atWork = sagas.running()?.service.atWork() ?? 0
  const position = projector.running()?.service.health().position ?? head
  return [
    ...nodes.flatMap((node) => (node.running() ? [] : [`the ${node.name} is not running`])),
    ...(atWork > 0 ? [`${atWork} sagas are at work`] : []),
    ...(position < head ? [`the projector is at ${position} of ${head}`] : []),
  ]
}

/** Waits until nobody is busy, and nothing is recorded any more; gives who is busy still when that does not come. */
async function restOf(time: VirtualTime, busy: () => string[], length: () => number): Promise<string[]> {
  const ends = time.now() + MOST_REST
  let before = length()
  let since = time.now()
  while (time.now() - since < REST) {
    await time.pass(250)
    const reasons = busy()
    if (reasons.length === 0 && length() === before) continue
    if (time.now() > ends) return reasons
    before = length()
    since = time.now()
  }
  return []
}
