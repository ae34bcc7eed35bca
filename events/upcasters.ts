// Stored events of older versions, made into what the catalogue says today. Stored events themselves are never changed.
import { SCHEMA_VERSION } from './catalogue.ts'

type Data = Readonly<Record<string, unknown>>

/**
 * By the type of the event, then by the version that it was stored with: what its data is in the next version. The versions are those of the
 * whole catalogue, so most types have no entry for most versions.
 */
const UPCASTERS: Readonly<Record<string, Readonly<Record<number, (data: Data) => Data>>>> = {
  CreditLimitChanged: {
    // Version 2 names the limit before as a changed price names the price before.
    1: ({ previousLimit, ...data }) => ({ ...data, previousCreditLimit: previousLimit }),
  },
}

/** The event as the catalogue has it today; the very same event when it was stored as that. A newer desk's event is left as it is. */
export function upcast<Event extends { type: string; data: unknown; metadata: { schemaVersion: number } }>(
  event: Event,
): Event {
  if (event.metadata.schemaVersion >= SCHEMA_VERSION) return event
  const steps = UPCASTERS[event.type]
  if (!steps) return event
  let data = event.data as Data
  for (let version = event.metadata.schemaVersion; version < SCHEMA_VERSION; version++) {
    data = steps[version]?.(data) ?? data
  }
  return { ...event, data, metadata: { ...event.metadata, schemaVersion: SCHEMA_VERSION } }
}
