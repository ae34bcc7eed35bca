// Whether a process can do work for which it needs the messages.
import type { Messaging } from '../../events/messaging/messaging.ts'

/** A shorter interruption is no reason to hand the work over. */
const CUT_OFF_AFTER_MS = 3_000

/** Tells whether there is a connection, or was one a moment ago. */
export function reaches(messaging: Messaging): () => boolean {
  let reachedAt = performance.now()
  return () => {
    if (messaging.health().ok) reachedAt = performance.now()
    return performance.now() - reachedAt < CUT_OFF_AFTER_MS
  }
}
