// The random events during a placement.
import type { OrderCommand } from '../order/order.ts'
import type { participantsOf } from './participants.given.ts'

/** A placement, its participants, and what is on its way between them. `which` chooses among several. */
export interface ChanceWorld {
  /** One of the commands reaches its participant, in any order. */
  reach(which: number): void
  /** One of the answers, or the next event, reaches its receiver. */
  reply(which: number): void
  /** A command is lost; its sender tries again. */
  lose(which: number): void
  /** All that was in memory is gone. Commands that are under way may still arrive. */
  crash(): void
  /** The deadline has passed. */
  overdue(): void
  /** Somebody has another wish. */
  change(command: OrderCommand, which: number): void
  /** From now on everything arrives. */
  calmDown(): void
  /** The promises of this way to coordinate only. */
  check(): void
  participants: ReturnType<typeof participantsOf>
}

/** Takes one of the items out, if there is any. */
export function take<Item>(items: Item[], which: number): Item[] {
  return items.length > 0 ? items.splice(which % items.length, 1) : []
}
