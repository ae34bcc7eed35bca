// The receiving end of the remote bus: passes the commands of the partitions that this process holds to its command
// handler.
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

/**
 * Fewer than the messaging serves at once: a request that the messaging drops gets no answer, and its caller would wait
 * for one in vain.
 */
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
  /** Whether this process holds a partition at this moment. Called when a request arrives. */
  holds(partition: number): boolean
}

export interface CommandServer {
  /** Begins to serve a partition. */
  take(partition: number): void
  /** Stops serving a partition; resolves when all received requests are answered. */
  give(partition: number): Promise<void>
  /** Stops serving all partitions. */
  stop(): Promise<void>
}

/**
 * Serves no partition yet. It uses no queue group, on purpose: the subscription of a stalled process stays at the
 * server, and as one of a group it would swallow its part of the requests. So each request reaches all subscribers, and
 * a process that does not hold the partition on arrival ignores it.
 *
 * A process that loses the partition later answers all the same. Its answer is true for every holder: the store has
 * accepted the append at its expected revision, or has shown that no other writer has appended. Without the answer, the
 * caller would send the command to the next holder in the end, and receive a duplicate.
 *
 * A request is not executed after its caller has stopped waiting, whether it waited on the way or in a mailbox.
 * @param options.handler one that does not assume that it is the only writer of the log
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
