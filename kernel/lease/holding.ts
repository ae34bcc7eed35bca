// The shares that this process holds, by its own clock, and those whose loss it is still seeing to.
import type { LeaseOptions } from './lease.ts'

export interface Holding {
  /** While a share is handed over it is held still: others have to wait for the end of `onLost`. */
  holds(share: number): boolean
  /** Held, and not being handed over. */
  isAtWork(share: number): boolean
  held(): number[]
  /** The share is not held any more, and `onLost` is still at work. */
  isBeingLost(share: number): boolean
  /** Holds these shares until so long after `begun`, when the renewal began; a share that is still being lost has to wait for another one. */
  renewed(shares: readonly number[], begun: number): void
  /** Loses everything if it is too late for another renewal: a process that was stopped may come here before its timers do. */
  checkTime(): void
  /** Loses all other shares. */
  keepOnly(shares: readonly number[]): void
  /** Until nothing is being lost. */
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

  /** Timers come early, or late when the process was stopped: the clock decides. */
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
