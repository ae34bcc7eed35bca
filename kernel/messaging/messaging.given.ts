// Messages between simulated processes, for tests within one process: the same promises as over a server, including the
// conversion to JSON.
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { type Messaging, MessagingUnavailable, NoAnswer, NobodyServes, type Subscription } from './messaging.ts'

type Answer = (message: unknown) => Promise<unknown> | unknown

const MAX_BYTES = 1024 * 1024

/** Stands for a server: each `connect()` is a process that sees the others. */
export interface MessagesInMemory {
  connect(): Messaging
}

export function messagesInMemory(): MessagesInMemory {
  const answerers = new Map<string, Set<Answer>>()
  const listeners = new Map<string, Set<Answer>>()
  return { connect: () => connectTo(answerers, listeners) }
}

type BySubject = Map<string, Set<Answer>>

function connectTo(answerers: BySubject, listeners: BySubject): Messaging {
  const subscriptions = new Set<Subscription>()
  let closed = false

  function sent(message: unknown): unknown {
    if (closed) throw new MessagingUnavailable('The connection is closed.')
    if (isTooLarge(message)) throw new MessagingUnavailable(`A message of ${sizeOf(message)} bytes is more than fits.`)
    return copyOf(message)
  }

  function subscribe(bySubject: BySubject, subject: string, take: Answer): Subscription {
    const taken = new Set<Promise<unknown>>()
    const tracked: Answer = (message) => {
      const work = (async () => take(message))().finally(() => taken.delete(work))
      taken.add(work)
      return work
    }
    const all = bySubject.get(subject) ?? new Set()
    bySubject.set(subject, all.add(tracked))
    const subscription = {
      async stop() {
        all.delete(tracked)
        subscriptions.delete(subscription)
        await Promise.allSettled(taken)
      },
    }
    subscriptions.add(subscription)
    return subscription
  }

  /**
   * The answers of all that serve the subject. A missing answer never resolves, and one that is too large is a
   * NoAnswer.
   */
  function asked(subject: string, message: unknown): Promise<unknown>[] {
    return [...(answerers.get(subject) ?? [])].map(
      (answer) =>
        new Promise((resolve, reject) => {
          const give = (given: unknown) => {
            if (given === undefined) return
            if (isTooLarge(given)) reject(new NoAnswer(`An answer of ${sizeOf(given)} bytes is more than fits.`))
            else resolve(copyOf(given))
          }
          Promise.resolve(answer(message)).then(give, () => {})
        }),
    )
  }

  return {
    async request(subject, message, timeoutMs) {
      const request = sent(message)
      await turn()
      const answers = asked(subject, request)
      if (answers.length === 0) throw new NobodyServes(`Nobody serves ${subject}.`)
      const ended = new AbortController()
      const late = pause(timeoutMs, undefined, { signal: ended.signal }).then(() => {
        throw new NoAnswer(`${subject} did not answer.`)
      })
      return Promise.race([...answers, late]).finally(() => ended.abort())
    },

    async gather(subject, message, timeoutMs) {
      const request = sent(message)
      await turn()
      const given: unknown[] = []
      const answers = asked(subject, request)
      for (const answer of answers) answer.then((value) => given.push(value)).catch(() => {})
      if (answers.length > 0) await pause(timeoutMs)
      return given
    },

    serve: (subject, answer) => subscribe(answerers, subject, answer),

    publish(subject, message) {
      if (closed || isTooLarge(message)) return
      for (const take of listeners.get(subject) ?? []) {
        setImmediate(() => Promise.resolve(take(copyOf(message))).catch(() => {}))
      }
    },

    listen: (subject, take) => subscribe(listeners, subject, take),

    health: () => (closed ? { ok: false, detail: 'The connection is closed.' } : { ok: true, detail: 'in memory' }),

    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()))
      closed = true
    },
  }
}

function copyOf(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message))
}

function sizeOf(message: unknown): number {
  return Buffer.byteLength(JSON.stringify(message))
}

function isTooLarge(message: unknown): boolean {
  return sizeOf(message) > MAX_BYTES
}
