// The outage of a server in the log: one line when it begins and one when it ends, however many notice it and however often.
import type { Logger } from '../logger.ts'
import { messageOf } from './message-of.ts'

export interface Outage {
  /** Something failed because the server is away. */
  noticed(error: unknown): void
  /** The server has answered. */
  over(): void
}

/** @param what is away, as the subject of a sentence: `The views` */
export function outageOf(what: string, log: Pick<Logger, 'info' | 'warn'> | undefined): Outage {
  let beganAt: number | undefined
  return {
    noticed(error) {
      if (beganAt !== undefined) return
      beganAt = performance.now()
      log?.warn({ reason: messageOf(error) }, `${what}: an outage begins; it is tried again until it ends`)
    },
    over() {
      if (beganAt === undefined) return
      log?.info({ afterMs: Math.round(performance.now() - beganAt) }, `${what}: the outage is over`)
      beganAt = undefined
    },
  }
}
