import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../events/catalogue.ts'
import {
  creditRefused,
  creditReleased,
  creditReserved,
  customerRegistered,
  folded,
  given,
  orderApproved,
  orderCancelled,
  orderPaid,
  orderPlaced,
  orderRejected,
  orderRevised,
  orderShipped,
  placementDecided,
  placementEnded,
  placementResumed,
  placementStarted,
  recorder,
  repliesReceived,
  reservationNoted,
  reservationsAwaited,
  sagaDiscarded,
  sagaParked,
  sagaRetried,
  stockRefused,
  stockReleased,
  stockReserved,
  stockShipped,
  time,
} from './given.ts'
import { type OrderDocument, orders } from './orders.ts'

const lines = [
  { productId: 'prd_1', quantity: 1, unitPrice: 10_000 },
  { productId: 'prd_2', quantity: 1, unitPrice: 10_000 },
  { productId: 'prd_1', quantity: 1, unitPrice: 10_000 },
]

test('a placed order is pending, and asks for credit and for the stock of each product once', () => {
  given(orders)
    .when(orderPlaced({ lines }))
    .then({
      id: 'ord_1',
      customerId: 'cus_1',
      status: 'PENDING',
      lines,
      productIds: ['prd_1', 'prd_2'],
      total: 30_000,
      version: 1,
      placedAt: time(1),
      createdAt: time(1),
      placement: {
        state: 'RESERVING',
        startedAt: time(1),
        steps: [
          { name: 'credit', state: 'REQUESTED', at: time(1) },
          { name: 'stock prd_1', state: 'REQUESTED', at: time(1) },
          { name: 'stock prd_2', state: 'REQUESTED', at: time(1) },
        ],
      },
    })
})

test('an order that was placed before it was recorded keeps its own date through all later events', () => {
  const placedAt = '2010-12-01T08:26:00.000Z'
  given(orders, orderPlaced({ placedAt }))
    .when(creditReserved(), stockReserved(), orderApproved())
    .then({ placedAt, createdAt: time(1) })
})

test('an order by a plain total asks for credit only', () => {
  given(orders)
    .when(orderPlaced({ lines: [] }))
    .then({
      lines: [],
      placement: {
        state: 'RESERVING',
        startedAt: time(1),
        steps: [{ name: 'credit', state: 'REQUESTED', at: time(1) }],
      },
    })
})

test('an approved order has every step done', () => {
  placementAfter(creditReserved(), stockReserved(), stockReserved({ productId: 'prd_2' }), orderApproved()).is(
    'APPROVED',
    {
      credit: 'DONE',
      'stock prd_1': 'DONE',
      'stock prd_2': 'DONE',
    },
  )
})

test('a refused step says why', () => {
  placementAfter(
    creditRefused({ amount: 30_000, available: 10_000 }),
    stockRefused({ quantity: 2, available: 1 }),
    stockRefused({ productId: 'prd_2', reason: 'UNKNOWN_PRODUCT', available: 0 }),
  ).is('RESERVING', {
    credit: 'REFUSED (CREDIT_LIMIT_EXCEEDED: 300.00 asked for, 100.00 available)',
    'stock prd_1': 'REFUSED (OUT_OF_STOCK: 2 asked for, 1 available)',
    'stock prd_2': 'REFUSED (UNKNOWN_PRODUCT: there is no product prd_2)',
  })
})

test('the credit of a customer that nobody registered is refused', () => {
  placementAfter(creditRefused({ reason: 'UNKNOWN_CUSTOMER', available: 0 })).is('RESERVING', {
    credit: 'REFUSED (UNKNOWN_CUSTOMER: no customer cus_1 is registered)',
    'stock prd_1': 'REQUESTED',
    'stock prd_2': 'REQUESTED',
  })
})

test('a rejected order gives back what was reserved', () => {
  const rejected = [creditReserved(), stockReserved(), stockRefused({ productId: 'prd_2' }), orderRejected()]
  placementAfter(...rejected).is('COMPENSATING', {
    credit: 'COMPENSATING',
    'stock prd_1': 'COMPENSATING',
    'stock prd_2': 'REFUSED (OUT_OF_STOCK: 3 asked for, 2 available)',
  })
  placementAfter(...rejected, creditReleased(), stockReleased(), placementEnded()).is('REJECTED', {
    credit: 'COMPENSATED',
    'stock prd_1': 'COMPENSATED',
    'stock prd_2': 'REFUSED (OUT_OF_STOCK: 3 asked for, 2 available)',
  })
})

test('a release to make sure leaves a refusal as it is', () => {
  placementAfter(stockRefused(), orderRejected(), stockReleased({ quantity: 0 })).is('COMPENSATING', {
    credit: 'REQUESTED',
    'stock prd_1': 'REFUSED (OUT_OF_STOCK: 3 asked for, 2 available)',
    'stock prd_2': 'REQUESTED',
  })
})

test('a reservation that comes after the cancellation is given back', () => {
  const cancelled = [orderCancelled(), creditReserved()]
  placementAfter(...cancelled).is('COMPENSATING', {
    credit: 'COMPENSATING',
    'stock prd_1': 'REQUESTED',
    'stock prd_2': 'REQUESTED',
  })
  placementAfter(...cancelled, creditReleased(), placementEnded()).is('CANCELLED', {
    credit: 'COMPENSATED',
    'stock prd_1': 'COMPENSATED (nothing was reserved)',
    'stock prd_2': 'COMPENSATED (nothing was reserved)',
  })
})

test('a release that overtook its reservation had nothing to give back', () => {
  placementAfter(
    orderCancelled(),
    creditReleased({ amount: 0 }),
    creditRefused({ reason: 'ALREADY_RELEASED' }),
    stockRefused({ reason: 'ALREADY_RELEASED' }),
  ).is('COMPENSATING', {
    credit: 'COMPENSATED (nothing was reserved)',
    'stock prd_1': 'COMPENSATED (nothing was reserved)',
    'stock prd_2': 'REQUESTED',
  })
})

test('a release that had nothing to give back says so', () => {
  placementAfter(orderCancelled(), creditReleased({ amount: 0 }), stockReleased({ quantity: 0 })).is('COMPENSATING', {
    credit: 'COMPENSATED (nothing was reserved)',
    'stock prd_1': 'COMPENSATED (nothing was reserved)',
    'stock prd_2': 'REQUESTED',
  })
})

test('a reservation that comes after the rejection is given back, as after a cancellation', () => {
  placementAfter(orderRejected({ reason: 'TIMED_OUT' }), creditReserved()).is('COMPENSATING', {
    credit: 'COMPENSATING',
    'stock prd_1': 'REQUESTED',
    'stock prd_2': 'REQUESTED',
  })
})

test('what happens to a product that is not in the order changes nothing', () => {
  given(orders, orderPlaced({ lines }))
    .when(stockReserved({ productId: 'prd_9' }))
    .thenNothing()
})

test('a release that is recorded before the rejection that led to it counts as well', () => {
  placementAfter(creditReserved(), stockReserved(), creditReleased(), orderRejected()).is('COMPENSATING', {
    credit: 'COMPENSATED',
    'stock prd_1': 'COMPENSATING',
    'stock prd_2': 'REQUESTED',
  })
})

test('an approved order that is cancelled gives everything back', () => {
  const reserved = [creditReserved(), stockReserved(), stockReserved({ productId: 'prd_2' }), orderApproved()]
  placementAfter(...reserved, orderCancelled()).is('COMPENSATING', {
    credit: 'COMPENSATING',
    'stock prd_1': 'COMPENSATING',
    'stock prd_2': 'COMPENSATING',
  })
})

test('the placement of a shipped and paid order stays approved, and nothing of it is undone', () => {
  const reserved = [creditReserved(), stockReserved(), stockReserved({ productId: 'prd_2' }), orderApproved()]
  const shipped = [orderShipped(), stockShipped(), stockShipped({ productId: 'prd_2' })]
  placementAfter(...reserved, ...shipped, orderPaid(), creditReleased(), placementEnded()).is('APPROVED', {
    credit: 'DONE (given back after payment)',
    'stock prd_1': 'DONE (shipped)',
    'stock prd_2': 'DONE (shipped)',
  })
})

test('a placement ends when its saga has ended', () => {
  const order = folded(orders, undefined, recorder()(orderPlaced(), orderCancelled(), placementEnded()))
  expect(order?.placement).toMatchObject({ startedAt: time(1), endedAt: time(3) })
})

test('a step has the time of what changed it last', () => {
  const order = folded(orders, undefined, recorder()(orderPlaced(), creditReserved(), orderCancelled()))
  expect(order?.placement.steps).toEqual([
    { name: 'credit', state: 'COMPENSATING', at: time(3) },
    { name: 'stock prd_1', state: 'REQUESTED', at: time(1) },
  ])
})

test.each([
  [orderApproved(), { status: 'APPROVED' }],
  [orderRejected({ reason: 'TIMED_OUT' }), { status: 'REJECTED', rejectionReason: 'TIMED_OUT' }],
  [orderCancelled({ reason: 'changed my mind' }), { status: 'CANCELLED', cancellationReason: 'changed my mind' }],
  [orderShipped({ trackingCode: 'DHL 1' }), { status: 'SHIPPED', trackingCode: 'DHL 1' }],
  [orderPaid(), { status: 'PAID' }],
] as const)('after $type the order is $status', (event, expected) => {
  given(orders, orderPlaced())
    .when(event)
    .then({ ...expected, version: 2 })
})

test('a reason and a tracking code that were not given are absent', () => {
  const order = folded(orders, undefined, recorder()(orderPlaced(), orderApproved(), orderShipped()))
  expect(Object.keys(order ?? {})).not.toContain('trackingCode')
  const cancelled = folded(orders, undefined, recorder()(orderPlaced(), orderCancelled()))
  expect(Object.keys(cancelled ?? {})).not.toContain('cancellationReason')
})

test("the version counts the events of the order's own stream only", () => {
  given(orders, orderPlaced()).when(creditReserved(), stockReserved()).then({ version: 1 })
})

describe('a parked placement', () => {
  const cancelled = [creditReserved(), stockReserved(), orderApproved(), orderCancelled(), stockReleased()]
  const failed = sagaParked({ reason: 'COMPENSATION_FAILED', steps: ['credit'], error: 'no such thing' })
  const placement = (...events: DomainEvent[]) =>
    folded(orders, undefined, recorder()(orderPlaced(), ...events))?.placement

  test('says since when it waits for an operator, until somebody comes', () => {
    expect(placement(sagaParked())).toMatchObject({ state: 'RESERVING', parkedSince: time(2) })
    expect(placement(sagaParked(), sagaRetried())).not.toHaveProperty('parkedSince')
    expect(placement(sagaParked(), sagaRetried())).toMatchObject({ state: 'RESERVING' })
    expect(placement(sagaParked(), sagaDiscarded())).not.toHaveProperty('parkedSince')
  })

  test('whose compensation failed says which step could not be given back', () => {
    placementAfter(...cancelled, failed).is('COMPENSATION_FAILED', {
      credit: 'FAILED (no such thing)',
      'stock prd_1': 'COMPENSATED',
      'stock prd_2': 'REQUESTED',
    })
  })

  test('compensates again when it is tried again', () => {
    placementAfter(...cancelled, failed, sagaRetried()).is('COMPENSATING', {
      credit: 'COMPENSATING',
      'stock prd_1': 'COMPENSATED',
      'stock prd_2': 'REQUESTED',
    })
    placementAfter(...cancelled, failed, sagaRetried(), creditReleased(), placementEnded()).is('CANCELLED', {
      credit: 'COMPENSATED',
      'stock prd_1': 'COMPENSATED',
      'stock prd_2': 'COMPENSATED (nothing was reserved)',
    })
  })

  test('whose release was recorded although the saga did not learn of it has given that back', () => {
    placementAfter(...cancelled, creditReleased(), failed, sagaRetried(), placementEnded()).is('CANCELLED', {
      credit: 'COMPENSATED',
      'stock prd_1': 'COMPENSATED',
      'stock prd_2': 'COMPENSATED (nothing was reserved)',
    })
  })

  test('is not meant by what is parked of another saga', () => {
    given(orders, orderPlaced())
      .when(sagaParked({ saga: 'another' as 'placement' }))
      .thenNothing()
  })

  test('stays failed when it is given up', () => {
    expect(placement(orderCancelled(), failed, sagaDiscarded())).toMatchObject({ state: 'COMPENSATION_FAILED' })
  })
})

describe('a placement by choreography', () => {
  const coordination = 'choreography' as const
  const placement = (...events: DomainEvent[]) =>
    folded(orders, undefined, recorder()(orderPlaced({ lines, coordination }), ...events))?.placement
  const secondProduct = { productId: 'prd_2' }

  test('has the same steps; what the order notes only counts in its version', () => {
    given(orders, orderPlaced({ lines, coordination }))
      .when(reservationsAwaited(), creditReserved(), reservationNoted())
      .then({ version: 3, status: 'PENDING' })
    expect(placement(creditReserved(), reservationNoted())?.steps).toMatchObject([
      { name: 'credit', state: 'DONE' },
      { name: 'stock prd_1', state: 'REQUESTED' },
      { name: 'stock prd_2', state: 'REQUESTED' },
    ])
  })

  test('that awaits its reservations counts that in the version of the order', () => {
    given(orders, orderPlaced({ lines, coordination })).when(reservationsAwaited()).then({ version: 2 })
  })

  test('differs from one by a saga, which tells itself when it has ended', () => {
    const refused = [creditRefused(), orderRejected(), stockReleased({ quantity: 0 })]
    const bySaga = folded(orders, undefined, recorder()(orderPlaced(), ...refused))?.placement
    expect(bySaga?.steps.map(({ state }) => state)).toEqual(['REFUSED', 'COMPENSATED'])
    expect(bySaga).not.toHaveProperty('endedAt')
  })

  test('ends when everything is given back after a rejection or cancellation', () => {
    const refused = [creditRefused(), stockReserved(), orderRejected(), stockReleased()]
    expect(placement(...refused)).toMatchObject({ state: 'COMPENSATING' })
    expect(placement(...refused)).not.toHaveProperty('endedAt')
    const closed = stockReleased({ ...secondProduct, quantity: 0 })
    const ended = placement(...refused, closed)
    expect(ended).toMatchObject({ state: 'REJECTED', endedAt: time(6) })
    expect(placement(...refused, closed, creditReleased({ amount: 0 }))).toEqual(ended)
    const cancelled = [orderCancelled(), stockReleased({ quantity: 0 }), closed, creditReleased({ amount: 0 })]
    expect(placement(...cancelled)).toMatchObject({ state: 'CANCELLED', endedAt: time(5) })
  })

  test('ends with the decision when everything was refused', () => {
    const refused = [creditRefused(), stockRefused(), stockRefused(secondProduct)]
    expect(placement(...refused, orderRejected())).toMatchObject({ state: 'REJECTED', endedAt: time(5) })
    expect(placement(...refused, orderCancelled())).toMatchObject({ state: 'CANCELLED', endedAt: time(5) })
  })

  test('ends when everything is shipped and paid, and not before', () => {
    const shipped = [creditReserved(), stockReserved(), stockReserved(secondProduct), orderApproved(), orderShipped()]
    const sent = [...shipped, stockShipped(), orderPaid(), creditReleased()]
    expect(placement(...shipped, stockShipped(), stockShipped(secondProduct))).not.toHaveProperty('endedAt')
    expect(placement(...sent)).not.toHaveProperty('endedAt')
    expect(placement(...sent, stockShipped(secondProduct))).toMatchObject({ state: 'APPROVED', endedAt: time(10) })
  })

  test('of a revised order ends when what is new and what was left out is settled, too', () => {
    const revised = [creditReserved(), stockReserved(), orderApproved(), orderRevised({ lines: lines.slice(1, 2) })]
    const sent = [...revised, orderShipped(), stockShipped(secondProduct), orderPaid(), creditReleased()]
    expect(placement(...sent)).not.toHaveProperty('endedAt')
    expect(placement(...sent, stockReleased())).toMatchObject({ endedAt: time(10) })
    const cancelled = [...revised, orderCancelled(), stockReleased(), creditReleased()]
    expect(placement(...cancelled)).not.toHaveProperty('endedAt')
    expect(placement(...cancelled, stockReleased(secondProduct))).toMatchObject({
      state: 'CANCELLED',
      endedAt: time(9),
    })
  })

  test.each(['', 'left out by revision 1', 'anything else'])('ends alike when each detail reads %j', (wording) => {
    const reworded = (...events: DomainEvent[]) =>
      recorder()(orderPlaced({ lines, coordination }), ...events).reduce<OrderDocument | undefined>((before, event) => {
        const order = orders.evolve(before, event)
        if (!order) return order
        const steps = order.placement.steps.map(({ detail: _, ...step }) =>
          wording ? { ...step, detail: wording } : step,
        )
        return { ...order, placement: { ...order.placement, steps } }
      }, undefined)?.placement.endedAt
    const approved = [creditReserved(), stockReserved(), orderApproved(), orderRevised({ lines: lines.slice(1, 2) })]
    const paid = [...approved, orderShipped(), stockShipped(secondProduct), orderPaid(), creditReleased()]
    const cancelled = [...approved, orderCancelled(), creditReleased(), stockReleased(secondProduct)]
    for (const events of [paid, cancelled]) {
      expect(reworded(...events)).toBeUndefined()
      expect(reworded(...events, stockReleased())).toBeDefined()
    }
    expect(reworded(creditRefused(), stockRefused(), stockRefused(secondProduct), orderRejected())).toBeDefined()
  })

  test('that is parked says so', () => {
    expect(placement(sagaParked({ saga: coordination }))).toMatchObject({ parkedSince: time(2) })
  })
})

test('the books of the saga concern no order', () => {
  const events = recorder()(
    placementStarted(),
    placementResumed(),
    repliesReceived(),
    placementDecided(),
    customerRegistered(),
  )
  expect(events.flatMap((event) => orders.documentsOf(event))).toEqual([])
})

test("a change of an order is announced among its customer's orders", () => {
  const order = folded(orders, undefined, recorder()(orderPlaced({ customerId: 'cus_7' })))
  expect(order && orders.topicsOf?.(order)).toEqual(['customers/cus_7/orders'])
})

/** The placement of an order with credit, prd_1 and prd_2, after more events; a detail stands in brackets. */
function placementAfter(...events: DomainEvent[]) {
  const order = folded(orders, undefined, recorder()(orderPlaced({ lines }), ...events))
  return {
    is(state: OrderDocument['placement']['state'], steps: Record<string, string>): void {
      const actual = order?.placement.steps.map(({ name, state, detail }) => [
        name,
        detail ? `${state} (${detail})` : state,
      ])
      expect({ state: order?.placement.state, steps: Object.fromEntries(actual ?? []) }).toEqual({ state, steps })
    },
  }
}
