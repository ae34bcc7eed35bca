// Finds out whether an event that a reader remembers is still in the log of the server.
import { type ReadStreamOptions, StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client'
import { type EventMark, type Found, StoreUnavailable } from '../event-store.ts'
import type { Client } from './client.ts'
import { positionOf } from './events.ts'
import { atLeader } from './leader.ts'
import type { Names } from './names.ts'

/**
 * Searches for events in their streams: `$all` cannot be read from a position that may not belong to this log. A
 * deleted or truncated stream lacks its events because of its metadata, or is tombstoned.
 */
export function finderIn(client: Client, names: Names): (event: EventMark) => Promise<Found> {
  async function first(serverName: string, options: ReadStreamOptions) {
    const isMissing = (error: unknown) => error instanceof StreamNotFoundError
    const read = () => client.readStream(serverName, { ...options, maxCount: 1 })
    for await (const resolved of atLeader(read, isMissing)) return resolved
    return undefined
  }

  return async ({ stream, revision, position, id }) => {
    const serverName = names.onServer(stream)
    try {
      const there = await first(serverName, { fromRevision: BigInt(revision) })
      if (there?.event && Number(there.event.revision) === revision)
        return there.event.id === id && positionOf(there) === position ? 'found' : 'missing'
      const metadata = await first(`$$${serverName}`, { direction: 'backwards', fromRevision: 'end' })
      const { $tb: begins = 0 } = (metadata?.event?.data ?? {}) as { $tb?: number }
      return there !== undefined || begins > revision ? 'removed' : 'missing'
    } catch (error) {
      if (error instanceof StoreUnavailable && error.cause instanceof StreamDeletedError) return 'removed'
      throw error
    }
  }
}
