// Waits until orders are decided, whatever else is going on at the desk.
import { setTimeout as pause } from 'node:timers/promises'
import { inParallel } from '../../events/in-parallel.ts'
import { type DeskClient, DeskProblem } from '../client/desk-client.ts'
import { ORDER_STATES, ORDERS_AT_ONCE, type OrderState, orderStatesVariables } from './operations.ts'

const QUERIES_AT_ONCE = 4
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 250

/**
 * Waits until every one of these orders is decided, and gives back what they became. The orders that have waited longest
 * are looked at first, and go to the end of the queue while they are PENDING or not visible yet: so the desk has a few
 * small queries to answer at a time, however many orders are waiting.
 * @param patience how many milliseconds may pass without a single decision
 * @throws DeskProblem when they have passed
 */
export async function decisionsOf(
  client: DeskClient,
  orderIds: readonly string[],
  patience: number,
  onDecided: () => void,
): Promise<OrderState[]> {
  const decided: OrderState[] = []
  let waiting = [...orderIds]
  let lastDecision = performance.now()
  let nextPause = FIRST_PAUSE
  while (waiting.length > 0) {
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
    waiting = [...waiting.slice(looked.length), ...stillWaiting]

    if (decided.length > before) {
      lastDecision = performance.now()
      nextPause = FIRST_PAUSE
    } else {
      if (performance.now() - lastDecision > patience) throw new DeskProblem(noDecision(waiting, patience))
      await pause(nextPause)
      nextPause = Math.min(2 * nextPause, LONGEST_PAUSE)
    }
  }
  return decided
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
  return `${waiting.length} orders are not decided, and the desk has decided none for ${patience / 1000} s: ${some}${waiting.length > 5 ? ', …' : ''}`
}
