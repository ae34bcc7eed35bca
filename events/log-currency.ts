// The currency of all amounts in a log, which its first start records.

import { randomUUID } from 'node:crypto'
import { ALL_EVENTS, OutcomeUnknown, RevisionConflict } from '../kernel/store/event-store.ts'
import type { EventStore, NewEvent, RecordedEvent } from './catalogue.ts'
import { SCHEMA_VERSION } from './upcasters.ts'

/** Of a log without a recorded currency, and of a new one where nobody says otherwise. */
export const USUAL_CURRENCY = 'EUR'

/**
 * The currency of the log, as an ISO 4217 code. To be asked for after the identity and before anything else is appended: a log with nothing
 * but its identity is new, and gets the currency of choice. Processes that start at once agree on one.
 * @throws StoreUnavailable, or OutcomeUnknown when it is not known whether the currency was recorded
 */
export async function logCurrency(store: EventStore, choice = USUAL_CURRENCY): Promise<string> {
  // The head first: every event in the log by then was appended after its currency was recorded, or by a release that
  // records none.
  const head = await store.head()
  const { newest, currency } = await logStream(store)
  if (currency !== undefined) return currency
  if (head > newest.position) return USUAL_CURRENCY

  const chosen: NewEvent = {
    type: 'CurrencyChosen',
    data: { currency: choice },
    id: randomUUID(),
    metadata: { schemaVersion: SCHEMA_VERSION },
  }
  try {
    await store.append('log', [chosen], newest.revision)
    return choice
  } catch (error) {
    // The first currency to be recorded is the one: another process may have been quicker.
    const settled =
      error instanceof RevisionConflict || error instanceof OutcomeUnknown ? await logStream(store) : undefined
    if (settled?.currency !== undefined) return settled.currency
    throw error
  }
}

async function logStream(store: EventStore) {
  let newest: { revision: number; position: number } | undefined
  let currency: string | undefined
  for await (const page of store.read('log', { limit: ALL_EVENTS })) {
    newest = page.at(-1) ?? newest
    currency ??= page.find(isChoice)?.data.currency
  }
  if (!newest) throw new Error('The log has no identity yet: it comes before the currency.')
  return { newest, currency }
}

function isChoice(event: RecordedEvent): event is Extract<RecordedEvent, { type: 'CurrencyChosen' }> {
  return event.type === 'CurrencyChosen'
}
