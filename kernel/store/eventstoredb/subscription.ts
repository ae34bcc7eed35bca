// A subscription that resumes after the last position received, whenever the server or the connection ends it.

import { setTimeout as pause } from 'node:timers/promises'
import { type BackOff, backOff } from '../../failures/back-off.ts'
import type { Outage } from '../../failures/outage.ts'
import type { Logger } from '../../logger.ts'
import type { Catalogue } from '../catalogue.ts'
import { isWanted } from '../categories.ts'
import type { Batch, ForeignEvent, RecordedEvent } from '../event-store.ts'
import type { Position } from '../position.ts'
import { isForeign } from '../recognise.ts'
import { arrivals, type Handful, Interrupted } from './arrivals.ts'
import type { Client } from './client.ts'
import { isLasting, isTooSlow, unavailable } from './errors.ts'
import { positionOf, recordedEvent } from './events.ts'
import type { Names } from './names.ts'

export interface ResumingSubscription {
  client: Client
  catalogue: Catalogue
  names: Names
  after: Position
  /** Ends the subscription without an error. */
  signal: AbortSignal
  categories: readonly string[] | undefined
  batchSize: number
  log: Logger | undefined
  /** The outage of the server, shared by all its users. */
  outage: Outage
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/**
 * The batches of all events after a position. The server filters by namespace only, and this function by category. So
 * every event of the namespace advances the position at once. The server's checkpoints, which come seldom, advance it
 * over the events of others.
 * @throws StoreUnavailable where waiting does not help: access denied, a refused argument
 */
export async function* resumingSubscription(options: ResumingSubscription): AsyncGenerator<Batch> {
  const { client, catalogue, names, signal, categories, batchSize, log, outage } = options
  const wanted = categories && new Set(categories)
  let position = options.after
  const pauses = backOff({ firstPauseMs: FIRST_PAUSE_MS, longestPauseMs: LONGEST_PAUSE_MS })
  let isFirst = true

  while (!signal.aborted) {
    const source = arrivals(client, names.prefix, position, signal)
    try {
      for (let taken = await source.take(batchSize); taken; taken = await source.take(batchSize)) {
        pauses.reset()
        isFirst = true
        outage.over()
        const batch = batchOf(taken, position)
        if (batch.position === position) continue
        position = batch.position
        yield batch
      }
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      if (isLasting(error.cause)) throw unavailable(error.cause)
      const resumesInMs = pauseBefore(isFirst, error.cause, pauses)
      log?.debug({ position, err: error.cause, resumesInMs }, 'A subscription was interrupted')
      if (!isTooSlow(error.cause)) outage.noticed(unavailable(error.cause))
      isFirst = false
      await pause(resumesInMs, undefined, { signal }).catch(() => {})
    } finally {
      source.leave()
    }
  }

  function batchOf({ resolved, checkpoint }: Handful, before: Position): Batch {
    const events: RecordedEvent[] = []
    const foreign: ForeignEvent[] = []
    let reached = before
    for (const each of resolved) {
      const at = positionOf(each)
      if (at <= reached) continue
      reached = at
      const event = recordedEvent(each, names, catalogue)
      if (event && isForeign(event)) foreign.push(event)
      else if (event && isWanted(event, wanted)) events.push(event)
    }
    const position = Math.max(reached, checkpoint ?? before)
    return { events, position, ...(foreign.length > 0 && { foreign }) }
  }
}

/** A slow subscriber is no fault of the server: there is nothing to wait for, unless nothing arrived at all. */
function pauseBefore(isFirst: boolean, failure: unknown, pauses: BackOff): number {
  return isTooSlow(failure) && isFirst ? 0 : pauses.next()
}
