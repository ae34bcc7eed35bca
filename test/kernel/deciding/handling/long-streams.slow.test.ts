// Customers with 100,000 settled reservations, and with 50,000 open ones, are loaded by reading few events.

import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { openCommandHandler } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import { openLog, watched } from '../../../../command/log.given.ts'
import type { EventStore, NewEvent } from '../../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { NO_EVENTS } from '../../../../kernel/store/event-store.ts'

const stream = 'customer-cus_1'
const RESERVATIONS = 100_000
const OPEN = 50_000
const AT_ONCE = 500

test('a customer with 100,000 settled reservations is loaded by reading about a thousand events', async () => {
  const store = await openLog()
  await fill(store, RESERVATIONS, (number) => [
    { ...cus.reserved(`ord_${number}`, 100), ...recorded(`~placement-ord_${number}/credit/reserve`) },
    { ...cus.released(`ord_${number}`, 100), ...recorded(`~placement-ord_${number}/credit/undo`) },
  ])
  const first = watched(store)
  expect(await change(first, 'before there is a snapshot')).toMatchObject({ accepted: true })
  expect(first.eventsRead(stream)).toBe(1 + 2 * RESERVATIONS)
  await snapshotTaken(store)

  const again = watched(store)
  expect(await change(again, 'another')).toMatchObject({
    accepted: true,
    duplicate: false,
    revision: 2 * RESERVATIONS + 2,
  })
  expect(again.eventsRead(stream) + again.eventsRead(`snapshot-${stream}`)).toBeLessThanOrEqual(1_002)
})

test('a customer with 50,000 open reservations is loaded from a snapshot of as many parts as that takes', async () => {
  const store = await openLog()
  const longest = (number: number) => `ord_${String(number).padStart(64, '0')}`
  await fill(store, OPEN, (number) => [
    { ...cus.reserved(longest(number), 100), ...recorded(`~placement-${longest(number)}/credit/reserve`) },
  ])
  expect(await change(store, 'before there is a snapshot')).toMatchObject({ accepted: true })
  const { parts } = await snapshotTaken(store)
  expect(parts).toBeGreaterThan(5)

  const again = watched(store)
  expect(await change(again, 'another')).toMatchObject({ accepted: true, duplicate: false, revision: OPEN + 2 })
  expect(again.eventsRead(stream) + again.eventsRead(`snapshot-${stream}`)).toBeLessThanOrEqual(parts + 2)
})

function change(log: EventStore, commandId: string) {
  const command = cus.changeLimit(commandId.length)
  return openCommandHandler(log).send({ stream, command, commandId, digest: '', correlationId: commandId })
}

/** The last part of the first snapshot, once it is there. */
function snapshotTaken(store: EventStore) {
  const lastPart = async () => {
    for await (const [newest] of store.readBackwards(`snapshot-${stream}`, { limit: 1 })) {
      if (newest?.type === 'SnapshotPartTaken' && newest.data.part === newest.data.parts) return newest.data
    }
    throw new Error('there is no snapshot yet')
  }
  return vi.waitFor(lastPart, { timeout: 60_000 })
}

/** A customer with what as many orders have done. */
async function fill(store: EventStore, orders: number, eventsOf: (number: number) => NewEvent[]): Promise<void> {
  const registration = { ...cus.registered({ creditLimit: 100_000_000 }), ...recorded('registration') }
  let { revision } = await store.append(stream, [registration], NO_EVENTS)
  for (let from = 0; from < orders; from += AT_ONCE) {
    const events = Array.from({ length: AT_ONCE }, (_, index) => eventsOf(from + index)).flat()
    revision = (await store.append(stream, events, revision)).revision
  }
}

function recorded(commandId: string) {
  return { id: randomUUID(), metadata: { commandId, digest: '', schemaVersion: SCHEMA_VERSION } }
}
