// The port to the messages between processes: requests with answers, and hints that may be lost. Messages are JSON
// values.

export interface Messaging {
  /**
   * Sends a request to the processes that serve a subject, and returns the first answer.
   * @throws NobodyServes, NoAnswer (the request may have been received), MessagingUnavailable
   */
  request(subject: string, message: unknown, timeoutMs: number): Promise<unknown>

  /**
   * Sends a request to all processes that serve a subject, and returns the answers that came in time; none when nobody
   * serves it. @throws MessagingUnavailable
   */
  gather(subject: string, message: unknown, timeoutMs: number): Promise<unknown[]>

  /**
   * Answers the requests of a subject, each as soon as its answer is there; `undefined` is no answer at all. An error
   * of `answer` is logged, and the request is not answered. If an answer is too large, the request fails at once with
   * NoAnswer.
   */
  serve(subject: string, answer: (message: unknown) => Promise<unknown> | unknown): Subscription

  /** Sends a message to all listeners of a subject. It is lost without an error when there is no connection. */
  publish(subject: string, message: unknown): void

  /** Listens to the messages that are published on a subject from now on. */
  listen(subject: string, take: (message: unknown) => void): Subscription

  health(): MessagingHealth

  /** Sends the messages in flight, and closes the connection. */
  close(): Promise<void>
}

export interface Subscription {
  /** Receives nothing new; resolves when all received requests are answered. */
  stop(): Promise<void>
}

export interface MessagingHealth {
  ok: boolean
  /** The server, or why there is no connection. */
  detail: string
  /**
   * The last time when the server answered, by `performance.now()`: a silence is noticed some time after it has begun.
   */
  reachedAt?: number
}

/** Nobody serves the subject: nothing was received. */
export class NobodyServes extends Error {
  override name = 'NobodyServes'
}

/**
 * No answer came in time, or the answer is too large for the connection. The request may have been carried out, or may
 * still be.
 */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** There is no connection, or the message is too large for it: nothing was sent. */
export class MessagingUnavailable extends Error {
  override name = 'MessagingUnavailable'
}
