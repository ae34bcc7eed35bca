// Does the steps of a plan, each when its time comes.
import { type Answer, ask } from './clients.ts'
import type { Desk } from './desk.ts'
import type { Node } from './node.ts'
import { operate } from './parked.ts'
import type { Asked, Step } from './plan/plan.ts'
import type { Poison } from './poison.ts'
import type { Random } from './random.ts'
import { openSubscriber, type Subscriber } from './subscribers.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

interface Surroundings {
  time: VirtualTime
  weather: Weather
  poison: Poison
  random: (key: string) => Random
  /** By how much the clock of the log is wrong, in milliseconds. */
  clock: { error: number }
  /** From then on subscribers take no longer over a message than they need. */
  hurriesAt: number
  /** Something that must not happen. */
  wrong(what: string): void
}

export interface Acts {
  /** Does a step when its time comes; at once when that is over. */
  begin(step: Step): void
  down(node: Node<unknown>, downFor: number): void
  underWay(): Step[]
  readonly answers: readonly Answer[]
  readonly subscribers: ReadonlyMap<string, Subscriber>
}

export function openActs(desk: Desk, { time, weather, poison, random, clock, hurriesAt, wrong }: Surroundings): Acts {
  const { gateway } = desk
  const answers: Answer[] = []
  const subscribers = new Map<string, Subscriber>()
  const underWay = new Set<Step>()

  function down(node: Node<unknown>, downFor: number): void {
    node.crash()
    void time.pass(downFor).then(() => node.start())
  }

  async function send(asked: Asked): Promise<void> {
    const answer = await ask(asked, { gateway, time, random: random(asked.input.commandId), wrong })
    if (answer) answers.push(answer)
  }

  async function act(step: Step): Promise<void> {
    switch (step.do) {
      case 'ask':
        return send(step)
      case 'operate': {
        const all = await operate(step.mutation, gateway, time)
        await Promise.all(all.map(send))
        return
      }
      case 'subscribe': {
        const subscriber = openSubscriber(step, { gateway, time, random: random(step.name), hurriesAt })
        subscribers.set(step.name, subscriber)
        return
      }
      case 'drop':
        return subscribers.get(step.name)?.drop()
      case 'trouble':
        return weather.begin(step.trouble, step.lasts, step.odds)
      case 'poison':
        return poison.begin(step.orderId, step.command, step.lasts)
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
        clock.error += step.by
        return
      default:
        throw new Error(`Nobody knows how to ${JSON.stringify(step satisfies never)}`)
    }
  }

  return {
    begin(step) {
      underWay.add(step)
      void time
        .pass(Math.max(0, step.at - time.now()))
        .then(() => act(step))
        .finally(() => underWay.delete(step))
    },
    down,
    underWay: () => [...underWay],
    answers,
    subscribers,
  }
}
