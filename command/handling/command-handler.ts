// Decides commands for any stream: one mailbox for each stream that has work, and a bounded memory of the others.
import { LRUCache } from 'lru-cache'
import type { EventStore, StreamName } from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { customer } from '../customer/customer.ts'
import type { Aggregate, Decider } from '../decider.ts'
import { order } from '../order/order.ts'
import { type Product, product } from '../product/product.ts'
import type { Loaded } from './loaded.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'

const deciders: Record<string, Decider<Aggregate>> = { customer, order, product }

/** About 300 bytes each. */
const REMEMBERED_COMMANDS = 1_000_000

/**
 * A handler of commands on an event store. Each stream should have its commands handled by one handler at a time: two do no
 * harm, since the expected revision decides, but they cost each other reloads.
 * @param options.rememberedCommands how many commands the streams that are kept in memory may have recorded in all
 * @param options.alone whether no other process appends to the log; otherwise an answer that leaves no event, such as a refusal, is
 *   confirmed by a read before it is given
 */
export function openCommandHandler(
  store: EventStore,
  { rememberedCommands = REMEMBERED_COMMANDS, alone = true }: { rememberedCommands?: number; alone?: boolean } = {},
): CommandBus {
  const open = new Map<StreamName, Mailbox>()
  const idle = new LRUCache<StreamName, Loaded>({
    maxSize: rememberedCommands,
    // One stream that has more by itself is kept alone: a cache that refused it would have it read anew for each batch.
    sizeCalculation: (loaded) => Math.min(1 + loaded.commands.size, rememberedCommands),
  })

  function mailboxOf(stream: StreamName): Mailbox {
    const existing = open.get(stream)
    if (existing) return existing
    const decider = deciders[stream.slice(0, stream.indexOf('-'))]
    if (!decider) throw new Error(`No decider decides for ${stream}`)
    const mailbox = openMailbox({
      store,
      stream,
      decider,
      alone,
      cached: idle.get(stream),
      idle(loaded) {
        open.delete(stream)
        if (loaded) idle.set(stream, loaded)
      },
    })
    // The cache weighs a stream when it is put in: one that has grown must not be there already.
    idle.delete(stream)
    open.set(stream, mailbox)
    return mailbox
  }

  return {
    send: (message) => mailboxOf(message.stream).decide(message),
    priceOf: (productId) =>
      mailboxOf(`product-${productId}`).ask((state) => {
        const product = state as Product
        return product.status === 'ADDED' ? product.price : undefined
      }),
  }
}
