// A lease: shares of some work that processes hold one at a time, kept in the event store. It serves liveness: safety comes from guards
// and expected revisions, since a process that was stopped in the middle of something never knows in time that it has lost its share.
import type { Logger } from '../logger.ts'
import type { EventStore } from '../store/event-store.ts'

export interface LeaseOptions {
  store: EventStore
  /** Of the work: the lease is kept in the stream `lease-<name>`. */
  name: string
  /** How many shares the work has, numbered from 0: 1 for what is done by one process, with all others as standbys. */
  shares: number
  /** Of this process: an id that no other process has or has had. */
  holder: string
  /** A share is held from now on. */
  onTaken(share: number): void
  /** A share is not held any more, or is to be handed over: once the promise resolves, another process may take it. */
  onLost(share: number): void | Promise<void>
  log: Logger
  /** How often a lease is renewed (default 1,000), and after how long without renewal others take its shares (default 4,000), in ms. */
  renewEveryMs?: number
  expiresAfterMs?: number
}

export interface Lease {
  /** Whether the share is held now, by this process's own monotonic clock: not after it was stopped for longer than the lease lasts. */
  holds(share: number): boolean
  /** The shares held now. */
  held(): readonly number[]
  health(): LeaseHealth
  /** Loses all shares, and says so in the store, so that others take them at once. */
  release(): Promise<void>
}

export interface LeaseHealth {
  /** False while the store cannot be asked. */
  ok: boolean
  detail: string
}
