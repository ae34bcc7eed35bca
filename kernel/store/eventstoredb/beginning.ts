// The beginning of a namespace's log, on a server that also contains the logs of others.
import { setTimeout as pause } from 'node:timers/promises'
import type { Outage } from '../../failures/outage.ts'
import { type RecordedEvent, StoreUnavailable } from '../event-store.ts'
import { isLasting } from './errors.ts'

const TRIED_AGAIN_AFTER_MS = 250

/**
 * The first event of the log, which is its identity: no event of the namespace comes before it. `undefined` while there
 * is none, and when somebody has truncated its stream. Waits for an unreachable server until the signal aborts.
 * @param read returns the first event of the stream `log`
 * @throws StoreUnavailable when waiting does not help
 */
export async function beginningOf(
  read: () => AsyncIterable<RecordedEvent[]>,
  { signal, outage }: { signal: AbortSignal; outage: Outage },
): Promise<RecordedEvent | undefined> {
  while (!signal.aborted) {
    try {
      const first = await firstOf(read())
      outage.over()
      return first?.type === 'LogCreated' && first.revision === 0 ? first : undefined
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || isLasting(error.cause)) throw error
      outage.noticed(error)
      await pause(TRIED_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {})
    }
  }
  return undefined
}

async function firstOf(pages: AsyncIterable<RecordedEvent[]>): Promise<RecordedEvent | undefined> {
  for await (const [first] of pages) return first
  return undefined
}
