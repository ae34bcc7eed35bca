// Customer, products and order as they are, for placements at random: each command is answered once, and afterwards as the first time.

import type { DomainEvent, ReadableEvent } from '../../events/catalogue.ts'
import { type Aggregate, type Decider, isRefusal } from '../../kernel/deciding/decider.ts'
import type { StreamName } from '../../kernel/store/event-store.ts'
import type { Command } from '../commands.ts'
import { customer } from '../customer/customer.ts'
import { order } from '../order/order.ts'
import { product } from '../product/product.ts'

export interface World {
  creditLimit: number | undefined
  /** Of prd_1, prd_2, …; `undefined` where there is no such product. */
  stocks: readonly (number | undefined)[]
}

/** Customer cus_1, the products, and the order that is placed by its event. */
export function participantsOf({ creditLimit, stocks }: World, placed: DomainEvent) {
  const deciders: Record<string, Decider<Aggregate>> = { customer, product, order }
  const log: ReadableEvent[] = []
  const outcomes = new Map<string, readonly DomainEvent[]>()
  const eventsOf = (stream: StreamName) => log.filter((event) => event.stream === stream)
  const deciderOf = (stream: StreamName) => deciders[stream.split('-')[0] as string] as Decider<Aggregate>
  const stateOf = (stream: StreamName) => {
    const decider = deciderOf(stream)
    return eventsOf(stream).reduce(decider.evolve, decider.initialState())
  }
  const record = (stream: StreamName, event: DomainEvent, commandId: string) => {
    const position = log.length + 1
    log.push({
      ...event,
      id: `event-${position}`,
      metadata: { schemaVersion: 1, commandId },
      stream,
      revision: eventsOf(stream).length,
      position,
      recordedAt: '2026-01-01T00:00:00.000Z',
    })
  }

  record('order-ord_1', placed, 'place')
  if (creditLimit !== undefined) {
    const data = { customerId: 'cus_1', name: 'Acme', creditLimit }
    record('customer-cus_1', { type: 'CustomerRegistered', data }, 'register')
  }
  for (const [index, quantity] of stocks.entries()) {
    const productId = `prd_${index + 1}`
    if (quantity === undefined) continue
    record(`product-${productId}`, { type: 'ProductAdded', data: { productId, name: 'Hammer', price: 100 } }, 'add')
    record(`product-${productId}`, { type: 'StockReceived', data: { productId, quantity } }, 'add')
  }

  return {
    /** Everything that was recorded, in order. */
    log: log as readonly ReadableEvent[],
    /** The events of a command; `undefined` when it is refused. */
    answer(stream: StreamName, command: Command, commandId: string): readonly DomainEvent[] | undefined {
      const key = `${stream} ${commandId}`
      const first = outcomes.get(key)
      if (first) return first
      const decision = deciderOf(stream).decide(command, stateOf(stream))
      if (isRefusal(decision)) return undefined
      const events = decision as readonly DomainEvent[]
      for (const event of events) record(stream, event, commandId)
      if (events.length > 0) outcomes.set(key, events)
      return events
    },
    status: () => (stateOf('order-ord_1') as { status: string }).status,
    held() {
      const reserved = (stream: StreamName) => (stateOf(stream) as { reserved?: number }).reserved ?? 0
      const products = new Set(log.map(({ stream }) => stream).filter((stream) => stream.startsWith('product-')))
      return {
        credit: reserved('customer-cus_1'),
        stock: [...products].reduce((sum, stream) => sum + reserved(stream), 0),
      }
    },
  }
}
