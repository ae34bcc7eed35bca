// Placing an order with real participants, while messages are delayed and lost, the process crashes and people change their minds.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rounds } from '../../kernel/rounds.given.ts'
import type { OrderCommand } from '../order/order.ts'
import type { ChanceWorld } from './chances.given.ts'
import { choreographed } from './choreographed.given.ts'
import { orchestrated } from './orchestrated.given.ts'
import type { World } from './participants.given.ts'
import { line } from './placement.given.ts'

const lines = ['prd_1', 'prd_2', 'prd_3'].map((productId) => line(productId, 2))

const anyShop: fc.Arbitrary<World> = fc.record({
  creditLimit: fc.option(fc.constantFrom(4999, 5000, 5000, 5000), { nil: undefined, freq: 8 }),
  stocks: fc.array(fc.option(fc.constantFrom(1, 2, 2, 2, 2, 2, 2), { nil: undefined, freq: 15 }), {
    minLength: 3,
    maxLength: 3,
  }),
})

type Chance = { what: 'reach' | 'reply' | 'lose' | 'crash' | 'overdue' | keyof typeof changes; which: number }

const changes = {
  cancel: { type: 'CancelOrder', orderId: 'ord_1' },
  ship: { type: 'ShipOrder', orderId: 'ord_1' },
  pay: { type: 'RecordPayment', orderId: 'ord_1' },
} satisfies Record<string, OrderCommand>

const anyChances: fc.Arbitrary<Chance[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom('reach' as const, 'reply' as const) },
      { weight: 10, arbitrary: fc.constantFrom('ship' as const, 'pay' as const) },
      { weight: 4, arbitrary: fc.constantFrom('lose' as const, 'crash' as const) },
      { weight: 1, arbitrary: fc.constantFrom('overdue' as const, 'cancel' as const) },
    ),
    which: fc.nat(20),
  }),
  { maxLength: 80, size: 'max' },
)

function happen(world: ChanceWorld, { what, which }: Chance): void {
  if (what === 'cancel' || what === 'ship' || what === 'pay') world.change(changes[what], which)
  else world[what](which)
}

describe.each([
  ['orchestration', orchestrated],
  ['choreography', choreographed],
] as const)('by %s,', (_, worldOf) => {
  test('an order is always decided, and in the end holds exactly its content', () => {
    const endings = new Set<string>()
    fc.assert(
      fc.property(anyShop, anyChances, (shop, chances) => {
        const world = worldOf(shop, lines)
        for (const chance of chances) happen(world, chance)
        world.calmDown()
        const { participants } = world
        endings.add(participants.status())

        expect(participants.held()).toEqual(shouldHold[participants.status()])
        world.check()
      }),
      { numRuns: rounds(600) },
    )
    // The rarest of them ends about 20 runs in 1,000: that one is missing by chance does not happen.
    expect([...endings].sort()).toEqual(['APPROVED', 'CANCELLED', 'PAID', 'REJECTED', 'SHIPPED'])
  })
})

test('without disturbance both find the same outcome, for the same reason', () => {
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(anyShop, (shop) => {
      const [one, other] = [orchestrated, choreographed].map((worldOf) => {
        const world = worldOf(shop, lines)
        world.calmDown()
        const decision = world.participants.log.findLast(({ stream, type }) => {
          return stream === 'order-ord_1' && (type === 'OrderApproved' || type === 'OrderRejected')
        })
        return decision?.type === 'OrderRejected' ? decision.data.reason : decision?.type
      })
      outcomes.add(`${one}`)
      expect(one).toBe(other)
    }),
    { numRuns: rounds(300) },
  )
  expect(outcomes.size).toBe(5)
})

const shouldHold: Record<string, { credit: number; stock: number }> = {
  APPROVED: { credit: 5000, stock: 6 },
  SHIPPED: { credit: 5000, stock: 0 },
  PAID: { credit: 0, stock: 0 },
  REJECTED: { credit: 0, stock: 0 },
  CANCELLED: { credit: 0, stock: 0 },
}
