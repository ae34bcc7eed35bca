// The holders of a lease's shares, and the shares that each member should have. The functions are pure, so all members
// come to the same result.
import type { LeaseEvent } from '../store/kernel-events.ts'

/** The state of a member after its latest renewal. */
export interface Member {
  readonly shares: readonly number[]
  /** When that renewal was first seen, by the reader's clock. */
  readonly seenAt: number
  /** When its first renewal was seen, by the same clock: it has stayed since then. */
  readonly since: number
  /** It ends its work on these shares, and takes no others. */
  readonly leaves?: true
}

/** By holder. No share has two of them. */
export type Members = ReadonlyMap<string, Member>

/**
 * The members after a renewal: it states the holder's shares, including those it took from members that it counted as
 * dead.
 */
export function evolve(members: Members, { type, data }: LeaseEvent, seenAt: number): Members {
  const after = new Map(members)
  const since = members.get(data.holder)?.since ?? seenAt
  after.delete(data.holder)
  if (type === 'LeaseReleased') return after
  const taken = new Set(data.shares)
  for (const [holder, member] of after) {
    if (!member.shares.some((share) => taken.has(share))) continue
    after.set(holder, { ...member, shares: member.shares.filter((share) => !taken.has(share)) })
  }
  return after.set(data.holder, { shares: data.shares, seenAt, since, ...(data.leaves && { leaves: data.leaves }) })
}

/**
 * The live members: those with a renewal that was first seen after a time. A member never counts itself as dead: its
 * shares stay its own until another member takes them.
 */
export function living(members: Members, me: string, seenAfter: number): Members {
  return new Map([...members].filter(([holder, { seenAt }]) => holder === me || seenAt > seenAfter))
}

export interface Division {
  /** Shares that I have and should have. */
  keep: readonly number[]
  /** Shares that I have and others should have. */
  giveBack: readonly number[]
  /** Shares of nobody that I should have. */
  take: readonly number[]
  /** I have no share and should have none: nobody needs to know of me. */
  watches: boolean
}

/**
 * The actions of a member that give all live members the same number of shares, or one more, and move no share without
 * need.
 * @param members the live ones; I am one of them, also while the others do not know me
 * @param lease.shares how many shares there are
 * @param lease.holds whether I am working on a share of mine: those I keep first
 */
export function divide(
  members: Members,
  me: string,
  { shares, holds }: { shares: number; holds: (share: number) => boolean },
): Division {
  const mine = (members.get(me)?.shares ?? []).filter((share) => share < shares)
  const fair = fairShare(members, me, shares)
  const ordered = [...mine.filter(holds), ...mine.filter((share) => !holds(share))]
  return {
    keep: ordered.slice(0, fair),
    giveBack: ordered.slice(fair),
    take: freeShares(members, shares).slice(0, Math.max(0, fair - mine.length)),
    watches: fair === 0 && mine.length === 0,
  }
}

/** The number of members that want their part of the shares, including me. */
export function countSharers(members: Members, me: string): number {
  return new Set([me, ...[...members].filter(([, { leaves }]) => !leaves).map(([holder]) => holder)]).size
}

/** The shares that no member has. */
export function freeShares(members: Members, shares: number): number[] {
  const taken = new Set([...members.values()].flatMap((member) => member.shares))
  return Array.from({ length: shares }, (_, share) => share).filter((share) => !taken.has(share))
}

/**
 * The number of shares for me. The remainder of an even division goes, one share each, first to members that already
 * have more than the even part, then to others, in the order of their names. So a share moves only when it must.
 */
function fairShare(members: Members, me: string, shares: number): number {
  const had = new Map<string, number>([[me, 0]])
  for (const [holder, member] of members) if (holder === me || !member.leaves) had.set(holder, member.shares.length)
  const each = Math.floor(shares / had.size)
  const hasMore = (holder: string) => ((had.get(holder) ?? 0) > each ? 0 : 1)
  const order = [...had.keys()].sort((a, b) => hasMore(a) - hasMore(b) || (a < b ? -1 : 1))
  return order.indexOf(me) < shares % had.size ? each + 1 : each
}
