// The orders of a busy day: placed, revised, shipped, paid and cancelled at any time, regardless of what has become of them by then.
import type { Random } from '../random.ts'
import { asked, type Step } from './plan.ts'
import type { Shop } from './shop.ts'

export function ordersOf(random: Random, shop: Shop, lasts: number): Step[] {
  // Somebody may change the style of a desk on the way.
  const byChoreography = random.pick([0, 0.5, 1])
  return shop.orders.flatMap((orderId): Step[] => {
    const placedAt = random.between(0, lasts * 0.7)
    const after = () => placedAt + random.between(0, random.pick([20, lasts / 4, lasts]))
    const place: Step = {
      at: placedAt,
      ...asked('placeOrder', { orderId, customerId: customerOf(random, shop), content: contentOf(random, shop) }),
      coordination: random.chance(byChoreography) ? 'choreography' : 'orchestration',
      looks: random.chance(0.3),
    }
    const shippedAt = after()
    const life = [place]
    for (let times = 0; random.chance(0.4); times++) {
      life.push({ at: after(), ...revised(orderId, times, contentOf(random, shop)) })
    }
    if (random.chance(0.6)) life.push({ at: shippedAt, ...asked('shipOrder', { orderId, trackingCode: 'BX' }) })
    if (random.chance(0.5)) life.push({ at: shippedAt + after() - placedAt, ...asked('recordPayment', { orderId }) })
    if (random.chance(0.3)) life.push({ at: after(), ...asked('cancelOrder', { orderId, reason: 'changed my mind' }) })
    return [...life, ...life.flatMap((step) => again(random, step, after()))]
  })
}

export function customerOf(random: Random, { customers }: Shop): string {
  return random.chance(0.04) ? 'cus_nobody' : random.pick(customers)
}

/** Some lines, with and without agreed prices, or a plain total. */
export function contentOf(random: Random, { products }: Shop): object {
  if (random.chance(0.15)) return { total: random.whole(0, 4_000) }
  const lines = Array.from({ length: random.whole(1, 3) }, () => ({
    productId: random.chance(0.04) ? 'prd_nothing' : random.pick(products),
    quantity: random.whole(1, 3),
    ...(random.chance(0.5) ? { unitPrice: 1_000 } : {}),
  }))
  return { lines }
}

export function revised(orderId: string, times: number, content: object) {
  return asked('reviseOrder', { commandId: `reviseOrder ${orderId} ${times}`, orderId, content })
}

/** The same command once more, or another one by the same name. */
export function again(random: Random, step: Step, at: number): Step[] {
  if (step.do !== 'ask' || !random.chance(0.2)) return []
  const other = random.chance(0.2) && 'reason' in step.input ? { reason: 'another reason' } : {}
  return [{ ...step, at, input: { ...step.input, ...other } }]
}
