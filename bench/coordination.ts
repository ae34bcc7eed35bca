// What an order costs in each of the two ways to coordinate: alone, from its placing to its end.
import { join } from 'node:path'
import type { Coordination } from '../events/catalogue.ts'
import { START } from '../events/position.ts'
import { categoryOf } from '../events/store/categories.ts'
import type { EventStore } from '../events/store/event-store.ts'
import { type Core, openCore } from './core.ts'

interface Cost {
  appends: number
  events: number
}

/** One line a case: what the order is, and what it costs by each. */
export async function costOfCoordination(
  directory: string,
): Promise<{ what: string; by: Record<Coordination, Cost & { bytes: number }> }[]> {
  const cases = [
    { what: '1 line, until approved', lines: 1, until: 'OrderApproved' },
    { what: '1 line, until shipped and paid', lines: 1, until: 'OrderPaid' },
    { what: '1 line, rejected for lack of stock', lines: 1, until: 'OrderRejected' },
    { what: '10 lines, until approved', lines: 10, until: 'OrderApproved' },
    { what: '675 lines, until approved', lines: 675, until: 'OrderApproved' },
  ] as const
  const costs = []
  for (const [index, { what, lines, until }] of cases.entries()) {
    const by = {
      orchestration: await cost(join(directory, `o${index}`), 'orchestration', lines, until),
      choreography: await cost(join(directory, `c${index}`), 'choreography', lines, until),
    }
    costs.push({ what, by })
  }
  return costs
}

type Ending = 'OrderApproved' | 'OrderPaid' | 'OrderRejected'

async function cost(directory: string, coordination: Coordination, size: number, until: Ending) {
  const spent = { appends: 0, events: 0, bytes: 0 }
  const core = await openCore(directory, (store) => counted(store, spent))
  const customerId = 'cus_1'
  await core.send(`customer-${customerId}`, {
    type: 'RegisterCustomer',
    customerId,
    name: 'Acme',
    creditLimit: 1_000_000,
  })
  const lines = Array.from({ length: size }, (_, n) => ({ productId: `prd_${n}`, quantity: 1, unitPrice: 100 }))
  const stock = until === 'OrderRejected' ? 0 : 1
  for (const { productId } of lines) {
    await core.send(`product-${productId}`, { type: 'AddProduct', productId, name: 'Nail', price: 100, stock })
  }

  Object.assign(spent, { appends: 0, events: 0, bytes: 0 })
  const orderId = 'ord_1'
  await core.send('order-ord_1', { type: 'PlaceOrder', orderId, customerId, content: { lines }, coordination })
  await happened(core, until === 'OrderRejected' ? until : 'OrderApproved')
  if (until === 'OrderPaid') {
    await core.send('order-ord_1', { type: 'ShipOrder', orderId })
    await core.send('order-ord_1', { type: 'RecordPayment', orderId })
  }
  await quiet(spent)
  const result = { ...spent }
  await core.close()
  return result
}

/** Checkpoints are shared by many orders. */
function counted(store: EventStore, spent: Cost & { bytes: number }): EventStore {
  return {
    ...store,
    append(stream, events, expected) {
      if (categoryOf(stream) !== 'checkpoint') {
        spent.appends++
        spent.events += events.length
        spent.bytes += JSON.stringify(events).length
      }
      return store.append(stream, events, expected)
    },
  }
}

async function happened({ store }: Core, type: Ending): Promise<void> {
  const found = new AbortController()
  for await (const { events } of store.subscribe(START, { signal: found.signal, categories: ['order'] })) {
    if (events.some((event) => event.type === type)) return
  }
}

/** Until nothing has been appended for a while. */
async function quiet(spent: Cost): Promise<void> {
  for (let before = -1; before !== spent.appends; ) {
    before = spent.appends
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
