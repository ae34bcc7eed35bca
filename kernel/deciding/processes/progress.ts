// Tracks how far the log has been handled, and when that is stored.
import type { Logger } from '../../logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'
import { openCheckpoint } from './checkpoint.ts'
import { openWatermark } from './watermark.ts'

/**
 * The checkpoint is stored after this many events, or after this many milliseconds. After a crash, the events since the
 * checkpoint are handled again before any new ones. Events are counted, because the distance of two positions says
 * nothing: in some logs positions are bytes.
 */
const CHECKPOINT_EVERY = 1_000
const CHECKPOINT_AFTER = 2_000

export interface Progress {
  /** Where a reader that starts now continues. */
  start: Position
  /** Work at this position has begun: no checkpoint passes it until it is done. */
  begin(position: Position): void
  end(positions: readonly Position[]): void
  /** This many events have been read, up to this position. Stores the checkpoint when it is due. */
  read(position: Position, events: number): Promise<void>
  /** Everything up to here is done. */
  position(): Position
  /** Stores the progress since the checkpoint. */
  close(): Promise<void>
}

/** @param reader the name under which the checkpoint is stored */
export async function openProgress(store: EventStore, reader: string, log: Pick<Logger, 'warn'>): Promise<Progress> {
  const checkpoint = await openCheckpoint(store, reader)
  const watermark = openWatermark(checkpoint.position)
  let lastStored = Date.now()
  let eventsSince = 0
  let handled = false

  async function storeNow(): Promise<void> {
    lastStored = Date.now()
    eventsSince = 0
    handled = false
    try {
      const alone = await checkpoint.store(watermark.low())
      if (!alone) log.warn({ reader }, 'another process runs the same sagas')
    } catch (error) {
      // An older checkpoint only means more to read after the next start.
      log.warn({ reader, err: error }, 'the checkpoint could not be stored')
    }
  }

  return {
    start: checkpoint.position,
    begin: watermark.begin,
    end(positions) {
      for (const position of positions) watermark.end(position)
      handled = true
    },
    async read(position, events) {
      watermark.seen(position)
      // Where others write, a batch may only contain a position.
      eventsSince += Math.max(events, 1)
      const isLong = handled && Date.now() - lastStored >= CHECKPOINT_AFTER
      if (eventsSince >= CHECKPOINT_EVERY || isLong) await storeNow()
    },
    position: watermark.low,
    async close() {
      if (handled) await storeNow()
    },
  }
}
