// The probation of a newcomer: it gets a share from other members only after it has proved that it stays. Otherwise a
// process that crashes in a loop would take its share after each start, and the share would have no owner after each
// crash until the lease expires.
import type { Members } from './shares.ts'

export interface Probation {
  /** Restarts the proof: the process could not do the work, or could not reach the store. */
  restart(): void
  /**
   * Whether the process leaves all shares to the other members for now. It joins at once where it takes no share from
   * another member: when no other member has stayed for longer, or when shares stay free because nobody takes them.
   * @param members the live ones
   * @param hasFree whether a share has no owner
   */
  isOn(members: Members, hasFree: boolean): boolean
}

interface Options {
  holder: string
  renewEveryMs: number
  /** How many members have died so far without leaving: each one doubles the time of the proof. */
  deaths: () => number
  now: () => number
}

/** The number of renewals that the proof takes. */
const RENEWALS = 5

/** The largest factor by which deaths of members lengthen the proof. */
const LONGEST_FACTOR = 6

/** No other member takes shares that stay free for this number of renewals. */
const FREE_FOR_RENEWALS = 2

/** The probation of a process that has just started. */
export function startProbation({ holder, renewEveryMs, deaths, now }: Options): Probation {
  const proofMs = RENEWALS * renewEveryMs
  let steadySince = now()
  let freeSince: number | undefined

  return {
    restart() {
      steadySince = now()
    },

    isOn(members, hasFree) {
      const at = now()
      freeSince = hasFree ? (freeSince ?? at) : undefined
      if (members.has(holder)) return false
      if (at - steadySince >= proofMs * Math.min(2 ** deaths(), LONGEST_FACTOR)) return false
      if (freeSince !== undefined && at - freeSince >= FREE_FOR_RENEWALS * renewEveryMs) return false
      return [...members.values()].some(({ since, leaves }) => !leaves && at - since >= proofMs)
    },
  }
}
