// The plan of a run: a list of steps, each of which can be left out without changing the others.

import type { mutations } from '../../command/mutations/index.ts'
import type { Coordination } from '../../events/catalogue.ts'
import type { ViewName } from '../../query/views/index.ts'
import type { NodeName } from '../desk.ts'
import type { Poisoned } from '../poison.ts'
import type { Trouble } from '../weather.ts'

export interface Plan {
  seed: number
  /** The deadline of a placement, in milliseconds, and how many of its commands may be under way. */
  within: number
  window: number
  /** When the troubles end, in milliseconds. */
  lasts: number
  /** Nobody is in anybody's way: the outcome of an order follows from the steps alone, regardless of who comes first, in either style. */
  isUncontended: boolean
  steps: readonly Step[]
}

/** `at` is in milliseconds since the beginning. */
export type Step = { at: number } & (
  | Asked
  | Subscribed
  /** The connection of a subscriber breaks. */
  | { do: 'drop'; name: string }
  | { do: 'trouble'; trouble: Trouble; lasts: number; odds: number }
  | { do: 'poison'; orderId: string; command: Poisoned; lasts: number }
  /** An operator looks at what is parked, and has all of it tried again, or gives it up. */
  | { do: 'operate'; mutation: 'retryParked' | 'discardParked' }
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
  /** How the desk that is asked has its orders coordinated. */
  coordination: Coordination
  tries: number
  looks: boolean
}

export type Input = { commandId: string } & Record<string, unknown>

/** As many tries as it takes. */
export const EVER = 1_000_000

/** A mutation that is sent until there is an answer. The usual `commandId` says what is done to what. */
export function asked(mutation: Asked['mutation'], input: Record<string, unknown>): Asked {
  const { orderId, customerId, productId } = input
  const commandId = `${mutation} ${orderId ?? customerId ?? productId}`
  return {
    do: 'ask',
    mutation,
    input: { commandId, ...input },
    coordination: 'orchestration',
    tries: EVER,
    looks: false,
  }
}

export interface Subscribed {
  do: 'subscribe'
  name: string
  to: Topic
  /** The longest time that it takes over a message, in milliseconds. */
  dwells: number
}

export type Topic =
  | { feed: 'events' | 'orders'; customerId?: string; fromStart: boolean }
  | { view: Exclude<ViewName, 'parked'>; id: string }
  | { ordersOf: string }
