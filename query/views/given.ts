// For tests of the read side: recorded events, and given/when/then for a projection.

import { expect } from 'vitest'
import { catalogue, type DomainEvent, type RecordedEvent } from '../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../events/upcasters.ts'
import type { Projection, ViewDocument } from '../../kernel/projecting/projection.ts'
import type { StreamName } from '../../kernel/store/event-store.ts'

/**
 * Folds events over the one document that they concern:
 * `given(customers, customerRegistered()).when(creditReserved({ amount: 100 })).then({ reservedCredit: 100 })`.
 */
export function given<Document extends ViewDocument>(projection: Projection<Document>, ...before: DomainEvent[]) {
  const record = recorder()
  const document = folded(projection, undefined, record(...before))
  return {
    when(...events: DomainEvent[]) {
      const recorded = record(...events)
      const after = folded(projection, document, recorded)
      return {
        /** The document after the events has these fields. */
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it.
        then(expected: Partial<Document>): void {
          expect(after).toMatchObject(expected)
          expect(after).toMatchObject({ position: recorded.at(-1)?.position, updatedAt: recorded.at(-1)?.recordedAt })
        },
        /** The very same document is returned, so that nothing is written and no subscriber is woken. */
        thenNothing(): void {
          expect(after).toBe(document)
        },
      }
    },
  }
}

/** The document after the events that concern it. All of them must concern the same one. */
export function folded<Document extends ViewDocument>(
  projection: Projection<Document>,
  document: Document | undefined,
  events: readonly RecordedEvent[],
): Document | undefined {
  return events
    .filter((event) => projection.documentsOf(event).length > 0)
    .reduce((before: Document | undefined, event) => projection.evolve(before, event), document)
}

/** Gives events the places that a log would give them, one second after the other from the beginning of 2026 on. */
export function recorder(): (...events: DomainEvent[]) => RecordedEvent[] {
  const lengths = new Map<StreamName, number>()
  let position = 0
  return (...events) =>
    events.map((event) => {
      const stream = streamOf(event)
      const revision = lengths.get(stream) ?? 0
      lengths.set(stream, revision + 1)
      position += 1
      return {
        ...event,
        id: `event-${position}`,
        metadata: { schemaVersion: SCHEMA_VERSION },
        stream,
        revision,
        position,
        recordedAt: time(position),
      }
    })
}

/** When the n-th event of a recorder is recorded. */
export function time(position: number): string {
  return new Date(Date.UTC(2026, 0, 1) + position * 1000).toISOString()
}

/** The stream that an event belongs in, by the catalogue. */
export function streamOf({ type, data }: DomainEvent): StreamName {
  const found = Object.entries(catalogue.categories).find(([, { events }]) => Object.hasOwn(events, type))
  if (!found) throw new Error(`The catalogue has no event ${type}.`)
  const [category, { about }] = found
  // The stream `log` is the only one of its category.
  return (category === 'log' ? category : `${category}-${about({ ...data })}`) as StreamName
}

type EventOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>

/** An event of customer cus_1, product prd_1 and order ord_1, unless something else is said. */
function builder<Type extends DomainEvent['type']>(type: Type, usual: EventOf<Type>['data']) {
  return (data: Partial<EventOf<Type>['data']> = {}) => {
    // The compiler does not see that a type and its data belong together.
    return { type, data: { ...usual, ...data } } as unknown as EventOf<Type>
  }
}

const ofCustomer = { customerId: 'cus_1' }
const ofCredit = { customerId: 'cus_1', orderId: 'ord_1', amount: 30_000 }
const ofProduct = { productId: 'prd_1' }
const ofStock = { productId: 'prd_1', orderId: 'ord_1', quantity: 3 }
const ofOrder = { orderId: 'ord_1', customerId: 'cus_1', total: 30_000 }

export const customerRegistered = builder('CustomerRegistered', {
  ...ofCustomer,
  name: 'Acme Tools',
  creditLimit: 200_000,
})
export const creditLimitChanged = builder('CreditLimitChanged', {
  ...ofCustomer,
  creditLimit: 50_000,
  previousCreditLimit: 200_000,
})
export const creditReserved = builder('CreditReserved', ofCredit)
export const creditRefused = builder('CreditReservationRefused', {
  ...ofCredit,
  reason: 'CREDIT_LIMIT_EXCEEDED',
  available: 10_000,
})
export const creditReleased = builder('CreditReleased', ofCredit)

export const productAdded = builder('ProductAdded', { ...ofProduct, name: 'Claw Hammer', price: 10_000 })
export const priceChanged = builder('PriceChanged', { ...ofProduct, price: 12_000, previousPrice: 10_000 })
export const stockReceived = builder('StockReceived', { ...ofProduct, quantity: 10 })
export const stockReserved = builder('StockReserved', ofStock)
export const stockRefused = builder('StockReservationRefused', { ...ofStock, reason: 'OUT_OF_STOCK', available: 2 })
export const stockReleased = builder('StockReleased', ofStock)
export const stockShipped = builder('StockShipped', ofStock)

const ofRevision = { orderId: 'ord_1', revision: 1 }
const raisedCredit = { customerId: 'cus_1', ...ofRevision, amount: 40_000, by: 10_000 }
const raisedStock = { productId: 'prd_1', ...ofRevision, quantity: 4, by: 1 }
export const creditRaised = builder('CreditReservationRaised', raisedCredit)
export const creditRaiseRefused = builder('CreditRaiseRefused', {
  customerId: 'cus_1',
  ...ofRevision,
  by: 10_000,
  reason: 'CREDIT_LIMIT_EXCEEDED',
  available: 5_000,
})
export const creditLowered = builder('CreditReservationLowered', { ...raisedCredit, amount: 30_000 })
export const stockRaised = builder('StockReservationRaised', raisedStock)
export const stockRaiseRefused = builder('StockRaiseRefused', {
  productId: 'prd_1',
  ...ofRevision,
  by: 1,
  reason: 'OUT_OF_STOCK',
  available: 0,
})
export const stockLowered = builder('StockReservationLowered', { ...raisedStock, quantity: 3 })

export const orderPlaced = builder('OrderPlaced', {
  ...ofOrder,
  lines: [{ productId: 'prd_1', quantity: 3, unitPrice: 10_000 }],
})
export const orderApproved = builder('OrderApproved', ofOrder)
export const orderRejected = builder('OrderRejected', { ...ofOrder, reason: 'OUT_OF_STOCK' })
export const orderCancelled = builder('OrderCancelled', ofOrder)
export const orderShipped = builder('OrderShipped', ofOrder)
export const orderPaid = builder('OrderPaid', ofOrder)

export const reservationsAwaited = builder('ReservationsAwaited', {
  ...ofOrder,
  coordination: 'choreography',
  deadline: '2026-01-02T00:00:00.000Z',
})
export const reservationNoted = builder('ReservationNoted', {
  ...ofOrder,
  coordination: 'choreography',
  step: 'credit',
})
const revisedLines = [{ productId: 'prd_1', quantity: 4, unitPrice: 10_000 }]
export const revisionRequested = builder('OrderRevisionRequested', {
  ...ofOrder,
  revision: 1,
  lines: revisedLines,
  revisedTotal: 40_000,
  stock: [{ productId: 'prd_1', before: 3, after: 4 }],
})
export const orderRevised = builder('OrderRevised', { ...ofOrder, total: 40_000, revision: 1, lines: revisedLines })
export const revisionRejected = builder('OrderRevisionRejected', { ...ofOrder, revision: 1, reason: 'OUT_OF_STOCK' })

export const placementStarted = builder('PlacementStarted', {
  ...ofOrder,
  stock: [{ productId: 'prd_1', quantity: 3 }],
  deadline: '2026-01-02T00:00:00.000Z',
  window: 32,
})
export const placementResumed = builder('PlacementResumed', {
  orderId: 'ord_1',
  deadline: '2026-01-03T00:00:00.000Z',
  retry: 'event-1',
})
export const repliesReceived = builder('RepliesReceived', { orderId: 'ord_1', replies: [], noticed: [] })
export const placementDecided = builder('PlacementDecided', { orderId: 'ord_1', outcome: 'APPROVED' })
export const placementEnded = builder('PlacementEnded', { orderId: 'ord_1' })
export const placementAmended = builder('PlacementAmended', {
  ...ofOrder,
  stock: [{ productId: 'prd_1', quantity: 4 }],
  amendedAt: 3,
})

export const revisionStarted = builder('RevisionStarted', {
  orderId: 'ord_1',
  customerId: 'cus_1',
  revision: 1,
  total: { before: 30_000, after: 40_000 },
  stock: [{ productId: 'prd_1', before: 3, after: 4 }],
  deadline: '2026-01-02T00:00:00.000Z',
  window: 32,
})
export const revisionResumed = builder('RevisionResumed', {
  ...ofRevision,
  deadline: '2026-01-03T00:00:00.000Z',
  retry: 'event-1',
})
export const revisionDecided = builder('RevisionDecided', { ...ofRevision, outcome: 'APPROVED' })
export const revisionEnded = builder('RevisionEnded', ofRevision)

const ofParked = { saga: 'placement' as const, id: 'ord_1', orderId: 'ord_1', follows: 'order-ord_1' }
export const sagaParked = builder('SagaParked', {
  ...ofParked,
  reason: 'STUCK',
  steps: ['credit'],
  error: 'customer-cus_1 refused ReserveCredit',
  tries: 8,
})
export const sagaRetried = builder('SagaRetried', ofParked)
export const sagaDiscarded = builder('SagaDiscarded', ofParked)

export const logCreated = builder('LogCreated', { logId: 'abcdefghijkl' })
export const currencyChosen = builder('CurrencyChosen', { currency: 'GBP' })
export const checkpointStored = builder('CheckpointStored', { reader: 'sagas', position: 1 })
export const leaseRenewed = builder('LeaseRenewed', { lease: 'projector', holder: 'desk-1', shares: [0] })
