// The command bus to handlers in other processes: each command goes to whoever holds the partition of its stream.
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../events/message-of.ts'
import { type Messaging, NoAnswer, NobodyServes } from '../../events/messaging/messaging.ts'
import type { StreamName } from '../../events/store/event-store.ts'
import { within } from '../../events/within.ts'
import { type CommandBus, NotDecided } from './command-bus.ts'
import { partitionOf, subjectOf } from './partitions.ts'
import { asReply, type Reply, type Request } from './remote-messages.ts'

export interface RemoteBusOptions {
  messaging: Messaging
  /** Desks with different namespaces share a server and see nothing of each other. */
  namespace: string
  /** How long an answer is waited for in all (default 10,000), and somebody who serves the partition (default 3,000), in ms. */
  answerWithinMs?: number
  servedWithinMs?: number
  /** When an answer is overdue (default 6,000), in ms: by then the partitions of a handler that stalls have been taken over. */
  askAgainAfterMs?: number
}

/** More than so many at once are turned away, as by a handler in the same process. */
const MAX_UNDER_WAY = 10_000

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

const OVERDUE = Symbol('overdue')

/**
 * A bus that asks once more where an answer is overdue, and takes the answer that comes first. A command is decided once all the same;
 * but one that a handler had recorded when it stalled comes back from its successor as a duplicate, although the caller sent it once.
 */
export function openRemoteBus({
  messaging,
  namespace,
  answerWithinMs = 10_000,
  servedWithinMs = 3_000,
  askAgainAfterMs = 6_000,
}: RemoteBusOptions): CommandBus {
  let underWay = 0

  async function ask(stream: StreamName, request: Request): Promise<Reply> {
    if (underWay >= MAX_UNDER_WAY) throw new NotDecided('Too many commands wait for the command handlers.')
    underWay++
    try {
      return understood(stream, await answer(stream, request))
    } finally {
      underWay--
    }
  }

  async function answer(stream: StreamName, request: Request): Promise<unknown> {
    const subject = subjectOf(namespace, partitionOf(stream))
    const end = performance.now() + answerWithinMs
    const first = served(subject, request, end)
    try {
      const answered = await within(askAgainAfterMs, first, () => OVERDUE)
      if (answered !== OVERDUE) return answered
      return await Promise.any([first, served(subject, request, end)]).catch(() => first)
    } catch (error) {
      throw notDecided(stream, error)
    }
  }

  /** Partitions move between handlers: for a moment nobody serves one. Nothing was received then, so the request is made again. */
  async function served(subject: string, request: Request, end: number): Promise<unknown> {
    const servedBy = Math.min(performance.now() + servedWithinMs, end)
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        return await messaging.request(subject, request, end - performance.now())
      } catch (error) {
        if (!(error instanceof NobodyServes) || performance.now() + wait > servedBy) throw error
      }
      await pause(wait)
    }
  }

  return {
    async send(message) {
      const reply = await ask(message.stream, { ask: 'decide', message })
      if ('outcome' in reply) return reply.outcome
      throw misunderstood(message.stream)
    },

    async priceOf(productId) {
      const stream: StreamName = `product-${productId}`
      const reply = await ask(stream, { ask: 'price', productId })
      if ('price' in reply) return reply.price ?? undefined
      throw misunderstood(stream)
    },
  }
}

/** The answer to what was asked. @throws NotDecided, or Error where a bug is in the way, as a handler in the same process does */
function understood(stream: StreamName, answer: unknown): Reply {
  const reply = asReply(answer)
  if (!reply) throw misunderstood(stream)
  if ('notDecided' in reply) throw new NotDecided(reply.notDecided)
  if ('failed' in reply) throw new Error(reply.failed)
  return reply
}

function misunderstood(stream: StreamName): NotDecided {
  return new NotDecided(`${stream}: the answer of the command handler is not understood; it is of another version.`)
}

function notDecided(stream: StreamName, cause: unknown): NotDecided {
  if (cause instanceof NobodyServes) {
    return new NotDecided(`${stream}: no command handler serves its partition at the moment.`, { cause })
  }
  const reason = messageOf(cause)
  const what = cause instanceof NoAnswer ? 'the command handler did not answer' : 'the command could not be sent'
  return new NotDecided(`${stream}: ${what}. ${reason}`, { cause })
}
