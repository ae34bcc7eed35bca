// Decides of an entry in memory what the view store decides in its history: whether a filter lets it through.
import type { HistoryEntry, HistoryQuery, Range } from '../store/view-store.ts'

/** Which entries of the history are asked for: all conditions must hold. */
export type HistoryFilter = Omit<HistoryQuery, 'after' | 'first'>

/** A test for entries that are known to have the topic of the filter, if it has one. */
export function matcher(filter: Omit<HistoryFilter, 'topic'>): (entry: HistoryEntry) => boolean {
  const { stream, recordedAt, commandId, correlationId } = filter
  const types = filter.typeIn && new Set(filter.typeIn)
  return (entry) =>
    (stream === undefined || entry.stream === stream) &&
    (types === undefined || types.has(entry.type)) &&
    (recordedAt === undefined || within(recordedAt, entry.recordedAt)) &&
    (commandId === undefined || entry.metadata.commandId === commandId) &&
    (correlationId === undefined || entry.metadata.correlationId === correlationId)
}

function within({ gte, gt, lte, lt }: Range, value: string): boolean {
  return (
    (gte === undefined || value >= gte) &&
    (gt === undefined || value > gt) &&
    (lte === undefined || value <= lte) &&
    (lt === undefined || value < lt)
  )
}
