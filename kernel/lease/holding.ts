// The shares that this process holds, by its own clock, and the shares whose loss is still in progress.
import type { LeaseOptions } from './lease-options.ts'

export interface Holding {
  /** A share in the middle of a handover is still held: others have to wait for the end of `onLost`. */
  holds(share: number): boolean
  /** Held, and not in the middle of a handover. */
  isAtWork(share: number): boolean
  held(): number[]
  /** The share is not held any more, and `onLost` is still running. */
  isBeingLost(share: number): boolean
  /**
   * Holds these shares for the lease's duration after `begun`, the beginning of the renewal. A share whose loss is in
   * progress has to wait for a later renewal.
   */
  renewed(shares: readonly number[], begun: number): void
  /**
   * Loses everything if it is too late for another renewal: a process that was stopped may reach this before its timers
   * run.
   */
  checkTime(): void
  /** Loses all other shares. */
  keepOnly(shares: readonly number[]): void
  /** Resolves when no loss is in progress. */
  settled(): Promise<void>
}

interface Options extends Pick<LeaseOptions, 'name' | 'onTaken' | 'onLost' | 'log'> {
  lastsMs: number
  now: () => number
  /** A share has been lost: others may have it now. */
  onSettled(): void
}

/** Holds nothing yet. */
export function openHolding({ name, onTaken, onLost, log, lastsMs, now, onSettled }: Options): Holding {
  const held = new Set<number>()
  const beingLost = new Map<number, Promise<void>>()
  let until = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function take(share: number): void {
    held.add(share)
    try {
      onTaken(share)
    } catch (error) {
      log.error({ err: error, lease: name, share }, 'What a share was taken for could not begin')
    }
  }

  function lose(share: number): void {
    held.delete(share)
    if (held.size === 0) clearTimeout(timer)
    const lost = new Promise<void>((resolve) => resolve(onLost(share)))
    const settled = lost
      .catch((error: unknown) => {
        log.error({ err: error, lease: name, share }, 'What a share was held for did not end properly')
      })
      .then(() => {
        beingLost.delete(share)
        onSettled()
      })
    beingLost.set(share, settled)
  }

  /** Timers run early, or late when the process was stopped: the clock decides. */
  function checkTime(): void {
    clearTimeout(timer)
    if (held.size === 0) return
    const left = until - now()
    if (left > 0) {
      timer = setTimeout(checkTime, Math.ceil(left))
      return
    }
    log.warn({ lease: name, shares: [...held] }, 'A lease could not be renewed in time: its shares are lost')
    for (const share of held) lose(share)
  }

  return {
    holds: (share) => (held.has(share) || beingLost.has(share)) && now() < until,
    isAtWork: (share) => held.has(share) && now() < until,
    held: () => (now() < until ? [...held].sort((a, b) => a - b) : []),
    isBeingLost: (share) => beingLost.has(share),

    renewed(shares, begun) {
      until = begun + lastsMs
      if (now() < until) for (const share of shares) if (!held.has(share) && !beingLost.has(share)) take(share)
      checkTime()
    },

    checkTime,

    keepOnly(shares) {
      for (const share of held) if (!shares.includes(share)) lose(share)
    },

    async settled() {
      await Promise.all(beingLost.values())
    },
  }
}
