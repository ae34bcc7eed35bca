// What mutation resolvers find in the context of a request.
import type { CommandBus } from './bus/command-bus.ts'

export interface CommandContext {
  bus: CommandBus
}
