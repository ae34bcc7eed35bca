// The command bus to handlers in other processes: each command goes to the holder of its stream's partition.
import { randomUUID } from 'node:crypto'
import { messageOf } from '../../failures/message-of.ts'
import { retry, retryBudget } from '../../failures/retry.ts'
import { withTimeout } from '../../failures/with-timeout.ts'
import { type Messaging, NoAnswer, NobodyServes } from '../../messaging/messaging.ts'
import type { StreamName } from '../../store/event-store.ts'
import { type AdaptiveLimit, adaptiveLimit } from './adaptive-limit.ts'
import { CannotFold, type CommandBus, type Deadline, NotDecided } from './command-bus.ts'
import { PARTITIONS, partitionOf, subjectOf } from './partitions.ts'
import {
  type Answer,
  asReply,
  type DomainQuestion,
  type Question,
  type Reply,
  type Request,
} from './remote-messages.ts'

export interface RemoteBusOptions {
  messaging: Messaging
  /** Desks with different namespaces share a server and see nothing of each other. */
  namespace: string
  /** How long a request waits for its turn to be sent (default 3,000; `Infinity` for a caller that has time), in ms. */
  turnWithinMs?: number
  /**
   * After that: how long the bus waits for an answer in all (default 10,000), and for a holder of the partition
   * (default 3,000), in ms.
   */
  answerWithinMs?: number
  servedWithinMs?: number
  /**
   * When an answer is overdue (default 6,000), in ms: by then the partitions of a handler that stalls have been taken
   * over.
   */
  askAgainAfterMs?: number
}

/**
 * The largest number of requests in flight or waiting for their turn. Further ones are refused, as by a handler in the
 * same process.
 */
const MAX_UNDER_WAY = 10_000

/** A handler that needs longer for an answer is overloaded: the bus lowers the number of requests in flight to it. */
const SLOW_AFTER_MS = 1_000

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

const OVERDUE = Symbol('overdue')

/** Sends commands, and the questions of a domain, to the handlers in other processes. */
export interface RemoteBus extends CommandBus {
  /**
   * Asks the handler of a stream about its state.
   * @param read converts the answer to the domain's type; `undefined` for an unreadable answer
   * @throws NotDecided, CannotFold
   */
  ask<Result>(
    stream: StreamName,
    question: DomainQuestion,
    read: (answer: Answer) => Result | undefined,
    deadline?: Deadline,
  ): Promise<Result>
}

/**
 * A bus that has no more requests in flight than the handlers answer in time. It counts each partition separately: its
 * handler may be slow, or unreachable, while the others are well.
 *
 * It repeats an overdue request once, within a budget, and takes the first answer. The command is still decided only
 * once. But if a handler recorded the command before it stalled, its successor answers with a duplicate, although the
 * caller sent the command once.
 */
export function openRemoteBus({
  messaging,
  namespace,
  turnWithinMs = 3_000,
  answerWithinMs = 10_000,
  servedWithinMs = 3_000,
  askAgainAfterMs = 6_000,
}: RemoteBusOptions): RemoteBus {
  const sender = randomUUID()
  const limits = Array.from({ length: PARTITIONS }, () => adaptiveLimit())
  const secondAsks = retryBudget()
  let underWay = 0

  async function ask(stream: StreamName, question: Question, deadline: Deadline | undefined): Promise<Reply> {
    if (underWay >= MAX_UNDER_WAY) throw new NotDecided('Too many commands wait for the command handlers.')
    underWay++
    try {
      return await inTurn(stream, question, deadline)
    } finally {
      underWay--
    }
  }

  async function inTurn(stream: StreamName, question: Question, deadline = Number.POSITIVE_INFINITY): Promise<Reply> {
    const partition = partitionOf(stream)
    const leave = await (limits[partition] as AdaptiveLimit).enter(Math.min(turnWithinMs, deadline - performance.now()))
    if (!leave) throw new NotDecided(`${stream}: the command handler is busy, and the command was not sent.`)
    const begun = performance.now()
    let isAnswered = false
    try {
      const end = Math.min(begun + answerWithinMs, deadline)
      const reply = understood(stream, await answer(stream, subjectOf(namespace, partition), question, end))
      isAnswered = true
      secondAsks.succeeded()
      return reply
    } finally {
      leave(isAnswered && performance.now() - begun < SLOW_AFTER_MS)
    }
  }

  async function answer(stream: StreamName, subject: string, question: Question, end: Deadline): Promise<unknown> {
    const first = served(subject, question, end)
    try {
      const answered = await withTimeout(askAgainAfterMs, first, () => OVERDUE)
      if (answered !== OVERDUE) return answered
      if (!secondAsks.take()) return await first
      return await Promise.any([first, served(subject, question, end)]).catch(() => first)
    } catch (error) {
      throw notDecided(stream, error)
    }
  }

  /**
   * Partitions move between handlers: for a moment nobody serves one. Nothing was received then, so the request is sent
   * again.
   */
  function served(subject: string, question: Question, end: Deadline): Promise<unknown> {
    const request = () => {
      const sentAt = performance.now()
      const withinMs = end - sentAt
      return messaging.request(
        subject,
        { ...question, expiry: { sender, sentAt, withinMs } } satisfies Request,
        withinMs,
      )
    }
    return retry(request, {
      isRetryable: (error) => error instanceof NobodyServes,
      firstPauseMs: FIRST_PAUSE_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      withinMs: Math.min(servedWithinMs, end - performance.now()),
    })
  }

  return {
    async send(message, deadline) {
      const reply = await ask(message.stream, { ask: 'decide', message }, deadline)
      if (reply.outcome) return reply.outcome
      throw misunderstood(message.stream)
    },

    async ask(stream, question, read, deadline) {
      const answer = read((await ask(stream, question, deadline)) as Answer)
      if (answer === undefined) throw misunderstood(stream)
      return answer
    },
  }
}

/**
 * The answer to a request. @throws NotDecided, CannotFold, or Error for a bug, as a handler in the same process does
 */
function understood(stream: StreamName, answer: unknown): Reply {
  const reply = asReply(answer)
  if (!reply) throw misunderstood(stream)
  if (reply.notDecided !== undefined) throw new NotDecided(reply.notDecided)
  if (reply.cannotFold !== undefined) throw new CannotFold(reply.cannotFold)
  if (reply.failed !== undefined) throw new Error(reply.failed)
  return reply
}

function misunderstood(stream: StreamName): NotDecided {
  return new NotDecided(`${stream}: the command handler runs another version, and its answer cannot be read.`)
}

function notDecided(stream: StreamName, cause: unknown): NotDecided {
  if (cause instanceof NobodyServes) {
    return new NotDecided(`${stream}: no command handler serves its partition now.`, { cause })
  }
  const reason = messageOf(cause)
  const what = cause instanceof NoAnswer ? 'the command handler did not answer' : 'the command could not be sent'
  return new NotDecided(`${stream}: ${what}. ${reason}`, { cause })
}
