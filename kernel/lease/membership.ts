// The members of a lease as this process has seen them. It follows the lease's stream.
import type { EventStore, RecordedEvent, Revision, StreamName } from '../store/event-store.ts'
import { ALL_EVENTS, NO_EVENTS } from '../store/event-store.ts'
import type { LeaseEvent } from '../store/kernel-events.ts'
import { agesOf } from './ages.ts'
import { evolve, living, type Members } from './shares.ts'

export interface Membership {
  /** The revision of the newest event that was read. */
  revision(): Revision
  /** Reads the events since the last call. @throws StoreUnavailable */
  look(): Promise<void>
  /** The members whose latest renewal is less than `lastsMs` old, and the process itself if it has renewed. */
  living(): Members
  /** When the next other member expires unless it renews, by the process's clock; `Infinity` for never. */
  nextExpiry(): number
  /** How many other members have expired without leaving, by the newest renewals and the time since. */
  deaths(): number
  /** Applies an event that the process itself has appended. */
  note(event: LeaseEvent, revision: Revision): void
}

interface Options {
  store: Pick<EventStore, 'read' | 'readBackwards'>
  stream: StreamName
  holder: string
  lastsMs: number
  now: () => number
}

/**
 * Each renewal lists all shares of its holder: a holder without one of the newest renewals has not renewed for long.
 */
const NEWEST = 500

/**
 * The largest expected difference between recorded times: after a change of the leader in a cluster they come from
 * another clock.
 */
const CLOCKS_DIFFER_BY_MS = 1_000

/**
 * Reads the newest renewals. The age of a renewal is the time between it and the newest event. So a member that died
 * long ago does not count as one, with any number of renewals.
 * @throws StoreUnavailable
 */
export async function openMembership({ store, stream, holder, lastsMs, now }: Options): Promise<Membership> {
  let members: Members = new Map()
  let revision = NO_EVENTS
  let deaths = 0
  let lookedAt = Number.NEGATIVE_INFINITY

  function see(event: LeaseEvent, at: Revision, seenAt: number): void {
    members = evolve(members, event, seenAt)
    revision = at
  }

  /** @param begun when the read began: an event that an earlier read did not find is not older than that read */
  function seeRecorded(events: readonly RecordedEvent[], begun: number): void {
    const at = now()
    for (const [index, age] of agesOf(events).entries()) {
      const event = events[index] as RecordedEvent
      const seenAt = Math.max(at - Math.max(0, age - CLOCKS_DIFFER_BY_MS), lookedAt)
      if (event.type === 'LeaseRenewed' || event.type === 'LeaseReleased')
        see(event as LeaseEvent, event.revision, seenAt)
      else revision = event.revision
    }
    lookedAt = begun
    const alive = living(members, holder, at - lastsMs)
    deaths += members.size - alive.size
    members = alive
  }

  const opened = now()
  seeRecorded((await newest(store, stream)).reverse(), opened)

  return {
    revision: () => revision,
    async look() {
      const begun = now()
      const found: RecordedEvent[] = []
      for await (const events of store.read(stream, { from: revision + 1, limit: ALL_EVENTS })) found.push(...events)
      seeRecorded(found, begun)
    },
    living: () => members,
    nextExpiry() {
      const others = [...members].filter(([name]) => name !== holder)
      return Math.min(...others.map(([, { seenAt }]) => seenAt + lastsMs))
    },
    deaths: () => deaths,
    note: (event, at) => see(event, at, now()),
  }
}

async function newest(store: Options['store'], stream: StreamName): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = []
  for await (const events of store.readBackwards(stream, { limit: NEWEST })) found.push(...events)
  return found
}
