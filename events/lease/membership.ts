// What a process has seen of the members of a lease: follows the lease's stream.
import type { EventStore, RecordedEvent, Revision, StreamName } from '../store/event-store.ts'
import { NO_EVENTS } from '../store/event-store.ts'
import { evolve, type LeaseEvent, living, type Members } from './shares.ts'

export interface Membership {
  /** Of the newest event that was seen. */
  revision(): Revision
  /** Sees what has been recorded since. @throws StoreUnavailable */
  look(): Promise<void>
  /** The members whose latest renewal was first seen less than `lastsMs` ago, and the process itself if it has renewed. */
  living(): Members
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

/** Looks at the newest renewals: whoever is among them counts as seen just now. @throws StoreUnavailable */
export async function openMembership({ store, stream, holder, lastsMs, now }: Options): Promise<Membership> {
  let members: Members = new Map()
  let revision = NO_EVENTS

  function see(event: LeaseEvent, at: Revision): void {
    members = evolve(members, event, now())
    revision = at
  }

  function seeRecorded(event: RecordedEvent): void {
    if (event.type === 'LeaseRenewed' || event.type === 'LeaseReleased') see(event, event.revision)
    else revision = event.revision
  }

  for (const event of (await newest(store, stream)).reverse()) seeRecorded(event)

  return {
    revision: () => revision,
    async look() {
      for await (const events of store.read(stream, revision + 1)) events.forEach(seeRecorded)
      members = living(members, holder, now() - lastsMs)
    },
    living: () => members,
    note: see,
  }
}

async function newest(store: Options['store'], stream: StreamName): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = []
  for await (const events of store.readBackwards(stream)) {
    found.push(...events)
    if (found.length >= NEWEST) break
  }
  return found.slice(0, NEWEST)
}
