// What happens in a run: a list of steps that follows from the seed, each of which can be left out without changing the others.
import type { mutations } from '../command/mutations/index.ts'
import type { ViewName } from '../query/projection.ts'
import { NODES, type NodeName } from './desk.ts'
import { type Random, randomness } from './random.ts'
import { type Trouble, troubles } from './weather.ts'

export interface Plan {
  seed: number
  /** The deadline of a placement, in milliseconds, and how many of its commands may be under way. */
  within: number
  window: number
  /** When the troubles end, in milliseconds. */
  lasts: number
  steps: readonly Step[]
}

/** `at` is in milliseconds since the beginning. */
export type Step = { at: number } & (
  | Asked
  | Subscribed
  /** The connection of a subscriber breaks. */
  | { do: 'drop'; name: string }
  | { do: 'trouble'; trouble: Trouble; lasts: number; odds: number }
  | { do: 'crash'; node: NodeName; downFor: number }
  /** It ends in an orderly way, and is started again. */
  | { do: 'restart'; node: NodeName }
  | { do: 'power cut'; downFor: number }
  | { do: 'zombie'; role: 'sagas' | 'projector'; lasts: number }
  /** The clock of the log jumps. */
  | { do: 'clock'; by: number }
)

/** A customer or an operator sends a mutation, up to so many times until there is an answer; then it may look at what became of it. */
export interface Asked {
  do: 'ask'
  mutation: keyof typeof mutations
  input: Input
  tries: number
  looks: boolean
}

export type Input = { commandId: string } & Record<string, unknown>

export interface Subscribed {
  do: 'subscribe'
  name: string
  to: Topic
  /** How long it takes over each message at the most, in milliseconds. */
  dwells: number
}

export type Topic =
  | { feed: 'events' | 'orders'; customerId?: string; fromStart: boolean }
  | { view: Exclude<ViewName, 'parked'>; id: string }
  | { ordersOf: string }

const STEADY = 1_000
const EVER = 1_000_000

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = randomness(seed)('plan')
  const lasts = random.pick([1_500, 5_000, 5_000, 20_000])
  const shop = shopOf(random)
  const steps = [
    ...shop.opening.map((asked) => ({ at: random.between(0, lasts / 10), ...asked })),
    ...ordersOf(random, shop, lasts),
    ...operatorsOf(random, shop, lasts),
    ...subscribersOf(random, shop, lasts),
    // Some runs go well: what is wrong there is wrong without any trouble.
    ...(random.chance(0.9) ? troublesOf(random, lasts) : []),
  ]
  return {
    seed,
    within: random.pick([500, 3_000, 10_000, 60_000]),
    window: random.pick([1, 2, 64]),
    lasts,
    steps: steps.sort((a, b) => a.at - b.at),
  }
}

interface Shop {
  customers: string[]
  products: string[]
  orders: string[]
  /** The mutations that set it up. */
  opening: Asked[]
}

function shopOf(random: Random): Shop {
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}_${index + 1}`)
  const customers = named('cus', random.whole(1, 3))
  const products = named('prd', random.whole(1, 4))
  const opening = [
    ...customers.map((customerId) =>
      asked('registerCustomer', { customerId, name: customerId, creditLimit: random.pick([3_000, 8_000, 30_000]) }),
    ),
    ...products.map((productId) =>
      asked('addProduct', { productId, name: productId, price: 1_000, stock: random.pick([0, 3, 10, 40]) }),
    ),
  ]
  return { customers, products, orders: named('ord', random.whole(3, 24)), opening }
}

function ordersOf(random: Random, { customers, products, orders }: Shop, lasts: number): Step[] {
  return orders.flatMap((orderId): Step[] => {
    const placedAt = random.between(0, lasts * 0.7)
    const after = () => placedAt + random.between(0, random.pick([20, lasts / 4, lasts]))
    const lines = () =>
      Array.from({ length: random.whole(1, 3) }, () => ({
        productId: random.chance(0.04) ? 'prd_nothing' : random.pick(products),
        quantity: random.whole(1, 3),
        ...(random.chance(0.5) ? { unitPrice: 1_000 } : {}),
      }))
    const content = () => (random.chance(0.15) ? { total: random.whole(0, 4_000) } : { lines: lines() })
    const place = asked('placeOrder', {
      orderId,
      customerId: random.chance(0.04) ? 'cus_nobody' : random.pick(customers),
      content: content(),
    })
    const shippedAt = after()
    const revised = (times: number) =>
      asked('reviseOrder', { commandId: `reviseOrder ${orderId} ${times}`, orderId, content: content() })
    const life: Step[] = [{ at: placedAt, ...place, looks: random.chance(0.3) }]
    for (let times = 0; random.chance(0.4); times++) life.push({ at: after(), ...revised(times) })
    if (random.chance(0.6)) life.push({ at: shippedAt, ...asked('shipOrder', { orderId, trackingCode: 'BX' }) })
    if (random.chance(0.5)) life.push({ at: shippedAt + after() - placedAt, ...asked('recordPayment', { orderId }) })
    if (random.chance(0.3)) life.push({ at: after(), ...asked('cancelOrder', { orderId, reason: 'changed my mind' }) })
    return [...life, ...life.flatMap((step) => again(random, step, after()))]
  })
}

/** The same command once more, or another one by the same name. */
function again(random: Random, step: Step, at: number): Step[] {
  if (step.do !== 'ask' || !random.chance(0.2)) return []
  const other = random.chance(0.2) && 'reason' in step.input ? { reason: 'another reason' } : {}
  return [{ ...step, at, input: { ...step.input, ...other } }]
}

function operatorsOf(random: Random, { customers, products }: Shop, lasts: number): Step[] {
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

/** The usual `commandId` says what is done to what. */
function asked(mutation: Asked['mutation'], input: Record<string, unknown>): Asked {
  const { orderId, customerId, productId } = input
  const commandId = `${mutation} ${orderId ?? customerId ?? productId}`
  return { do: 'ask', mutation, input: { commandId, ...input }, tries: EVER, looks: false }
}

function subscribersOf(random: Random, { customers, products, orders }: Shop, lasts: number): Step[] {
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

/** Each run knows a few kinds of trouble only, so that some of them meet often. */
function troublesOf(random: Random, lasts: number): Step[] {
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
