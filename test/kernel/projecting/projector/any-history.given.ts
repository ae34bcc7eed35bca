// Random logs for tests: few customers, products and orders, to which anything happens in any order.
import fc from 'fast-check'
import type { DomainEvent } from '../../../../events/catalogue.ts'
import * as given from '../../../../query/views/given.ts'

const builders: (() => DomainEvent)[] = [
  given.customerRegistered,
  given.creditLimitChanged,
  given.creditReserved,
  given.creditRefused,
  given.creditReleased,
  given.creditRaised,
  given.creditRaiseRefused,
  given.creditLowered,
  given.productAdded,
  given.priceChanged,
  given.stockReceived,
  given.stockReserved,
  given.stockRefused,
  given.stockReleased,
  given.stockShipped,
  given.stockRaised,
  given.stockRaiseRefused,
  given.stockLowered,
  given.orderPlaced,
  given.orderApproved,
  given.orderRejected,
  given.orderCancelled,
  given.orderShipped,
  given.orderPaid,
  given.reservationsAwaited,
  given.reservationNoted,
  given.revisionRequested,
  given.orderRevised,
  given.revisionRejected,
  given.placementStarted,
  given.placementEnded,
  given.placementAmended,
  given.revisionStarted,
  given.revisionEnded,
  given.sagaParked,
  given.sagaRetried,
  given.checkpointStored,
  given.leaseRenewed,
]

const anyFacts = fc.record({
  customerId: fc.constantFrom('cus_1', 'cus_2'),
  productId: fc.constantFrom('prd_1', 'prd_2'),
  orderId: fc.constantFrom('ord_1', 'ord_2', 'ord_3'),
  total: fc.integer({ min: 0, max: 100_000 }),
  amount: fc.integer({ min: 0, max: 100_000 }),
  quantity: fc.integer({ min: 0, max: 100 }),
})

/** An event of one of the builders, with random values for those of the facts that it has. */
const anyEvent = fc.record({ build: fc.constantFrom(...builders), facts: anyFacts }).map(({ build, facts }) => {
  const { type, data } = build()
  const known = Object.entries(facts).filter(([name]) => name in data)
  return { type, data: { ...data, ...Object.fromEntries(known) } } as DomainEvent
})

/** Up to 200 events, and where to cut them into batches. */
export const anyHistory = fc.array(anyEvent, { minLength: 1, maxLength: 200 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    cuts: fc.array(fc.integer({ min: 1, max: events.length }), { maxLength: 12 }),
  }),
)

/** A list in the pieces between the cuts, empty ones left out. */
export function cutAt<Item>(items: readonly Item[], cuts: readonly number[]): Item[][] {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), items.length]
  return edges
    .slice(1)
    .map((to, index) => items.slice(edges[index], to))
    .filter((piece) => piece.length > 0)
}
