// Streams of which only the newest events are of use: the server is told that it may drop the others.
import type { StreamMetadata } from '@eventstore/db-client'
import { LRUCache } from 'lru-cache'
import type { Logger } from '../../logger.ts'
import type { StreamName } from '../event-store.ts'
import { keptOf } from '../kept-short.ts'
import { isLasting, reason } from './errors.ts'

/** So many streams are remembered to have been told of; a stream that is told of again is none the worse for it. */
const REMEMBERED = 10_000

interface Options {
  tell(stream: StreamName, metadata: StreamMetadata): Promise<unknown>
  log: Logger | undefined
}

/**
 * Says of a stream how much of it is to be kept, once in the life of a process, before the first append; again before the next one,
 * where that failed and was not refused. It never fails: a stream that grows is no reason not to append to it.
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
