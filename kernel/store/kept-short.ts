// Streams that need only their newest events: leases, checkpoints and snapshots.
import { categoryOf } from './categories.ts'
import type { StreamName } from './event-store.ts'
import { SNAPSHOT_EVENTS_OF_USE } from './kernel-events.ts'

/**
 * The number of newest events to keep. The holder renews a lease each second, and its members read some hundred
 * renewals.
 */
const KEPT: Readonly<Record<string, number | undefined>> = {
  lease: 1_000,
  checkpoint: 10,
  snapshot: SNAPSHOT_EVENTS_OF_USE,
}

/** The smallest number of newest events that a stream keeps; `undefined` for history, which is kept whole. */
export function keptOf(stream: StreamName): number | undefined {
  return KEPT[categoryOf(stream)]
}
