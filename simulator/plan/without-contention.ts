// A day on which nobody is in anybody's way: who has credit has it for every order, what is there is there for all, prices stay as they are,
// and nothing is asked of an order before the last thing that was asked of it is decided. Troubles there are all the same.
import type { Random } from '../random.ts'
import { contentOf, customerOf, revised } from './orders.ts'
import { asked, type Plan, type Step } from './plan.ts'
import { customer, named, product, type Shop } from './shop.ts'
import { subscribersOf } from './subscribers.ts'
import { troublesOf } from './troubles.ts'

/** The shop is open by then, and the troubles begin. */
const OPEN = 5_000

/** After so long without trouble every order is decided. */
const SETTLED = 20_000

export function dayWithoutContention(seed: number, random: Random): Plan {
  const lasts = random.pick([1_500, 5_000])
  const shop = shopForAll(random)
  const orders = shop.orders.flatMap((orderId) => lifeOf(random, orderId, shop, lasts))
  const day = [...orders, ...subscribersOf(random, shop, lasts), ...troublesOf(random, lasts)]
  const steps = [
    ...shop.opening.map((asked) => ({ at: 0, ...asked })),
    ...day.map((step) => ({ ...step, at: OPEN + step.at })),
  ]
  return {
    seed,
    within: 10 * 60_000,
    window: random.pick([1, 2, 64]),
    lasts: OPEN + lasts,
    isUncontended: true,
    steps: steps.sort((a, b) => a.at - b.at),
  }
}

/** A customer has no credit, or more than all orders cost; a product is not there, or in greater numbers than are ordered. */
function shopForAll(random: Random): Shop {
  const customers = named('cus', 3)
  const products = named('prd', 3)
  const opening = [
    ...customers.map((customerId, index) => customer(customerId, index < 2 ? 10_000_000 : 0)),
    ...products.map((productId, index) => product(productId, index < 2 ? 10_000 : 0)),
  ]
  return { customers, products, orders: named('ord', random.whole(3, 10)), opening }
}

function lifeOf(random: Random, orderId: string, shop: Shop, lasts: number): Step[] {
  const settled = (times: number) => lasts + times * SETTLED
  const place = asked('placeOrder', { orderId, customerId: customerOf(random, shop), content: contentOf(random, shop) })
  const life: Step[] = [{ at: random.between(0, lasts * 0.7), ...place, looks: random.chance(0.3) }]
  if (random.chance(0.4)) life.push({ at: settled(1), ...revised(orderId, 0, contentOf(random, shop)) })
  if (random.chance(0.1)) life.push({ at: settled(2), ...asked('cancelOrder', { orderId, reason: 'changed my mind' }) })
  if (random.chance(0.6)) life.push({ at: settled(3), ...asked('shipOrder', { orderId, trackingCode: 'BX' }) })
  if (random.chance(0.5)) life.push({ at: settled(4), ...asked('recordPayment', { orderId }) })
  return life
}
