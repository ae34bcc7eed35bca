// The cost of an order in each of the two ways to coordinate: alone, from its placing to its end; and the cost of its revision.
import { join } from 'node:path'
import type { Coordination, EventStore } from '../events/catalogue.ts'
import { categoryOf } from '../kernel/store/categories.ts'
import { START } from '../kernel/store/position.ts'
import { type Core, openCore } from './core.ts'

interface Cost {
  appends: number
  events: number
}

interface Case {
  what: string
  lines: number
  /** Of each product there are so many pieces in stock. */
  stock: number
  /** The lines of the order after its revision; of a revised order only the revision is counted. */
  revisedTo?: (lines: readonly Line[]) => Line[]
  until: 'OrderApproved' | 'OrderPaid' | 'OrderRejected' | 'OrderRevised' | 'OrderRevisionRejected'
}

interface Line {
  productId: string
  quantity: number
  unitPrice: number
}

const morePieces = (lines: readonly Line[]) => lines.map((line) => ({ ...line, quantity: line.quantity + 1 }))
const anotherProduct = () => [line(1)]

const cases: readonly Case[] = [
  { what: '1 line, until approved', lines: 1, stock: 1, until: 'OrderApproved' },
  { what: '1 line, until shipped and paid', lines: 1, stock: 1, until: 'OrderPaid' },
  { what: '1 line, rejected for lack of stock', lines: 1, stock: 0, until: 'OrderRejected' },
  { what: '10 lines, until approved', lines: 10, stock: 1, until: 'OrderApproved' },
  { what: '675 lines, until approved', lines: 675, stock: 1, until: 'OrderApproved' },
  { what: 'revision to more pieces of 1 line', lines: 1, stock: 2, revisedTo: morePieces, until: 'OrderRevised' },
  { what: 'revision to another product', lines: 1, stock: 1, revisedTo: anotherProduct, until: 'OrderRevised' },
  {
    what: 'revision of 1 line, rejected for lack of stock',
    lines: 1,
    stock: 1,
    revisedTo: morePieces,
    until: 'OrderRevisionRejected',
  },
  { what: 'revision to more pieces of 10 lines', lines: 10, stock: 2, revisedTo: morePieces, until: 'OrderRevised' },
]

/** One line a case: what the order is, and what it costs by each. */
export async function costOfCoordination(
  directory: string,
): Promise<{ what: string; by: Record<Coordination, Cost & { bytes: number }> }[]> {
  const costs = []
  for (const [index, order] of cases.entries()) {
    const by = {
      orchestration: await cost(join(directory, `o${index}`), 'orchestration', order),
      choreography: await cost(join(directory, `c${index}`), 'choreography', order),
    }
    costs.push({ what: order.what, by })
  }
  return costs
}

async function cost(directory: string, coordination: Coordination, { lines: size, stock, revisedTo, until }: Case) {
  const spent = { appends: 0, events: 0, bytes: 0 }
  const core = await openCore(directory, (store) => counted(store, spent))
  const [customerId, orderId] = ['cus_1', 'ord_1']
  await core.send('customer-cus_1', { type: 'RegisterCustomer', customerId, name: 'Acme', creditLimit: 1_000_000 })
  const lines = Array.from({ length: size }, (_, number) => line(number))
  for (const { productId } of [...lines, line(size)]) {
    await core.send(`product-${productId}`, { type: 'AddProduct', productId, name: 'Nail', price: 100, stock })
  }

  const nothing = { appends: 0, events: 0, bytes: 0 }
  Object.assign(spent, nothing)
  await core.send('order-ord_1', { type: 'PlaceOrder', orderId, customerId, content: { lines }, coordination })
  await happened(core, until === 'OrderRejected' ? until : 'OrderApproved')
  if (until === 'OrderPaid') {
    await core.send('order-ord_1', { type: 'ShipOrder', orderId })
    await core.send('order-ord_1', { type: 'RecordPayment', orderId })
  }
  await quiet(spent)
  if (revisedTo) {
    Object.assign(spent, nothing)
    await core.send('order-ord_1', { type: 'ReviseOrder', orderId, content: { lines: revisedTo(lines) } })
    await happened(core, until)
    await quiet(spent)
  }
  const result = { ...spent }
  await core.close()
  return result
}

function line(number: number): Line {
  return { productId: `prd_${number}`, quantity: 1, unitPrice: 100 }
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

async function happened({ store }: Core, type: Case['until']): Promise<void> {
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
