// Stored events of older versions, made into what the catalogue says today. Stored events themselves are never changed.
import type { Upcasters } from '../kernel/store/catalogue.ts'

/**
 * The current version of all events' data. An event that was stored with an older version is upcast when it is read, where its data has
 * changed since. It is raised together with an entry here.
 */
export const SCHEMA_VERSION = 2

/**
 * By the type of the event, then by the version that it was stored with: its data in the next version. The versions are those of the
 * whole catalogue, so most types have no entry for most versions.
 */
export const upcasters: Upcasters = {
  CreditLimitChanged: {
    // Version 2 names the limit before as a changed price names the price before.
    1: ({ previousLimit, ...data }) => ({ ...data, previousCreditLimit: previousLimit }),
  },
}
