// Hints that the views have moved, from the projector to the feeds of all gateways. A hint only says "look now": a lost one costs
// latency, never a message.
import type { Position } from '../../kernel/store/position.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'

export interface Hints {
  /** To be called after each write of the projector: everything up to `checkpoint` can be read. */
  viewsMoved(checkpoint: Position): void
  /** Calls `look` at each hint, for a feed of this process. */
  listen(look: (checkpoint?: Position) => void): void
}

/** Within the process hints are calls; over NATS, where there is one, they reach the other processes. */
export function hintsOf({ messaging, namespace }: Pick<Infrastructure, 'messaging' | 'namespace'>): Hints {
  const subject = `${namespace}.views`
  const listeners: ((checkpoint?: Position) => void)[] = []

  return {
    viewsMoved(checkpoint) {
      for (const look of listeners) look(checkpoint)
      // Without the checkpoint, on purpose: with MongoDB, a gateway's own read of it lets its later reads see as much.
      messaging?.publish(subject, null)
    },
    listen(look) {
      listeners.push(look)
      messaging?.listen(subject, () => look())
    },
  }
}
