// The changes that operators make in a run: to limits, stocks and prices.
import type { Random } from '../random.ts'
import { again } from './orders.ts'
import { type Asked, asked, EVER, type Step } from './plan.ts'
import type { Shop } from './shop.ts'

export function operatorsOf(random: Random, { customers, products }: Shop, lasts: number): Step[] {
  const some = (most: number, work: () => Asked): Step[] =>
    Array.from({ length: random.whole(0, most) }, () => {
      const step: Step = { at: random.between(0, lasts), ...work(), tries: random.pick([1, EVER]) }
      return [step, ...again(random, step, random.between(0, lasts))]
    }).flat()
  return [
    ...some(3, () =>
      asked('changeCreditLimit', {
        commandId: commandId(random),
        customerId: random.pick(customers),
        creditLimit: random.pick([0, 2_000, 20_000]),
      }),
    ),
    ...some(3, () =>
      asked('receiveStock', {
        commandId: commandId(random),
        productId: random.pick(products),
        quantity: random.whole(1, 10),
      }),
    ),
    ...some(2, () =>
      asked('changePrice', {
        commandId: commandId(random),
        productId: random.pick(products),
        price: random.whole(500, 2_000),
      }),
    ),
  ]
}

function commandId(random: Random): string {
  return `operator-${random.whole(1, 1_000_000)}`
}
