// A lease: shares of some work that processes hold one at a time, kept in the event store. It serves liveness. Safety
// comes from guards and expected revisions, since a process that is stopped in the middle of its work never knows in
// time that it has lost its share.

import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { counted } from '../counted.ts'
import { whileStarting } from '../failures/at-start.ts'
import { messageOf } from '../failures/message-of.ts'
import { RevisionConflict, type StreamName } from '../store/event-store.ts'
import type { LeaseEvent } from '../store/kernel-events.ts'
import { alarm } from './alarm.ts'
import { openHolding } from './holding.ts'
import type { LeaseOptions } from './lease-options.ts'
import { openMembership } from './membership.ts'
import { startProbation } from './probation.ts'
import { countSharers, divide, freeShares } from './shares.ts'

export interface Lease {
  /**
   * Whether the share is held now, by this process's own monotonic clock. It is not after the process was stopped for
   * longer than the lease lasts; it still is during a handover. The clock of a suspended machine stands still, too:
   * then only guards and revisions protect.
   */
  holds(share: number): boolean
  /** The shares held now, without those in the middle of a handover. */
  held(): readonly number[]
  health(): LeaseHealth
  /**
   * Loses all shares, and records that in the store, so that others take them at once. It does not wait for an
   * unreachable store.
   */
  release(): Promise<void>
}

export interface LeaseHealth {
  /** False while the store cannot be read. */
  ok: boolean
  detail: string
}

const RENEW_EVERY_MS = 1_000
const EXPIRES_AFTER_MS = 4_000

/** How long a leaving process waits for the store to record that. */
const LEAVES_WITHIN_MS = 2_000

/** A process checks the lease this many times as often while it waits for a share that another one releases. */
const WAITING_FACTOR = 4

/** After this number of conflicts in a row a member lets the others go first for a moment. */
const CONFLICTS = 3

/**
 * Becomes a member of a lease, and stays one until `release()`. From then on it takes, loses and releases shares, also
 * during an outage of the store. `onTaken` is not called before this function has returned. A lost share is not taken
 * again before its `onLost` has ended.
 * @throws StoreUnavailable when the store cannot be read at the start for ten seconds; Error when the options make no
 * sense
 */
export async function openLease(options: LeaseOptions): Promise<Lease> {
  const { store, name, shares, holder, log, isAble = () => true, now = () => performance.now() } = options
  const { renewEveryMs = RENEW_EVERY_MS, expiresAfterMs = EXPIRES_AFTER_MS } = options
  if (!(Number.isSafeInteger(shares) && shares > 0)) throw new Error(`A lease has 1 share or more, not ${shares}.`)
  if (!(renewEveryMs > 0 && expiresAfterMs >= 2 * renewEveryMs)) {
    throw new Error(
      `A lease has to last for two renewals at least: renewEveryMs is ${renewEveryMs}, expiresAfterMs ${expiresAfterMs}.`,
    )
  }

  const stream: StreamName = `lease-${name}`
  const rest = alarm()
  const holding = openHolding({ ...options, lastsMs: expiresAfterMs, now, onSettled: rest.ring })
  const membership = await whileStarting(
    () => openMembership({ store, stream, holder, lastsMs: expiresAfterMs, now }),
    { server: `The event store with the lease ${name}`, log },
  )
  const probation = startProbation({ holder, renewEveryMs, deaths: membership.deaths, now })
  let isLeaving = false
  let hasNothingLeft = false
  let isOver = false
  let answeredAt = now()
  let failure: string | undefined

  async function run(): Promise<void> {
    await turn()
    let conflicts = 0
    while (!isOver) {
      const begun = now()
      try {
        const outcome = await round()
        answered()
        if (outcome === 'left') return
        conflicts = outcome === 'conflict' ? conflicts + 1 : 0
        if (conflicts > CONFLICTS) await rest.pause((Math.random() * renewEveryMs) / 4)
        else if (outcome === 'waits') await rest.pause(renewEveryMs / WAITING_FACTOR)
        // The shares of a dead member are taken when it expires, not at the next check after that.
        else if (conflicts === 0)
          await rest.pause(Math.ceil(Math.min(begun + renewEveryMs, membership.nextExpiry()) - now()))
      } catch (error) {
        failed(error)
        probation.restart()
        // Others take the shares anyhow, once they have expired.
        if (hasNothingLeft) return
        if (!isOver) await rest.pause(renewEveryMs / 4)
      }
    }
  }

  /**
   * Reads the changes of others, and records the shares of this process. Each renewal contains all of them, so it does
   * not matter whether a renewal with an unknown outcome was stored: the next round reads it, or the round's own
   * renewal is a conflict.
   */
  async function round(): Promise<'done' | 'waits' | 'conflict' | 'left'> {
    await membership.look()
    holding.checkTime()
    const members = membership.living()
    const isAway = isLeaving || !isAble()
    if (isAway) probation.restart()
    else if (probation.isOn(members, freeShares(members, shares).length > 0)) return 'done'
    const { keep, take, giveBack, watches } = divide(members, holder, { shares, holds: holding.isAtWork })
    const hold = isAway ? [] : [...keep, ...take]
    const excess = isAway ? [...keep, ...giveBack] : giveBack
    holding.keepOnly(hold)
    // Others may not yet take a share whose loss is in progress.
    const told = [...hold, ...excess.filter(holding.isBeingLost)].sort((a, b) => a - b)

    const hasLeft = isAway && told.length === 0
    const done = hasLeft && isLeaving ? 'left' : 'done'
    if (hasLeft ? !members.has(holder) : watches) return done
    const begun = now()
    const event: LeaseEvent = hasLeft
      ? { type: 'LeaseReleased', data: { lease: name, holder } }
      : { type: 'LeaseRenewed', data: { lease: name, holder, shares: told, ...(isAway && { leaves: true }) } }
    if (!(await append(event))) return 'conflict'
    holding.renewed(hold, begun)
    const fair = Math.floor(shares / countSharers(membership.living(), holder))
    return !isAway && hold.length < fair ? 'waits' : done
  }

  /** @returns false when others have appended in between */
  async function append(event: LeaseEvent): Promise<boolean> {
    const recorded = { ...event, id: randomUUID(), metadata: { schemaVersion: store.catalogue.version } }
    try {
      const { revision } = await store.append(stream, [recorded], membership.revision())
      membership.note(event, revision)
      return true
    } catch (error) {
      if (error instanceof RevisionConflict) return false
      throw error
    }
  }

  /** A failure is a state: it is logged when it begins and when it ends. */
  function failed(error: unknown): void {
    if (failure === undefined) log.warn({ err: error, lease: name }, 'The lease cannot be renewed; it is tried again')
    failure = messageOf(error)
  }

  function answered(): void {
    if (failure !== undefined) log.info({ lease: name }, 'The lease can be renewed again')
    failure = undefined
    answeredAt = now()
  }

  async function leave(): Promise<void> {
    isLeaving = true
    holding.keepOnly([])
    await holding.settled()
    hasNothingLeft = true
    rest.ring()
    let enough: NodeJS.Timeout | undefined
    const givenUp = new Promise<void>((resolve) => {
      enough = setTimeout(resolve, Math.min(expiresAfterMs, LEAVES_WITHIN_MS))
    })
    await Promise.race([running, givenUp])
    clearTimeout(enough)
    isOver = true
    rest.ring()
  }

  let left: Promise<void> | undefined
  const running = run()

  return {
    holds: holding.holds,
    held: holding.held,

    health() {
      if (failure !== undefined) return { ok: false, detail: failure }
      const silentFor = now() - answeredAt
      if (silentFor > expiresAfterMs) return { ok: false, detail: `no answer for ${Math.round(silentFor)} ms` }
      return { ok: true, detail: detail() }
    },

    release() {
      left ??= leave()
      return left
    },
  }

  function detail(): string {
    const members = membership.living()
    const held = holding.held().length
    if (shares > 1) {
      const count = members.size + (members.has(holder) ? 0 : 1)
      return `holds ${held} of ${counted(shares, 'share')}, ${counted(count, 'member')}`
    }
    if (held > 0) return 'holds the lease'
    const [other] = [...members].find(([, member]) => member.shares.length > 0) ?? []
    return other === undefined || other === holder ? 'standby' : `standby, held by ${other}`
  }
}
