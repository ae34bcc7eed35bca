// One run: everything of a plan happens, then the troubles end, everybody comes to rest, and the promises are checked.

import type { RecordedEvent } from '../events/store/event-store.ts'
import { isAboutTheLog } from './about-the-log.ts'
import { broken, type Violation } from './checks.ts'
import { type Answer, ask } from './clients.ts'
import { type Desk, openDesk, type Sabotage } from './desk.ts'
import { newLog } from './memory-event-store.ts'
import { newViews } from './memory-view-store.ts'
import type { Node } from './node.ts'
import type { Plan, Step } from './plan.ts'
import { randomness } from './random.ts'
import { openSubscriber, type Subscriber } from './subscribers.ts'
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
  const answers: Answer[] = []
  const subscribers = new Map<string, Subscriber>()
  const acting = new Set<Step>()
  let clockError = 0
  const wrong = (detail: string) => void violations.push({ promise: 'clients are answered rightly', detail })

  const { within, window } = plan
  const desk = openDesk({ log, views, clockError: () => clockError, time, weather, random, within, window, sabotage })
  const { gateway } = desk
  const down = (node: Node<unknown>, downFor: number) => {
    node.crash()
    void time.pass(downFor).then(() => node.start())
  }

  async function act(step: Step): Promise<void> {
    await time.pass(step.at)
    switch (step.do) {
      case 'ask': {
        const answer = await ask(step, { gateway, time, random: random(step.input.commandId), wrong })
        if (answer) answers.push(answer)
        return
      }
      case 'subscribe':
        subscribers.set(
          step.name,
          openSubscriber(step, { gateway, time, random: random(step.name), hurriesAt: plan.lasts }),
        )
        return
      case 'drop':
        return subscribers.get(step.name)?.drop()
      case 'trouble':
        return weather.begin(step.trouble, step.lasts, step.odds)
      case 'crash':
        return down(desk.node(step.node), step.downFor)
      case 'restart':
        await desk.node(step.node).stop()
        return desk.node(step.node).start()
      case 'power cut':
        for (const node of desk.nodes) down(node, step.downFor)
        return
      case 'zombie': {
        const zombie = desk.zombie[step.role]()
        zombie.start()
        await time.pass(step.lasts)
        return zombie.crash()
      }
      case 'clock':
        clockError += step.by
        return
      default:
        throw new Error(`Nobody knows how to ${JSON.stringify(step satisfies never)}`)
    }
  }

  for (const node of desk.nodes) node.start()
  for (const step of plan.steps) {
    acting.add(step)
    void act(step).finally(() => acting.delete(step))
  }
  await time.pass(plan.lasts)
  weather.clear()
  const busy = () => [...busyParts(desk, log.events.length), ...[...acting].map((step) => JSON.stringify(step))]
  const rest = () => restOf(time, busy, () => log.events.length)
  const restless = await rest()
  violations.push(...restless.map((detail) => ({ promise: 'everybody comes to rest', detail })))

  // Whatever is started again now has nothing left to do.
  const length = log.events.length
  for (const node of desk.nodes) down(node, 1)
  await rest()
  const more = log.events.slice(length).filter((event) => !isAboutTheLog(event))
  if (restless.length === 0 && more.length > 0) {
    violations.push({ promise: 'a restart leads to nothing new', detail: more.map(({ type }) => type).join(', ') })
  }

  for (const subscriber of subscribers.values()) subscriber.leave()
  await time.pass(1_000)
  const { subscriptions } = gateway.running()?.service.reads.feed.health() ?? { subscriptions: 0 }
  if (subscriptions > 0) violations.push({ promise: 'who leaves is gone', detail: `${subscriptions} subscriptions` })
  const stopped = Promise.all(desk.nodes.map((node) => node.stop())).then(() => true)
  if (!(await Promise.race([stopped, time.pass(60_000)]))) {
    violations.push({ promise: 'a desk stops when it is asked to', detail: 'not within a minute' })
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
