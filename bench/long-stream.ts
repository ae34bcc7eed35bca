// A customer with 100,000 settled reservations: how long the first command takes after a start, without a snapshot and with one.

import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { openCommandHandler } from '../command/commands.ts'
import type { EventStore, NewEvent } from '../events/catalogue.ts'
import { openSqliteEventStore } from '../events/open-log.ts'
import { SCHEMA_VERSION } from '../events/upcasters.ts'
import { NO_EVENTS } from '../kernel/store/event-store.ts'

const RESERVATIONS = 100_000
const AT_ONCE = 500

const customerId = 'cus_old'
const stream = `customer-${customerId}` as const

/** The seconds until a limit is changed by a handler that has just started. */
export async function longStream(file: string): Promise<{ whole: number; fromSnapshot: number }> {
  const store = await openSqliteEventStore({ file })
  await fill(store)
  const whole = await firstChange(store)
  while (!(await hasSnapshot(store))) await turn()
  const fromSnapshot = await firstChange(store)
  await store.close()
  return { whole, fromSnapshot }
}

async function firstChange(store: EventStore): Promise<number> {
  const bus = openCommandHandler(store)
  const commandId = randomUUID()
  const start = performance.now()
  const command = { type: 'ChangeCreditLimit' as const, customerId, creditLimit: 100_000 }
  const outcome = await bus.send({ stream, command, commandId, digest: '', correlationId: commandId })
  if (!outcome.accepted) throw new Error(outcome.refusal.message)
  return (performance.now() - start) / 1000
}

async function hasSnapshot(store: EventStore): Promise<boolean> {
  for await (const _ of store.readBackwards(`snapshot-${stream}`, { limit: 1 })) return true
  return false
}

async function fill(store: EventStore): Promise<void> {
  const registered = recorded('registration', {
    type: 'CustomerRegistered',
    data: { customerId, name: 'Old', creditLimit: 1_000_000 },
  })
  let { revision } = await store.append(stream, [registered], NO_EVENTS)
  for (let from = 0; from < RESERVATIONS; from += AT_ONCE) {
    const orders = Array.from({ length: AT_ONCE }, (_, index) => ({
      customerId,
      orderId: `ord_${from + index}`,
      amount: 100,
    }))
    const events = orders.flatMap((data) => [
      recorded(`~placement-${data.orderId}/credit/reserve`, { type: 'CreditReserved', data }),
      recorded(`~placement-${data.orderId}/credit/settle`, { type: 'CreditReleased', data }),
    ])
    revision = (await store.append(stream, events, revision)).revision
  }
}

function recorded(commandId: string, event: Pick<NewEvent, 'type' | 'data'>): NewEvent {
  const metadata = { commandId, digest: '', correlationId: commandId, schemaVersion: SCHEMA_VERSION }
  return { ...event, id: randomUUID(), metadata } as NewEvent
}
