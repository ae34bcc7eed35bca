// The port to the messages between processes: requests that somebody answers, and hints that may be lost. Messages are JSON values.

export interface Messaging {
  /**
   * Asks whoever serves a subject, and takes the first answer.
   * @throws NobodyServes, NoAnswer (the request may have been received), MessagingUnavailable
   */
  request(subject: string, message: unknown, timeoutMs: number): Promise<unknown>

  /** Asks everybody who serves a subject: the answers that came in time, none when nobody serves it. @throws MessagingUnavailable */
  gather(subject: string, message: unknown, timeoutMs: number): Promise<unknown[]>

  /**
   * Answers the requests of a subject, each as soon as its answer is there; `undefined` is no answer at all. What `answer` throws is
   * logged, and the request is not answered. Of an answer that is too large whoever asked is told: NoAnswer, at once.
   */
  serve(subject: string, answer: (message: unknown) => Promise<unknown> | unknown): Subscription

  /** Tells everybody who listens to a subject. Lost without a word when there is no connection. */
  publish(subject: string, message: unknown): void

  /** Listens to what is published on a subject from now on. */
  listen(subject: string, take: (message: unknown) => void): Subscription

  health(): MessagingHealth

  /** Sends what is under way, and lets go of the connection. */
  close(): Promise<void>
}

export interface Subscription {
  /** Takes nothing new; resolves when what has been taken is answered. */
  stop(): Promise<void>
}

export interface MessagingHealth {
  ok: boolean
  /** The server, or why there is no connection. */
  detail: string
  /** Until when the server answered, by `performance.now()`: a silence is noticed some time after it has begun. */
  reachedAt?: number
}

/** Nobody serves the subject: nothing was received. */
export class NobodyServes extends Error {
  override name = 'NobodyServes'
}

/** No answer came in time, or one that is too large for the connection: what was asked may have been done, or may still be. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** There is no connection, or the message is too large for it: nothing was sent. */
export class MessagingUnavailable extends Error {
  override name = 'MessagingUnavailable'
}
