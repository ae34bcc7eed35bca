// The log lines of a server's outage: one when it begins and one when it ends, for any number of failures.
import type { Logger } from '../logger.ts'
import { messageOf } from './message-of.ts'

export interface Outage {
  /** A call failed because the server is unreachable. */
  noticed(error: unknown): void
  /** The server has answered. */
  over(): void
}

/** @param what the unreachable server, as the subject of a sentence: `The views` */
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
