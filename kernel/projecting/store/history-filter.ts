// The filter of the history, and the check of an entry against it.
import type { HistoryEntry, HistoryQuery, Range } from './view-store.ts'

/** All conditions must hold. */
export type HistoryFilter = Omit<HistoryQuery, 'after' | 'first'>

/** A test for entries. */
export function matcher(filter: HistoryFilter): (entry: HistoryEntry) => boolean {
  const { topic, stream, recordedAt, commandId, correlationId } = filter
  const types = filter.typeIn && new Set(filter.typeIn)
  return (entry) =>
    (topic === undefined || entry.topics.includes(topic)) &&
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
