// Whether a process can do work for which it needs the messages.
import type { Messaging } from '../../kernel/messaging/messaging.ts'

/** A shorter interruption is no reason to hand the work over. */
const CUT_OFF_AFTER_MS = 3_000

/** Returns a check whether there is a connection, or was one a moment ago. The time of a silence counts from its beginning. */
export function reaches(messaging: Messaging): () => boolean {
  let reachedAt = performance.now()
  return () => {
    const health = messaging.health()
    if (health.ok) reachedAt = performance.now()
    else reachedAt = Math.min(reachedAt, health.reachedAt ?? reachedAt)
    return performance.now() - reachedAt < CUT_OFF_AFTER_MS
  }
}
