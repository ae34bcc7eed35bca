// What a process has seen of the members of a lease: follows the lease's stream.
import type { EventStore, RecordedEvent, Revision, StreamName } from '../store/event-store.ts'
import { ALL_EVENTS, NO_EVENTS } from '../store/event-store.ts'
import type { LeaseEvent } from '../store/kernel-events.ts'
import { agesOf } from './ages.ts'
import { evolve, living, type Members } from './shares.ts'

export interface Membership {
  /** Of the newest event that was seen. */
  revision(): Revision
  /** Sees what has been recorded since. @throws StoreUnavailable */
  look(): Promise<void>
  /** The members whose latest renewal is less than `lastsMs` old, and the process itself if it has renewed. */
  living(): Members
  /** When the next other member expires unless it renews, by the process's clock; never is `Infinity`. */
  nextExpiry(): number
  /** How many other members have expired without leaving, as far as the newest renewals and the time since tell. */
  deaths(): number
  /** Takes note of what the process itself has appended. */
  note(event: LeaseEvent, revision: Revision): void
}

interface Options {
  store: Pick<EventStore, 'read' | 'readBackwards'>
  stream: StreamName
  holder: string
  lastsMs: number
  now: () => number
}

/** Each renewal tells all shares of its holder: whoever is not among so many of the newest has not renewed for long. */
const NEWEST = 500

/** Recorded times come from more than one clock, when another node of a cluster becomes the leader: they may differ by so much. */
const CLOCKS_DIFFER_BY_MS = 1_000

/**
 * Looks at the newest renewals. A renewal was made as long ago as its recorded time is before that of the newest event: so a member that
 * died long ago is none, however many of its renewals are there.
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

  /** @param begun when they were asked for: what an earlier look did not find is not older than that look */
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
