// One run: everything of a plan happens, then the troubles end, everybody comes to rest, and the promises are checked.
import type { RecordedEvent } from '../events/catalogue.ts'
import { counted } from '../kernel/counted.ts'
import { heldAtEnd } from '../test/invariants.ts'
import { isAboutTheLog } from './about-the-log.ts'
import { type Acts, openActs } from './acts.ts'
import { broken, type Violation } from './checks.ts'
import { type Desk, openDesk, type Sabotage } from './desk.ts'
import { newLog } from './memory-event-store.ts'
import { newViews } from './memory-view-store.ts'
import { waitingForOperator } from './parked.ts'
import type { Plan } from './plan/plan.ts'
import { openPoison, type Poison } from './poison.ts'
import { randomness } from './random.ts'
import { inVirtualTime, type VirtualTime } from './virtual-time.ts'
import { openWeather } from './weather.ts'

export interface Outcome {
  events: readonly RecordedEvent[]
  violations: Violation[]
}

/** Anything that is broken or slow by then goes on for ever. */
const MOST_REST = 10 * 60_000
/** Nothing has happened for so long: nothing will. Longer than any pause between two tries. */
const REST = 6_000
/** Anything that is parked again whenever it is tried will not go on. */
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
  const broke = (promise: string, details: readonly string[]) =>
    void violations.push(...details.map((detail) => ({ promise, detail })))
  const wrong = (detail: string) => broke('clients are answered rightly', [detail])

  const { within, window } = plan
  const world = { log, views, time, weather, poison, random, clockError: () => clock.error }
  const desk = openDesk({ ...world, within, window, sabotage })
  const acts = openActs(desk, { time, weather, poison, random, clock, hurriesAt: plan.lasts, wrong })
  const rest = () => {
    const busy = () => [...busyParts(desk, log.events.length), ...acts.underWay().map((step) => JSON.stringify(step))]
    return restOf(time, busy, () => log.events.length)
  }
  const day: Day = { desk, acts, time, events: log.events, rest, broke }

  for (const node of desk.nodes) node.start()
  for (const step of plan.steps) acts.begin(step)
  await time.pass(plan.lasts)
  weather.clear()
  const restless = await rest()
  broke('everybody comes to rest', restless)
  const { length } = log.events

  await mendWhatIsParked(day, poison)
  await restartAll(day, restless.length === 0)
  await stopAll(day)
  const subscribers = [...acts.subscribers.values()]
  violations.push(...broken({ events: log.events, rest: length, views, answers: acts.answers, subscribers }))
  return log.events
}

/** A day that is over: the desk as it was left, and what can be done to it. */
interface Day {
  desk: Desk
  acts: Acts
  time: VirtualTime
  /** The log as it is now. */
  events: readonly RecordedEvent[]
  /** Waits until nothing happens any more; gives who does not come to rest. */
  rest(): Promise<string[]>
  broke(promise: string, details: readonly string[]): void
}

/** The bugs are mended, and an operator has everything tried again that is parked. */
async function mendWhatIsParked({ acts, events, rest, broke }: Day, poison: Poison): Promise<void> {
  const { parked, givenUp } = waitingForOperator(events)
  broke('what is parked holds up nothing else', heldAtEnd(events, new Set([...parked.values(), ...givenUp])))
  poison.clear()
  for (let round = 0; round < MOST_ROUNDS && waitingForOperator(events).parked.size > 0; round++) {
    acts.begin({ at: 0, do: 'operate', mutation: 'retryParked' })
    await rest()
  }
  broke('what is mended and tried again goes on', [...waitingForOperator(events).parked.keys()])
}

/**
 * A process that is started again now has nothing left to do. A policy that reads once more may send a command that is pointless since:
 * that command is refused.
 */
async function restartAll({ desk, acts, events, rest, broke }: Day, wasAtRest: boolean): Promise<void> {
  const { length } = events
  for (const node of desk.nodes) acts.down(node, 1)
  await rest()
  const isPointless = ({ data }: RecordedEvent) => 'reason' in data && data.reason === 'ALREADY_RELEASED'
  const more = events.slice(length).filter((event) => !isAboutTheLog(event) && !isPointless(event))
  if (wasAtRest && more.length > 0) broke('a restart leads to nothing new', [more.map(({ type }) => type).join(', ')])
}

/** Subscribers leave, and every process is stopped. */
async function stopAll({ desk, acts, time, broke }: Day): Promise<void> {
  for (const subscriber of acts.subscribers.values()) subscriber.leave()
  await time.pass(1_000)
  const { subscriptions } = desk.gateway.running()?.service.reads.feed.health() ?? { subscriptions: 0 }
  if (subscriptions > 0) broke('who leaves is gone', [counted(subscriptions, 'subscription')])
  const stopped = Promise.all(desk.nodes.map((node) => node.stop())).then(() => true)
  if (!(await Promise.race([stopped, time.pass(60_000)]))) {
    broke('a desk stops when it is asked to', ['not within a minute'])
  }
}

/** The parts of the desk that have something under way, or have not seen everything. */
function busyParts({ nodes, sagas, projector }: Desk, head: number): string[] {
  const atWork = sagas.running()?.service.atWork() ?? 0
  const position = projector.running()?.service.health().position ?? head
  return [
    ...nodes.flatMap((node) => (node.running() ? [] : [`the ${node.name} is not running`])),
    ...(atWork > 0 ? [`${counted(atWork, 'saga')} at work`] : []),
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
