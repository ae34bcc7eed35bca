// 200 orders of one customer at the same moment: the stream that everybody wants to append to.
import type { EventStore } from '../events/catalogue.ts'
import { RevisionConflict } from '../kernel/store/event-store.ts'
import { clients } from './clients.ts'
import { openCore } from './core.ts'

const ORDERS = 200

/** The seconds until all are decided, and what it took of the customer's stream. */
export async function hotCustomer(directory: string): Promise<{ seconds: number; appends: number; conflicts: number }> {
  const counted = { appends: 0, conflicts: 0 }
  const core = await openCore(directory, (store) => counting(store, counted))
  const customerId = 'cus_hot'
  const creditLimit = 1_000_000_000
  await core.send(`customer-${customerId}`, { type: 'RegisterCustomer', customerId, name: 'Hot', creditLimit })
  counted.appends = 0

  const start = performance.now()
  const place = (n: number) =>
    core.send(`order-ord_${n}`, { type: 'PlaceOrder', orderId: `ord_${n}`, customerId, content: { total: 100 } })
  await clients(ORDERS, ORDERS, place)
  await approved(core.store, ORDERS)
  const seconds = (performance.now() - start) / 1000
  await core.close()
  return { seconds, ...counted }
}

function counting(store: EventStore, counted: { appends: number; conflicts: number }): EventStore {
  return {
    ...store,
    async append(stream, events, expected) {
      if (stream.startsWith('customer-')) counted.appends++
      try {
        return await store.append(stream, events, expected)
      } catch (error) {
        if (error instanceof RevisionConflict) counted.conflicts++
        throw error
      }
    },
  }
}

async function approved(store: EventStore, count: number): Promise<void> {
  const stopped = new AbortController()
  let left = count
  for await (const { events } of store.subscribe(0, { signal: stopped.signal, categories: ['order'] })) {
    left -= events.filter(({ type }) => type === 'OrderApproved').length
    if (left === 0) return
  }
}
