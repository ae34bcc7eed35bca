// The context of a request that mutation resolvers use.

import type { Coordination } from '../events/catalogue.ts'
import type { CommandBus } from './commands.ts'
import type { ListPrices } from './product/list-prices.ts'

export interface CommandContext {
  bus: CommandBus
  prices: ListPrices
  /** How orders that are placed here are coordinated (default: orchestration). */
  coordination?: Coordination | undefined
}
