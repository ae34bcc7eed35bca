// The other end of the remote bus: gives the commands of the partitions that this process holds to its command handler.
import { messageOf } from '../../events/message-of.ts'
import type { Messaging, Subscription } from '../../events/messaging/messaging.ts'
import { type CommandBus, type CommandMessage, NotDecided, type Outcome } from './command-bus.ts'
import { subjectOf } from './partitions.ts'
import { asRequest, type Reply } from './remote-messages.ts'

export interface ServeCommandsOptions {
  messaging: Messaging
  namespace: string
  handler: CommandBus
  /** Whether a partition is this process's own at this moment: asked when a request comes. */
  holds(partition: number): boolean
}

export interface CommandServer {
  /** Begins to serve a partition. */
  take(partition: number): void
  /** Serves a partition no more; resolves when everything that was taken is answered. */
  give(partition: number): Promise<void>
  /** Gives all partitions. */
  stop(): Promise<void>
}

/**
 * Serves no partition yet. There is no queue group, on purpose: the subscription of a process that stalls stays at the server, and as
 * one of a group it would swallow its share of the requests. So each request reaches everybody who has subscribed, and
 * whoever does not hold the partition when it comes leaves it to whoever does.
 *
 * Who loses the partition later answers all the same. What the handler says is true whoever holds it: the store has taken the append at
 * its expected revision, or has shown that nobody has gone on. Were it kept back, the caller would ask the next holder in the end,
 * and hear of a duplicate.
 * @param options.handler one that does not take itself to be alone on the log
 */
export function serveCommands({ messaging, namespace, handler, holds }: ServeCommandsOptions): CommandServer {
  const served = new Map<number, Subscription>()

  async function answer(partition: number, message: unknown): Promise<Reply | undefined> {
    if (!holds(partition)) return undefined
    const request = asRequest(message)
    if (!request)
      return { notDecided: 'The command handler does not understand the command; it is of another version.' }
    try {
      if (request.ask === 'decide') return { outcome: await decided(request.message) }
      return { price: (await handler.priceOf(request.productId)) ?? null }
    } catch (error) {
      const reason = messageOf(error)
      return error instanceof NotDecided ? { notDecided: reason } : { failed: reason }
    }
  }

  async function decided(message: CommandMessage): Promise<Outcome> {
    const outcome = await handler.send(message)
    return message.receiptOnly && outcome.accepted ? { ...outcome, events: [] } : outcome
  }

  async function give(partition: number): Promise<void> {
    const subscription = served.get(partition)
    served.delete(partition)
    await subscription?.stop()
  }

  return {
    take(partition) {
      if (served.has(partition)) return
      const subject = subjectOf(namespace, partition)
      served.set(
        partition,
        messaging.serve(subject, (message) => answer(partition, message)),
      )
    },
    give,
    async stop() {
      await Promise.all([...served.keys()].map(give))
    },
  }
}
