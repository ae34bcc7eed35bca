// The options of a lease.
import type { Logger } from '../logger.ts'
import type { EventStore } from '../store/event-store.ts'

export interface LeaseOptions {
  store: EventStore
  /** The name of the work: the lease is kept in the stream `lease-<name>`. */
  name: string
  /** The number of shares, which are numbered from 0: 1 for work that one process does, with all others as standbys. */
  shares: number
  /** The id of this process, which no other process has or has had. */
  holder: string
  /** A share is held from now on. */
  onTaken(share: number): void
  /** A share is lost, or has to be handed over. Once the promise resolves, another process may take it. */
  onLost(share: number): void | Promise<void>
  /**
   * Whether this process could do the work now (default: always). If it could not, it releases its shares, and takes
   * none.
   */
  isAble?: () => boolean
  log: Logger
  /**
   * How often a lease is renewed (default 1,000), and after how long without renewal others take its shares (default
   * 4,000), in ms.
   */
  renewEveryMs?: number
  expiresAfterMs?: number
  /** A monotonic clock, in milliseconds. */
  now?: () => number
}
