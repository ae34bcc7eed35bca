// Streams that need only their newest events: allows the server to drop the others.
import type { StreamMetadata } from '@eventstore/db-client'
import { LRUCache } from 'lru-cache'
import type { Logger } from '../../logger.ts'
import type { StreamName } from '../event-store.ts'
import { keptOf } from '../kept-short.ts'
import { isLasting, reason } from './errors.ts'

/** The number of streams whose limit is remembered as set. Setting a limit again does no harm. */
const REMEMBERED = 10_000

interface Options {
  tell(stream: StreamName, metadata: StreamMetadata): Promise<unknown>
  log: Logger | undefined
}

/**
 * Sets the limit of a stream once in the life of a process, before the first append. A failure that is no refusal is
 * tried again before the next append. It never throws: a growing stream does not prevent an append.
 */
export function retention({ tell, log }: Options): (stream: StreamName) => Promise<void> {
  const told = new LRUCache<StreamName, true>({ max: REMEMBERED })
  return async (stream) => {
    const maxCount = keptOf(stream)
    if (maxCount === undefined || told.has(stream)) return
    told.set(stream, true)
    try {
      await tell(stream, { maxCount })
    } catch (error) {
      if (!isLasting(error)) told.delete(stream)
      log?.warn(
        { stream, maxCount, reason: reason(error) },
        'The server could not be told to drop what is old: the stream grows',
      )
    }
  }
}
