// Reads stored events of older versions in the current form of the catalogue. It never changes the stored events.
import type { Catalogue } from './catalogue.ts'
import type { Data } from './category.ts'

interface Versioned {
  type: string
  data: unknown
  metadata: { schemaVersion: number }
}

/**
 * The event in the current form of the catalogue; the very same event when it was stored in that form. An event of a
 * newer version is not changed.
 */
export function upcast<Event extends Versioned>(event: Event, { version, upcasters }: Catalogue): Event {
  if (event.metadata.schemaVersion >= version) return event
  const steps = Object.hasOwn(upcasters, event.type) ? upcasters[event.type] : undefined
  if (!steps) return event
  let data = event.data as Data
  for (let from = event.metadata.schemaVersion; from < version; from++) data = steps[from]?.(data) ?? data
  return { ...event, data, metadata: { ...event.metadata, schemaVersion: version } }
}
