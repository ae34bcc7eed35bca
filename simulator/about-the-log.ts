import type { RecordedEvent } from '../events/catalogue.ts'
// Which events say nothing about the business: the places of readers, the leases of processes, the snapshots of streams.

export function isAboutTheLog({ stream }: Pick<RecordedEvent, 'stream'>): boolean {
  return /^(checkpoint|lease|snapshot)-/.test(stream)
}
