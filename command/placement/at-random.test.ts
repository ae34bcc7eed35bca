// Placing an order with real participants, while replies are delayed and lost, the process crashes and people change their minds.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DomainEvent, PlacementFacts, SagaReply } from '../../events/catalogue.ts'
import { customer } from '../customer/customer.ts'
import { type Aggregate, type Decider, isRefusal } from '../decider.ts'
import { order } from '../order/order.ts'
import { product } from '../product/product.ts'
import { DELIVERY, type Due, decide, due, evolve, type SagaEvent, type SagaState } from '../saga/saga.ts'
import { BEGINS, line, orderPlaced, rebuilt } from './placement.given.ts'
import { placement } from './placement.ts'

const lines = ['prd_1', 'prd_2', 'prd_3'].map((productId) => line(productId, 2))
const start = orderPlaced(...lines)
/** Small enough that the window matters. */
const saga = { ...placement, window: 2 }

interface Shop {
  creditLimit: number | undefined
  stocks: readonly (number | undefined)[]
}

const anyShop: fc.Arbitrary<Shop> = fc.record({
  creditLimit: fc.option(fc.constantFrom(4999, 5000), { nil: undefined, freq: 8 }),
  stocks: fc.array(fc.option(fc.constantFrom(1, 2, 2, 2, 2), { nil: undefined, freq: 10 }), {
    minLength: 3,
    maxLength: 3,
  }),
})

type Chance = { what: 'reach' | 'reply' | 'lose' | 'crash' | 'overdue' | 'cancel' | 'ship' | 'pay'; which: number }

const anyChances: fc.Arbitrary<Chance[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom('reach' as const, 'reply' as const) },
      { weight: 10, arbitrary: fc.constantFrom('ship' as const, 'pay' as const) },
      { weight: 4, arbitrary: fc.constantFrom('lose' as const, 'crash' as const, 'cancel' as const) },
      { weight: 1, arbitrary: fc.constant('overdue' as const) },
    ),
    which: fc.nat(20),
  }),
  { maxLength: 80, size: 'max' },
)

test('whatever happens, an order is decided, and in the end holds exactly what it should', () => {
  const endings = new Set<string>()
  fc.assert(
    fc.property(anyShop, anyChances, (shop, chances) => {
      const world = worldOf(shop)
      for (const { what, which } of chances) world[what](which)
      world.calmDown()
      endings.add(world.status())

      expect(world.held()).toEqual(shouldHold[world.status()])
      expect(world.saga().ended).toBe(world.status() !== 'APPROVED' && world.status() !== 'SHIPPED')
      expect(rebuilt(world.recorded)).toMatchObject(world.saga())
    }),
    { numRuns: 1_000 },
  )
  expect([...endings].sort()).toEqual(['APPROVED', 'CANCELLED', 'PAID', 'REJECTED', 'SHIPPED'])
})

const shouldHold: Record<string, { credit: number; stock: number }> = {
  APPROVED: { credit: 5000, stock: 6 },
  SHIPPED: { credit: 5000, stock: 0 },
  PAID: { credit: 0, stock: 0 },
  REJECTED: { credit: 0, stock: 0 },
  CANCELLED: { credit: 0, stock: 0 },
}

function worldOf({ creditLimit, stocks }: Shop) {
  const participants = participantsOf()
  const { tell } = participants
  tell('order-ord_1', start)
  if (creditLimit !== undefined) {
    tell('customer-cus_1', { type: 'CustomerRegistered', data: { customerId: 'cus_1', name: 'Acme', creditLimit } })
  }
  for (const [index, quantity] of stocks.entries()) {
    const productId = `prd_${index + 1}`
    if (quantity === undefined) continue
    tell(`product-${productId}`, { type: 'ProductAdded', data: { productId, name: 'Hammer', price: 100 } })
    tell(`product-${productId}`, { type: 'StockReceived', data: { productId, quantity } })
  }

  const recorded: SagaEvent<PlacementFacts>[] = []
  let state: SagaState<PlacementFacts> | undefined
  let asked = new Set<string>()
  /** What is on its way to a participant; a crash of the saga does not stop it. */
  const underWay: Due[] = []
  let replies: SagaReply[] = []
  let life = 0

  /** The saga looks at its inbox, and asks what is due. */
  function look(inbox: { replies?: SagaReply[]; now?: number } = {}): void {
    const news = participants.life().slice(life)
    life += news.length
    const noticed = news.filter((type) => (saga.noticing as readonly string[]).includes(type))
    const after = decide(saga, state, { start, replies: [], now: BEGINS, ...inbox, noticed })
    for (const event of after.events) {
      recorded.push(event)
      state = evolve(saga, state, event)
    }
    for (const request of state ? due(saga, state) : []) {
      if (asked.has(request.key)) continue
      asked.add(request.key)
      underWay.push(request)
    }
  }
  look()

  const take = <Item>(items: Item[], which: number): Item[] =>
    items.length > 0 ? items.splice(which % items.length, 1) : []

  const world = {
    /** One of the requests reaches its participant, in any order. */
    reach(which: number) {
      for (const request of take(underWay, which)) replies.push(participants.answer(request))
    },
    /** One of the replies reaches the saga. */
    reply(which: number) {
      look({ replies: take(replies, which) })
    },
    /** A request is lost; whoever sent it tries again. */
    lose(which: number) {
      underWay.push(...take(underWay, which))
    },
    /** All that the saga had in memory is gone; its requests may still arrive, and nobody hears the answers. */
    crash() {
      state = rebuilt(recorded)
      asked = new Set()
      replies = []
      life = 0
      look()
    },
    overdue() {
      look({ now: BEGINS + saga.within })
    },
    cancel(which: number) {
      participants.answer({
        stream: 'order-ord_1',
        command: { type: 'CancelOrder', orderId: 'ord_1' },
        key: `${which}`,
      })
      if (which % 2 === 0) look()
    },
    ship(which: number) {
      participants.answer({ stream: 'order-ord_1', command: { type: 'ShipOrder', orderId: 'ord_1' }, key: `${which}` })
    },
    pay(which: number) {
      participants.answer({
        stream: 'order-ord_1',
        command: { type: 'RecordPayment', orderId: 'ord_1' },
        key: `${which}`,
      })
    },
    /** From now on everything arrives. */
    calmDown() {
      look()
      while (underWay.length + replies.length > 0) {
        world.reach(0)
        world.reply(0)
      }
    },
    recorded,
    saga: () => state as SagaState<PlacementFacts>,
    status: participants.status,
    held: participants.held,
  }
  return world
}

/** Customer, products and order as they are, each command answered once and afterwards as the first time. */
function participantsOf() {
  const deciders: Record<string, Decider<Aggregate>> = { customer, product, order }
  const streams = new Map<string, DomainEvent[]>()
  const outcomes = new Map<string, readonly { type: string; data?: object }[]>()
  const eventsOf = (stream: string) => streams.get(stream) ?? []
  const deciderOf = (stream: string) => deciders[stream.split('-')[0] as string] as Decider<Aggregate>
  const stateOf = (stream: string) => {
    const decider = deciderOf(stream)
    return eventsOf(stream).reduce(decider.evolve, decider.initialState())
  }
  const tell = (stream: string, ...events: DomainEvent[]) => {
    streams.set(stream, [...eventsOf(stream), ...events])
  }

  return {
    tell,
    answer({
      key,
      stream,
      command,
      step = '',
      answer = 'DONE',
      refusedBy,
    }: Partial<Due> & Pick<Due, 'key' | 'stream' | 'command'>): SagaReply {
      const first = outcomes.get(key)
      const decision = first ?? deciderOf(stream).decide(command, stateOf(stream))
      if (isRefusal(decision)) {
        expect(step === DELIVERY || step === '', `${stream} refused ${command.type}`).toBe(true)
        return { step, answer }
      }
      if (!first) {
        tell(stream, ...(decision as DomainEvent[]))
        if (step) outcomes.set(key, decision)
      }
      const refusal = decision.find(({ type }) => type === refusedBy) as { data: { reason: string } } | undefined
      return refusal ? { step, answer: 'REFUSED', reason: refusal.data.reason } : { step, answer }
    },
    life: () => eventsOf('order-ord_1').map(({ type }) => type),
    status: () => (stateOf('order-ord_1') as { status: string }).status,
    held() {
      const reserved = (stream: string) => (stateOf(stream) as { reserved?: number }).reserved ?? 0
      const products = [...streams.keys()].filter((stream) => stream.startsWith('product-'))
      return {
        credit: reserved('customer-cus_1'),
        stock: products.reduce((sum, stream) => sum + reserved(stream), 0),
      }
    },
  }
}
