// An append is tried until its outcome is known, and given up in the end.

import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { registered } from '../../../command/customer/customer.given.ts'
import { broken, type Fault, lost, openLog, unavailable, unheard, watched } from '../../../command/log.given.ts'
import type { NewEvent } from '../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../events/upcasters.ts'
import { NO_EVENTS, OutcomeUnknown, StoreUnavailable } from '../../../kernel/store/event-store.ts'
import { appendSettled } from '../../../kernel/store/settled-append.ts'

vi.mock('node:timers/promises', async (original) => ({ ...(await original()), setTimeout: async () => undefined }))

const stream = 'customer-cus_1'
const event = (): NewEvent => ({ ...registered(), id: randomUUID(), metadata: { schemaVersion: SCHEMA_VERSION } })

test.each<[string, Fault[]]>([
  ['at once', []],
  ['after some tries', [unavailable, lost, unheard, unavailable, unheard, lost]],
])('tells where the last event went: %s', async (_, faults) => {
  const store = await openLog()
  const events = [event(), event()]
  expect(await appendSettled(watched(store, faults), stream, events, NO_EVENTS)).toEqual({ revision: 1, position: 2 })
  expect(await store.head()).toBe(2)
})

test('tells of a conflict at once: it is for the caller to decide again', async () => {
  const store = await openLog()
  await store.append(stream, [event()], NO_EVENTS)
  const log = watched(store)
  expect(await appendSettled(log, stream, [event()], NO_EVENTS)).toBe('conflict')
  expect(log.appends).toHaveLength(1)
})

test.each([
  ['away', unavailable, StoreUnavailable],
  ['unclear', lost, OutcomeUnknown],
])('gives up when the store is %s for long', async (_, fault, error) => {
  const log = watched(await openLog(), () => fault)
  await expect(appendSettled(log, stream, [event()], NO_EVENTS)).rejects.toThrow(error)
  expect(log.appends).toHaveLength(9)
})

test('does not try again what is wrong in itself', async () => {
  const log = watched(await openLog(), () => broken)
  await expect(appendSettled(log, stream, [event()], NO_EVENTS)).rejects.toThrow('the disk is broken')
  expect(log.appends).toHaveLength(1)
})
