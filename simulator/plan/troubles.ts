// The faults of a run: troubles on the way, processes that crash, and handlers that fail by their own fault.
import { NODES } from '../desk.ts'
import { poisonable } from '../poison.ts'
import type { Random } from '../random.ts'
import { type Trouble, troubles } from '../weather.ts'
import type { Step } from './plan.ts'
import type { Shop } from './shop.ts'

/** Each run knows a few kinds of trouble only, so that some of them meet often. */
export function troublesOf(random: Random, lasts: number): Step[] {
  const all = Object.keys(troubles) as Trouble[]
  const kinds = Array.from({ length: random.whole(1, 4) }, () => random.pick(all))
  const at = () => random.between(0, lasts)
  const long = () => random.pick([100, 500, lasts / 4, lasts])
  const some = (most: number, one: () => Step): Step[] => Array.from({ length: random.whole(0, most) }, one)
  return [
    ...some(6, () => {
      return { at: at(), do: 'trouble', trouble: random.pick(kinds), lasts: long(), odds: random.pick([0.1, 0.5, 1]) }
    }),
    ...some(5, () => ({ at: at(), do: 'crash', node: random.pick(NODES), downFor: random.pick([1, 50, lasts / 4]) })),
    ...some(2, () => ({ at: at(), do: 'restart', node: random.pick(NODES) })),
    ...some(1, () => ({ at: at(), do: 'power cut', downFor: random.pick([1, 500]) })),
    ...some(1, () => ({ at: at(), do: 'zombie', role: random.pick(['sagas', 'projector']), lasts: long() })),
    ...some(1, () => ({ at: at(), do: 'clock', by: random.pick([-100_000, -1_000, 2_000, 100_000]) })),
  ]
}

/**
 * Usually long enough for a saga to be parked; an operator may come too early, or give it up. Many, since most are for commands that
 * nobody ever sends for that order.
 */
export function poisonsOf(random: Random, { orders }: Shop, lasts: number): Step[] {
  return Array.from({ length: random.whole(8, 20) }, (): Step[] => {
    const at = random.between(0, lasts / 2)
    const poison: Step = {
      at,
      do: 'poison',
      orderId: random.pick(orders),
      command: random.pick(poisonable),
      lasts: random.pick([2_000, 30_000, 90_000]),
    }
    const operator = (): Step => ({
      at: at + random.between(5_000, 40_000),
      do: 'operate',
      mutation: random.chance(0.8) ? 'retryParked' : 'discardParked',
    })
    return [poison, ...(random.chance(0.6) ? [operator()] : [])]
  }).flat()
}
