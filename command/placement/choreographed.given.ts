// A placement by choreography for chance to play with: its policies and its participants, with what is on its way between them.

import { expect } from 'vitest'
import type { PlacementFacts } from '../../events/catalogue.ts'
import { type Asked, asks, isPointless, type Known, learn, overdue } from '../../kernel/deciding/choreography/known.ts'
import type { Command } from '../commands.ts'
import type { ChanceWorld } from './chances.given.ts'
import { onTheWay } from './on-the-way.given.ts'
import { participantsOf, type World } from './participants.given.ts'
import { BEGINS, orderPlaced } from './placement.given.ts'
import { policies } from './policies.ts'

export function choreographed(shop: World, lines: Parameters<typeof orderPlaced>): ChanceWorld {
  const placed = orderPlaced(...lines)
  if (placed.type !== 'OrderPlaced') throw new Error('An order begins with OrderPlaced')
  const start = { ...placed, data: { ...placed.data, coordination: 'choreography' } } as const
  const participants = participantsOf(shop, start)

  let known: Known<PlacementFacts> | undefined
  let read = 0
  const underWay = onTheWay(({ stream, commandId }: Asked<PlacementFacts>) => `${stream} ${commandId}`)

  /** The policies read the next event of the log. */
  function readNext(): boolean {
    const event = participants.log[read]
    if (!event) return false
    read++
    if (policies.idOf(event) !== 'ord_1') return true
    known = learn(policies, known, event)
    underWay.send(asks(policies, known, event, BEGINS))
    return true
  }

  const world: ChanceWorld = {
    reach(which) {
      for (const { stream, command, commandId } of underWay.take(which)) {
        expect(
          participants.answer(stream, command as Command, commandId),
          `${stream} refused ${command.type}`,
        ).toBeDefined()
      }
    },
    reply: () => void readNext(),
    lose(which) {
      for (const ask of underWay.take(which)) {
        if (!known || !isPointless(known, ask.policy, ask.event)) underWay.again(ask)
      }
    },
    crash() {
      known = undefined
      read = 0
      underWay.crash()
    },
    overdue() {
      if (known) underWay.send(overdue(policies, known, BEGINS + policies.within))
    },
    change(command, which) {
      participants.answer('order-ord_1', command, `${which}`)
    },
    calmDown() {
      while (readNext() || underWay.count() > 0) world.reach(0)
    },
    check() {
      const noted = participants.log.filter(({ type }) => type === 'ReservationNoted')
      const steps = noted.map(({ data }) => 'step' in data && data.step)
      expect(steps).toEqual([...new Set(steps)])
    },
    participants,
  }
  return world
}
