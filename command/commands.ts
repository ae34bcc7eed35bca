// The commands of the shop, and their handlers: in this process, or in others.
import type * as bus from '../kernel/deciding/bus/command-bus.ts'
import { openRemoteBus as openKernelRemoteBus, type RemoteBusOptions } from '../kernel/deciding/bus/remote-bus.ts'
import {
  type CommandServer,
  type ServeCommandsOptions,
  serveCommands as serveKernelCommands,
} from '../kernel/deciding/bus/serve-commands.ts'
import {
  type CommandHandlerOptions,
  openCommandHandler as openKernelHandler,
} from '../kernel/deciding/handling/command-handler.ts'
import type { ParkingCommand } from '../kernel/deciding/processes/parking.ts'
import type { EventStore } from '../kernel/store/event-store.ts'
import { type CustomerCommand, customer } from './customer/customer.ts'
import { customerMemory } from './customer/memory.ts'
import { type OrderCommand, order } from './order/order.ts'
import { parking } from './parking.ts'
import { type ListPrices, listPrices, priceAnswers, remoteListPrices } from './product/list-prices.ts'
import { productMemory } from './product/memory.ts'
import { type ProductCommand, product } from './product/product.ts'

export type Command = CustomerCommand | ProductCommand | OrderCommand | ParkingCommand

export type CommandBus = bus.CommandBus<Command>
export type CommandMessage = bus.CommandMessage<Command>

/** Both ports of the path of a mutation: commands, and list prices. */
export type ShopBus = CommandBus & ListPrices

/** The deciders of the shop. Customers and products have streams that grow long. */
const aggregates = {
  customer: { decider: customer, memory: customerMemory },
  product: { decider: product, memory: productMemory },
  order: { decider: order },
  parked: { decider: parking },
}

/** The command handler of the shop. See the function of the kernel. */
export function openCommandHandler(store: EventStore, options: CommandHandlerOptions = {}): ShopBus {
  const handler = openKernelHandler(store, aggregates, options)
  return { ...handler, ...listPrices(handler) }
}

/** The command handlers of the shop in other processes. See the function of the kernel. */
export function openRemoteBus(options: RemoteBusOptions): ShopBus {
  const remote = openKernelRemoteBus(options)
  return { ...remote, ...remoteListPrices(remote) }
}

/** Serves commands and list prices to other processes. See the function of the kernel. */
export function serveCommands(options: Omit<ServeCommandsOptions, 'answers'> & { handler: ShopBus }): CommandServer {
  return serveKernelCommands({ ...options, answers: priceAnswers(options.handler) })
}
