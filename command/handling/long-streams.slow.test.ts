// A customer with 100,000 settled reservations is loaded by reading about a thousand events.
import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { SCHEMA_VERSION } from '../../events/catalogue.ts'
import { type EventStore, NO_EVENTS } from '../../events/store/event-store.ts'
import * as cus from '../customer/customer.given.ts'
import { openLog, watched } from '../log.given.ts'
import { openCommandHandler } from './command-handler.ts'

const stream = 'customer-cus_1'
const RESERVATIONS = 100_000
const AT_ONCE = 500

test('a customer with 100,000 settled reservations is loaded by reading about a thousand events', async () => {
  const store = await openLog()
  await settle(store)
  const send = (log: EventStore, commandId: string) =>
    openCommandHandler(log).send({
      stream,
      command: cus.changeLimit(commandId.length),
      commandId,
      digest: '',
      correlationId: commandId,
    })

  const first = watched(store)
  expect(await send(first, 'before there is a snapshot')).toMatchObject({ accepted: true })
  expect(first.eventsRead(stream)).toBe(1 + 2 * RESERVATIONS)
  await vi.waitFor(async () => {
    for await (const [snapshot] of store.readBackwards(`snapshot-${stream}`)) return expect(snapshot).toBeDefined()
    throw new Error('there is no snapshot yet')
  })

  const again = watched(store)
  expect(await send(again, 'another')).toMatchObject({
    accepted: true,
    duplicate: false,
    revision: 2 * RESERVATIONS + 2,
  })
  expect(again.eventsRead(stream) + again.eventsRead(`snapshot-${stream}`)).toBeLessThanOrEqual(1_002)
})

/** As many reservations made and given back, by the sagas of as many orders. */
async function settle(store: EventStore): Promise<void> {
  const recorded = (commandId: string) => ({
    id: randomUUID(),
    metadata: { commandId, digest: '', schemaVersion: SCHEMA_VERSION },
  })
  const registration = { ...cus.registered({ creditLimit: 1_000_000 }), ...recorded('registration') }
  let { revision } = await store.append(stream, [registration], NO_EVENTS)
  for (let from = 0; from < RESERVATIONS; from += AT_ONCE) {
    const events = Array.from({ length: AT_ONCE }, (_, index) => `ord_${from + index}`).flatMap((orderId) => [
      { ...cus.reserved(orderId, 100), ...recorded(`~placement-${orderId}/credit/reserve`) },
      { ...cus.released(orderId, 100), ...recorded(`~placement-${orderId}/credit/undo`) },
    ])
    revision = (await store.append(stream, events, revision)).revision
  }
}
