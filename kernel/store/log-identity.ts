// The identity of a log: twelve characters in every position and every checkpoint of it.
import { randomInt, randomUUID } from 'node:crypto'
import { type EventStore, type NewEvent, NO_EVENTS, OutcomeUnknown, RevisionConflict } from './event-store.ts'
import type { LogEvent } from './kernel-events.ts'
import { isUnreadable, whyUnreadable } from './readable.ts'

/**
 * The identity of the log: 12 of a-z and 0-9, drawn at random when the log is new and recorded as its first event. Call
 * it before the first append. Processes that start at once agree on one identity.
 * @throws StoreUnavailable, or OutcomeUnknown when the append of the identity has an unknown outcome
 */
export async function logIdentity(store: EventStore): Promise<string> {
  const recorded = await recordedIdentity(store)
  if (recorded) return recorded
  const created: NewEvent<LogEvent> = {
    type: 'LogCreated',
    data: { logId: drawn() },
    id: randomUUID(),
    metadata: { schemaVersion: store.catalogue.version },
  }
  try {
    await store.append('log', [created], NO_EVENTS)
    return created.data.logId
  } catch (error) {
    // The first recorded identity counts: another process may have been quicker.
    const settled =
      error instanceof RevisionConflict || error instanceof OutcomeUnknown ? await recordedIdentity(store) : undefined
    if (settled) return settled
    throw error
  }
}

/** The identity, if the log has begun. @throws StoreUnavailable, or Error when the log begins with another event */
export async function recordedIdentity(store: Pick<EventStore, 'read'>): Promise<string | undefined> {
  for await (const [first] of store.read('log', { limit: 1 })) {
    if (first?.type === 'LogCreated') return (first.data as LogEvent['data']).logId
    const found = first && isUnreadable(first) ? whyUnreadable(first) : `it begins with ${first?.type}`
    throw new Error(`The log has no identity: ${found}.`)
  }
  return undefined
}

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

function drawn(): string {
  return Array.from({ length: 12 }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('')
}
