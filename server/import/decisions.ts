// Finds the outcome of orders, while others are sent and the desk does other work.

import { setTimeout as pause } from 'node:timers/promises'
import { counted } from '../../kernel/counted.ts'
import { backOff } from '../../kernel/failures/back-off.ts'
import { inParallel } from '../../kernel/in-parallel.ts'
import { type DeskClient, DeskProblem } from '../client/desk-client.ts'
import { ORDER_STATES, ORDERS_AT_ONCE, type OrderState, orderStatesVariables } from './operations.ts'

const QUERIES_AT_ONCE = 4
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 250

/** The least pause between glances while orders are sent, in milliseconds: each look sends queries. */
const GLANCE_EVERY = 100

/** The decisions on orders that are sent meanwhile. All functions but `expect` throw DeskProblem when the patience has passed. */
export interface Decisions {
  /** The order is on the desk. */
  expect(orderId: string): void
  /** Looks once, unless a look is under way or has just ended. */
  glance(): Promise<void>
  /** Waits until at most this many orders are not decided. */
  atMost(undecided: number): Promise<void>
  /** The states of all orders, once all of them are decided. */
  all(): Promise<OrderState[]>
}

/**
 * Watches orders until they are decided. Those that have waited longest are looked at first, and go to the end of the queue while they are
 * PENDING or not visible yet: so the desk has a few small queries to answer at a time, however many orders are waiting.
 * @param patience how many milliseconds may pass without a single decision
 */
export function openDecisions(client: DeskClient, patience: number, onDecided: () => void): Decisions {
  const decided: OrderState[] = []
  let waiting: string[] = []
  let lastDecision = 0
  let lastLook = Number.NEGATIVE_INFINITY
  const pauses = backOff({ firstPauseMs: FIRST_PAUSE, longestPauseMs: LONGEST_PAUSE })
  let looking: Promise<void> | undefined

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      lastLook = performance.now()
      looking = undefined
    })
    return looking
  }

  async function lookOnce(): Promise<void> {
    const before = decided.length
    const looked = waiting.slice(0, QUERIES_AT_ONCE * ORDERS_AT_ONCE)
    const stillWaiting: string[] = []
    await inParallel(chunksOf(looked), QUERIES_AT_ONCE, async (ids) => {
      const states = await statesOf(client, ids)
      for (const [place, id] of ids.entries()) {
        const state = states[place]
        if (!state || state.status === 'PENDING') {
          stillWaiting.push(id)
          continue
        }
        decided.push(state)
        onDecided()
      }
    })
    // Others may have come to the end of the queue meanwhile.
    waiting = [...waiting.slice(looked.length), ...stillWaiting]
    if (decided.length > before) {
      lastDecision = performance.now()
      pauses.reset()
    } else {
      if (performance.now() - lastDecision > patience) throw new DeskProblem(noDecision(waiting, patience))
      await pause(pauses.next())
    }
  }

  async function atMost(undecided: number): Promise<void> {
    while (waiting.length > undecided) await look()
  }

  return {
    expect(orderId) {
      if (waiting.length === 0) lastDecision = performance.now()
      waiting.push(orderId)
    },
    async glance() {
      if (!looking && performance.now() - lastLook >= GLANCE_EVERY) await look()
    },
    atMost,
    async all() {
      await atMost(0)
      return decided
    },
  }
}

async function statesOf(client: DeskClient, ids: readonly string[]): Promise<(OrderState | null | undefined)[]> {
  const answer = await client.send<Record<string, OrderState | null>>(ORDER_STATES, orderStatesVariables(ids))
  return ids.map((_, place) => answer[`o${place}`])
}

function chunksOf(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / ORDERS_AT_ONCE)
  return Array.from({ length: count }, (_, at) => ids.slice(at * ORDERS_AT_ONCE, (at + 1) * ORDERS_AT_ONCE))
}

function noDecision(waiting: readonly string[], patience: number): string {
  const some = waiting.slice(0, 5).join(', ')
  return `${counted(waiting.length, 'order')} ${waiting.length === 1 ? 'is' : 'are'} not decided, and the desk has decided none for ${patience / 1000} s: ${some}${waiting.length > 5 ? ', …' : ''}`
}
