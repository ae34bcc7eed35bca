// What mutation resolvers find in the context of a request.
import type { Coordination } from '../events/catalogue.ts'
import type { CommandBus } from '../kernel/deciding/bus/command-bus.ts'

export interface CommandContext {
  bus: CommandBus
  /** How orders that are placed here are coordinated (default: orchestration). */
  coordination?: Coordination | undefined
}
