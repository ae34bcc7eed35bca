// How fast the embedded event store takes events, with nothing around it: the ceiling for everything else.

import { randomUUID } from 'node:crypto'
import { openSqliteEventStore } from '../events/open-log.ts'
import { NO_EVENTS } from '../kernel/store/event-store.ts'
import { clients } from './clients.ts'

const WRITERS = 256
const EVENTS = 150_000

/** Durable single-event appends each second, to streams of their own. */
export async function rawAppends(file: string): Promise<number> {
  const store = await openSqliteEventStore({ file })
  const append = (n: number) => {
    const orderId = `ord_${n}`
    const placed = {
      type: 'CreditReserved' as const,
      data: { customerId: 'cus_of_the_raw_bench', orderId, amount: 123_400 },
      id: randomUUID(),
      metadata: { commandId: randomUUID(), correlationId: randomUUID(), causationId: randomUUID(), schemaVersion: 1 },
    }
    return store.append(`customer-cus_${n}`, [placed], NO_EVENTS)
  }
  await clients(WRITERS, 20_000, append)
  const seconds = await clients(WRITERS, EVENTS, (n) => append(20_000 + n))
  await store.close()
  return EVENTS / seconds
}
