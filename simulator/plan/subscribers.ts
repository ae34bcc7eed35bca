// The subscribers of a run, their topics, and how often the connection breaks.
import type { Random } from '../random.ts'
import type { Step, Topic } from './plan.ts'
import type { Shop } from './shop.ts'

const STEADY = 1_000

export function subscribersOf(random: Random, { customers, products, orders }: Shop, lasts: number): Step[] {
  const topic = (): Topic =>
    random.pick<() => Topic>([
      () => ({ feed: 'events', fromStart: random.chance(0.5) }),
      () => ({ feed: 'orders', customerId: random.pick(customers), fromStart: random.chance(0.5) }),
      () => ({ view: 'customers', id: random.pick(customers) }),
      () => ({ view: 'orders', id: random.pick(orders) }),
      () => ({ view: 'products', id: random.pick(products) }),
      () => ({ ordersOf: random.pick(customers) }),
    ])()
  return Array.from({ length: random.whole(1, 5) }, (_, index): Step[] => {
    const name = `subscriber ${index + 1}`
    const at = random.between(0, lasts / 2)
    const drops = Array.from({ length: random.whole(0, 4) }, (): Step => {
      return { at: random.between(at, lasts), do: 'drop', name }
    })
    return [{ at, do: 'subscribe', name, to: topic(), dwells: random.pick([0, 10, STEADY]) }, ...drops]
  }).flat()
}
