// Streams of which only the newest events are of use: who holds a lease, where a reader is, what a long stream came to.
import { categoryOf } from './categories.ts'
import type { StreamName } from './event-store.ts'
import { SNAPSHOT_EVENTS_OF_USE } from './kernel-events.ts'

/** How many of their newest events are kept. A lease is renewed each second, and its members look at some hundred renewals. */
const KEPT: Readonly<Record<string, number | undefined>> = {
  lease: 1_000,
  checkpoint: 10,
  snapshot: SNAPSHOT_EVENTS_OF_USE,
}

/** How many of the newest events of a stream are kept at least; `undefined` where it is history, and kept whole. */
export function keptOf(stream: StreamName): number | undefined {
  return KEPT[categoryOf(stream)]
}
