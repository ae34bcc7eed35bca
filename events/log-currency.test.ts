// A log has one currency from its first start on, on the embedded log and on EventStoreDB.

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ALL_EVENTS, NO_EVENTS, OutcomeUnknown } from '../kernel/store/event-store.ts'
import { eventStoreOn } from '../kernel/store/eventstoredb/eventstoredb-event-store.ts'
import { namesIn } from '../kernel/store/eventstoredb/names.ts'
import { scriptedServer } from '../kernel/store/eventstoredb/scripted-server.given.ts'
import { logIdentity } from '../kernel/store/log-identity.ts'
import { catalogue, type EventStore } from './catalogue.ts'
import { logCurrency } from './log-currency.ts'
import { openSqliteEventStore } from './open-log.ts'
import { SCHEMA_VERSION } from './upcasters.ts'

let directory: string
let opened: EventStore[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-currency-'))
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  await rm(directory, { recursive: true })
})

/** Opens the same log again and again. */
const places = {
  'the embedded log': () => () => openSqliteEventStore({ file: join(directory, 'events.db') }),
  EventStoreDB: () => {
    const server = scriptedServer()
    return async () => eventStoreOn(server.shared, { catalogue, names: namesIn('desk') })
  },
}

describe.each(Object.entries(places))('on %s', (_, place) => {
  let again: () => Promise<EventStore>
  beforeEach(() => {
    const openStore = place()
    again = async () => {
      const store = await openStore()
      opened.push(store)
      return store
    }
  })

  async function created(): Promise<EventStore> {
    const store = await again()
    await logIdentity(store)
    return store
  }

  test('the first start records the currency, right after the identity', async () => {
    expect(await logCurrency(await created(), 'GBP')).toBe('GBP')
    expect(await logStream(await again())).toEqual([
      { type: 'LogCreated', data: { logId: expect.any(String) } },
      { type: 'CurrencyChosen', data: { currency: 'GBP' } },
    ])
  })

  test('a first start without a currency records EUR', async () => {
    expect(await logCurrency(await created())).toBe('EUR')
    expect(await logStream(await again())).toMatchObject([{}, { type: 'CurrencyChosen', data: { currency: 'EUR' } }])
  })

  test('a later start uses the recorded currency instead of its choice, and records nothing', async () => {
    await logCurrency(await created(), 'GBP')
    for (const choice of [undefined, 'GBP', 'EUR']) expect(await logCurrency(await again(), choice)).toBe('GBP')
    expect(await logStream(await again())).toHaveLength(2)
  })

  test('processes that start at once agree on the currency of one of them', async () => {
    const stores = [await created(), await again(), await again(), await again()]
    const choices = ['GBP', 'USD', 'CHF', 'SEK']
    const agreed = new Set(await Promise.all(stores.map((store, index) => logCurrency(store, choices[index]))))
    const [, ...chosen] = await logStream(await again())
    expect(chosen).toEqual([...agreed].map((currency) => ({ type: 'CurrencyChosen', data: { currency } })))
    expect(chosen).toHaveLength(1)
  })

  test('a first start that was killed before the currency was recorded leaves the choice to the next one', async () => {
    await created()
    expect(await logCurrency(await again(), 'GBP')).toBe('GBP')
  })

  test('a log of a release without currencies is in EUR, and stays as it is', async () => {
    const store = await created()
    await used(store)
    for (const choice of [undefined, 'GBP']) expect(await logCurrency(await again(), choice)).toBe('EUR')
    expect(await logStream(await again())).toHaveLength(1)
  })

  test('a currency whose append had an unknown outcome is read back', async () => {
    const store = await created()
    const doubtful: EventStore = {
      ...store,
      async append(stream, events, expected) {
        await store.append(stream, events, expected)
        throw new OutcomeUnknown('the connection broke')
      },
    }
    expect(await logCurrency(doubtful, 'GBP')).toBe('GBP')
  })

  test('a process that is overtaken between its looks does not take the log for an older one', async () => {
    const store = await created()
    const overtaken: EventStore = {
      ...store,
      async head() {
        const head = await store.head()
        await logCurrency(store, 'GBP')
        await used(store)
        return head
      },
    }
    expect(await logCurrency(overtaken)).toBe('GBP')
  })
})

async function used(store: EventStore): Promise<void> {
  const event = { type: 'CheckpointStored' as const, data: { reader: 'saga', position: 1 } }
  const metadata = { schemaVersion: SCHEMA_VERSION }
  await store.append('checkpoint-saga', [{ ...event, id: randomUUID(), metadata }], NO_EVENTS)
}

async function logStream(store: EventStore): Promise<object[]> {
  const events: object[] = []
  for await (const page of store.read('log', { limit: ALL_EVENTS })) {
    events.push(...page.map(({ type, data }) => ({ type, data })))
  }
  return events
}
