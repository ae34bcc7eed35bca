// The messages between processes over NATS. Only this and nats-connection.ts know the client (nats 2.29): its successor
// can replace it.
import { DebugEvents, Empty, ErrorCode, Events, headers, type Msg, NatsError } from 'nats'
import { withTimeout } from '../failures/with-timeout.ts'
import type { Logger } from '../logger.ts'
import { type Messaging, MessagingUnavailable, NoAnswer, NobodyServes, type Subscription } from './messaging.ts'
import { connectToNats, reasonOf } from './nats-connection.ts'

export interface NatsOptions {
  /** Like nats://127.0.0.1:4222, `NATS_URL`; several servers of a cluster have commas between them. */
  url: string
  log: Logger
  /** How long the start tries to reach an unreachable server, in milliseconds (default 5,000). */
  patienceMs?: number
}

/**
 * The largest number of requests in service. Further ones are dropped unanswered: their callers retry, and the process
 * does not run out of memory.
 */
const MAX_IN_SERVICE = 10_000

/** The header that replaces an answer that is too large, and says so. */
const TOO_LARGE = 'Creditline-Too-Large'

/** How long closing waits for the answers in flight, and for the server to receive them. */
const ANSWERS_WITHIN_MS = 5_000
const DRAIN_WITHIN_MS = 1_000

/**
 * The messages over a connection to NATS. While it is broken nothing is kept for sending.
 * @throws the errors of `connectToNats`
 */
export async function openNats({ url, log, patienceMs = 5_000 }: NatsOptions): Promise<Messaging> {
  const { connection, place, tried, reset, abandon } = await connectToNats(url, patienceMs)
  let connected = true
  /** When the server last answered; without a connection, when the last one ended. By `performance.now()`. */
  let reachedAt = performance.now()
  let closing: Promise<void> | undefined
  let inService = 0
  let dropped = 0
  const subscriptions = new Set<Subscription>()
  /** Fails each request that waits for its answer. */
  const waiting = new Set<() => void>()

  async function followConnection(): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === DebugEvents.Reconnecting) tried()
      // The first ping after an answered one.
      if (type === DebugEvents.PingTimer && data === '1') reachedAt = performance.now()
      if (type === DebugEvents.StaleConnection) {
        lost(reachedAt)
        abandon()
      }
      if (type === Events.Error && connected) log.warn({ server: place, code: data }, 'NATS has refused something')
      if (type === Events.Disconnect) lost(performance.now())
      if (type === Events.Reconnect) {
        connected = true
        reset()
        log.info({ server: connection.getServer() }, 'The connection to NATS is there again')
      }
    }
  }

  function lost(at: number): void {
    if (!connected) return
    connected = false
    reachedAt = at
    log.warn({ server: place }, 'The connection to NATS is lost; it is made again as soon as possible')
    for (const fail of waiting) fail()
  }

  function payloadOf(message: unknown): Uint8Array {
    if (closing !== undefined) throw new MessagingUnavailable(`The connection to ${place} is closed.`)
    if (!connected) throw new MessagingUnavailable(`There is no connection to ${place}.`)
    const payload = bytesOf(message)
    const excess = excessOf(payload)
    if (excess !== undefined) throw new MessagingUnavailable(`A message of ${excess}`)
    return payload
  }

  /** The problem with the size of a message, if any. */
  function excessOf({ length }: Uint8Array): string | undefined {
    const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY
    return length > limit
      ? `${length} bytes is more than the ${limit} that ${place} takes: raise its max_payload.`
      : undefined
  }

  function respond(request: Msg, answer: unknown): void {
    const payload = bytesOf(answer)
    const excess = excessOf(payload)
    if (excess === undefined) {
      request.respond(payload)
      return
    }
    const told = headers()
    told.set(TOO_LARGE, `An answer of ${excess}`)
    request.respond(Empty, { headers: told })
    log.error({ subject: request.subject, bytes: payload.length }, 'An answer is too large')
  }

  /** The value of a message; `undefined`, and a warning, when it is not JSON. */
  function jsonOf(message: Msg): unknown {
    try {
      return message.json()
    } catch {
      log.warn({ subject: message.subject, bytes: message.data.length }, 'A message that is no JSON is ignored')
      return undefined
    }
  }

  function answerTo(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      // The client would let it wait until it times out.
      const fail = () => reject(new NoAnswer(`The connection to ${place} broke before ${subject} had answered.`))
      waiting.add(fail)
      connection
        .request(subject, payload, { timeout: timeoutMs })
        .then(resolve, (error) => reject(failure(error, subject)))
        .finally(() => waiting.delete(fail))
    })
  }

  function failure(error: unknown, subject: string): Error {
    const code = error instanceof NatsError ? error.code : undefined
    switch (code) {
      case ErrorCode.NoResponders:
        return new NobodyServes(`Nobody serves ${subject}.`, { cause: error })
      case ErrorCode.ConnectionClosed:
      case ErrorCode.ConnectionDraining:
      case ErrorCode.PermissionsViolation:
        return new MessagingUnavailable(`${place} does not take ${subject}: ${reasonOf(error)}.`, { cause: error })
      default:
        return new NoAnswer(`${subject} did not answer: ${reasonOf(error)}.`, { cause: error })
    }
  }

  function subscribe(subject: string, take: (message: Msg, value: unknown) => void | Promise<void>): Subscription {
    if (closing !== undefined) throw new MessagingUnavailable(`The connection to ${place} is closed.`)
    const taken = new Set<Promise<void>>()
    const onServer = connection.subscribe(subject, {
      callback(error, message) {
        if (error) return log.error({ subject, error: error.message }, 'NATS does not let this process subscribe')
        const value = jsonOf(message)
        if (value === undefined) return
        const work = Promise.resolve(take(message, value)).finally(() => taken.delete(work))
        taken.add(work)
      },
    })

    /**
     * Messages that the server sent before it knew of the end are still received: it would send them to nobody else.
     */
    async function drain(): Promise<void> {
      // A subscription that the server refused is closed: it cannot be drained.
      if (connected && !onServer.isClosed()) await withTimeout(DRAIN_WITHIN_MS, onServer.drain(), () => {})
      else onServer.unsubscribe()
      await Promise.all(taken)
      subscriptions.delete(subscription)
    }

    let stopped: Promise<void> | undefined
    const subscription: Subscription = {
      stop() {
        stopped ??= drain()
        return stopped
      },
    }
    subscriptions.add(subscription)
    return subscription
  }

  /** Takes a request into service, unless there are too many. @returns whether it was taken */
  function enterService(subject: string): boolean {
    if (inService >= MAX_IN_SERVICE) {
      if (dropped++ === 0) log.warn({ subject }, 'More requests come than can be served; some are dropped unanswered')
      return false
    }
    inService++
    return true
  }

  function leaveService(): void {
    inService--
    if (inService === 0) dropped = 0
  }

  async function close(): Promise<void> {
    const answered = Promise.all([...subscriptions].map((subscription) => subscription.stop()))
    await withTimeout(ANSWERS_WITHIN_MS, answered, () => {})
    if (connected) await withTimeout(DRAIN_WITHIN_MS, connection.drain(), () => {})
    await connection.close()
    connected = false
  }

  void followConnection()

  return {
    async request(subject, message, timeoutMs) {
      const reply = await answerTo(subject, payloadOf(message), timeoutMs)
      const excess = reply.headers?.get(TOO_LARGE)
      if (excess) throw new NoAnswer(`${subject}: ${excess}`)
      const answer = jsonOf(reply)
      if (answer === undefined) throw new NoAnswer(`${subject} did not answer with JSON.`)
      return answer
    },

    async gather(subject, message, timeoutMs) {
      const answers: unknown[] = []
      try {
        for await (const reply of await connection.requestMany(subject, payloadOf(message), { maxWait: timeoutMs })) {
          const answer = reply.headers?.has(TOO_LARGE) ? undefined : jsonOf(reply)
          if (answer !== undefined) answers.push(answer)
        }
      } catch (error) {
        const told = error instanceof MessagingUnavailable ? error : failure(error, subject)
        if (!(told instanceof NobodyServes)) throw told
      }
      return answers
    },

    serve: (subject, answer) =>
      subscribe(subject, async (request, value) => {
        if (!enterService(subject)) return
        try {
          const answered = await answer(value)
          if (answered !== undefined && connected) respond(request, answered)
        } catch (error) {
          log.error({ subject, error: reasonOf(error) }, 'A request could not be answered')
        } finally {
          leaveService()
        }
      }),

    publish(subject, message) {
      if (!connected || closing !== undefined) return
      try {
        connection.publish(subject, bytesOf(message))
      } catch (error) {
        log.error({ subject, error: reasonOf(error) }, 'A message could not be published')
      }
    },

    listen: (subject, take) =>
      subscribe(subject, (_, value) => {
        try {
          take(value)
        } catch (error) {
          log.error({ subject, error: reasonOf(error) }, 'A message could not be taken')
        }
      }),

    health() {
      const detail = `There is no connection to ${place}.`
      if (closing !== undefined) return { ok: false, detail }
      return connected ? { ok: true, detail: `NATS at ${connection.getServer()}` } : { ok: false, detail, reachedAt }
    },

    close() {
      closing ??= close()
      return closing
    },
  }
}

function bytesOf(message: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(message))
}
