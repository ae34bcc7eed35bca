// Logs the rebuild of views from the first event: its beginning, its progress, and its end.
import type { Logger } from '../../logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'

const TOLD_EVERY_MS = 5_000

export interface Rebuild {
  /** Everything up to here is folded and written. */
  reached(position: Position): void
}

/**
 * Begins to log, if the views are empty and the log has more than its own records.
 * @param now a clock, in milliseconds
 */
export async function tellOfRebuild(
  { store, log }: { store: Pick<EventStore, 'head' | 'readBackwards'>; log: Pick<Logger, 'info'> },
  checkpoint: Position,
  now: () => number = () => performance.now(),
): Promise<Rebuild> {
  const silent = { reached() {} }
  if (checkpoint !== START) return silent
  const to = await store.head()
  for await (const [newest] of store.readBackwards('log', { limit: 1 })) if (newest?.position === to) return silent
  if (to === START) return silent

  const begun = now()
  let toldAt = begun
  let isDone = false
  log.info({ to }, 'The views are built from the log')
  return {
    reached(position) {
      if (isDone) return
      isDone = position >= to
      const seconds = Math.round((now() - begun) / 100) / 10
      if (isDone) log.info({ position, seconds }, 'The views are built, and follow the log')
      else if (now() - toldAt >= TOLD_EVERY_MS) {
        toldAt = now()
        log.info({ position, to, percent: Math.floor((100 * position) / to), seconds }, 'The views are being built')
      }
    },
  }
}
