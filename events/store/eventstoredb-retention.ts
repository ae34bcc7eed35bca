// Streams of which only the newest events are of use: the server is told that it may drop the others.
import { type Category, MOST_SNAPSHOT_PARTS } from '../catalogue.ts'
import type { Logger } from '../logger.ts'
import { categoryOf } from './categories.ts'
import type { StreamName } from './event-store.ts'
import type { Client } from './eventstoredb-client.ts'
import { reason } from './eventstoredb-errors.ts'
import type { Names } from './eventstoredb-names.ts'

/**
 * How many of their newest events are kept. A lease is renewed each second, and its members look at the newest 500 renewals. Of
 * snapshots all parts of the newest one are read; while the next one is being written, and one that a crash has left unfinished is between them,
 * it must be there still.
 */
const KEPT: Partial<Record<Category, number>> = { lease: 1_000, checkpoint: 10, snapshot: 3 * MOST_SNAPSHOT_PARTS }

interface Options {
  client: Pick<Client, 'setStreamMetadata'>
  names: Names
  deadlineMs: number
  log: Logger | undefined
}

/**
 * Says of a stream how much of it is to be kept, once in the life of a process, before the first append. It never fails: a stream that
 * grows is no reason not to append to it.
 */
export function retention({ client, names, deadlineMs, log }: Options): (stream: StreamName) => Promise<void> {
  const told = new Set<StreamName>()
  return async (stream) => {
    const maxCount = KEPT[categoryOf(stream)]
    if (maxCount === undefined || told.has(stream)) return
    told.add(stream)
    try {
      await client.setStreamMetadata(names.onServer(stream), { maxCount }, { deadline: deadlineMs })
    } catch (error) {
      log?.warn(
        { stream, maxCount, reason: reason(error) },
        'The server could not be told to drop what is old: the stream grows',
      )
    }
  }
}
