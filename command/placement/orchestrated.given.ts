// A placement by orchestration for chance to play with: the rules of its saga and its participants, with what is on its way between them.

import { expect } from 'vitest'
import type { PlacementFacts } from '../../events/catalogue.ts'
import {
  DELIVERY,
  type Due,
  decide,
  due,
  evolve,
  type SagaEvent,
  type SagaState,
} from '../../kernel/deciding/saga/saga.ts'
import type { SagaReply } from '../../kernel/store/kernel-events.ts'
import type { Command } from '../commands.ts'
import { type ChanceWorld, take } from './chances.given.ts'
import { onTheWay } from './on-the-way.given.ts'
import { participantsOf, type World } from './participants.given.ts'
import { BEGINS, orderPlaced, rebuilt } from './placement.given.ts'
import { placement } from './placement.ts'

/** Small enough that the window matters. */
const saga = { ...placement, window: 2 }

export function orchestrated(shop: World, lines: Parameters<typeof orderPlaced>): ChanceWorld {
  const start = orderPlaced(...lines)
  const participants = participantsOf(shop, start)
  const recorded: SagaEvent<PlacementFacts>[] = []
  let state: SagaState<PlacementFacts> | undefined
  const underWay = onTheWay(({ key }: Due) => key)
  let replies: SagaReply[] = []
  let life = 0

  /** The saga looks at its inbox, and asks what is due. */
  function look(inbox: { replies?: SagaReply[]; now?: number } = {}): void {
    const news = participants.log.slice(life)
    life += news.length
    const noticed = news.map(({ type }) => type).filter((type) => saga.noticing.includes(type))
    const after = decide(saga, state, { start, replies: [], now: BEGINS, ...inbox, noticed })
    for (const event of after.events) {
      recorded.push(event)
      state = evolve(saga, state, event)
    }
    if (state) underWay.send(due(saga, state))
  }
  look()

  const world: ChanceWorld = {
    /** One of the requests reaches its participant, in any order. */
    reach(which) {
      for (const request of underWay.take(which)) replies.push(answered(request))
    },
    /** One of the replies reaches the saga. */
    reply(which) {
      look({ replies: take(replies, which) })
    },
    /** A request is lost; its sender tries again. */
    lose(which) {
      for (const request of underWay.take(which)) underWay.again(request)
    },
    /** All that the saga had in memory is gone; its requests may still arrive, and nobody hears the answers. */
    crash() {
      state = rebuilt(recorded)
      underWay.crash()
      replies = []
      life = 0
      look()
    },
    overdue() {
      look({ now: BEGINS + saga.within })
    },
    change(command, which) {
      participants.answer('order-ord_1', command, `${which}`)
      if (which % 2 === 0) look()
    },
    /** From now on everything arrives. */
    calmDown() {
      look()
      while (underWay.count() + replies.length > 0) {
        world.reach(0)
        world.reply(0)
      }
    },
    check() {
      const { status } = participants
      expect(state?.ended).toBe(status() !== 'APPROVED' && status() !== 'SHIPPED')
      if (state?.ended) expect(due(saga, state)).toEqual([])
      expect(rebuilt(recorded)).toMatchObject(state as object)
    },
    participants,
  }
  return world

  function answered({ key, stream, command, step, answer, refusedBy }: Due): SagaReply {
    const events = participants.answer(stream, command as Command, key)
    expect(events !== undefined || step === DELIVERY, `${stream} refused ${command.type}`).toBe(true)
    const refusal = events?.find(({ type }) => type === refusedBy) as { data: { reason: string } } | undefined
    return refusal ? { step, answer: 'REFUSED', reason: refusal.data.reason } : { step, answer }
  }
}
