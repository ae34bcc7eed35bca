// The other end of the remote bus: gives the commands of the partitions that this process holds to its command handler.
import { messageOf } from '../../failures/message-of.ts'
import type { Messaging, Subscription } from '../../messaging/messaging.ts'
import {
  CannotFold,
  type CommandBus,
  type CommandMessage,
  type Deadline,
  NotDecided,
  type Outcome,
} from './command-bus.ts'
import { subjectOf } from './partitions.ts'
import { type Answers, asRequest, type Expiry, isCommand, type Reply } from './remote-messages.ts'
import { openTransit } from './transit.ts'

/** Fewer than the messaging serves at once: what it turns away gets no answer, and its caller would wait for one in vain. */
const MAX_IN_SERVICE = 5_000

const UNREADABLE: Reply = {
  notDecided: 'The command handler runs another version and cannot read the command.',
}

export interface ServeCommandsOptions {
  messaging: Messaging
  namespace: string
  handler: CommandBus
  /** Answers the questions of the domain (default: there are none). */
  answers?: Answers
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
 *
 * A request whose caller waits no longer is not executed, wherever it has waited: on the way, or in a mailbox.
 * @param options.handler one that does not take itself to be alone on the log
 */
export function serveCommands({
  messaging,
  namespace,
  handler,
  answers = {},
  holds,
}: ServeCommandsOptions): CommandServer {
  const served = new Map<number, Subscription>()
  const delayOf = openTransit()
  let inService = 0

  async function answer(partition: number, message: unknown): Promise<Reply | undefined> {
    if (!holds(partition)) return undefined
    const request = asRequest(message)
    if (!request) return UNREADABLE
    const deadline = request.expiry && deadlineOf(request.expiry)
    inService++
    try {
      if (inService > MAX_IN_SERVICE) throw new NotDecided('The command handler has too many requests in flight.')
      if (deadline !== undefined && deadline <= performance.now()) {
        throw new NotDecided('The request expired on its way.')
      }
      if (isCommand(request)) return { outcome: await decided(request.message, deadline) }
      const answering = Object.hasOwn(answers, request.ask) ? answers[request.ask]?.(request, deadline) : undefined
      return (await answering) ?? UNREADABLE
    } catch (error) {
      const reason = messageOf(error)
      if (error instanceof CannotFold) return { cannotFold: reason }
      return error instanceof NotDecided ? { notDecided: reason } : { failed: reason }
    } finally {
      inService--
    }
  }

  function deadlineOf({ sender, sentAt, withinMs }: Expiry): Deadline {
    return performance.now() + withinMs - delayOf(sender, sentAt)
  }

  async function decided(message: CommandMessage, deadline: Deadline | undefined): Promise<Outcome> {
    const outcome = await handler.send(message, deadline)
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
