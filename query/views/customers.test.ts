import { expect, test } from 'vitest'
import { shown } from '../../kernel/projecting/projection.ts'
import { customers } from './customers.ts'
import {
  creditLimitChanged,
  creditLowered,
  creditRaised,
  creditRaiseRefused,
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
  placementAmended,
  placementStarted,
  recorder,
  reservationNoted,
  reservationsAwaited,
  revisionStarted,
  time,
} from './given.ts'

test('a registered customer has a limit, and nothing reserved or ordered', () => {
  given(customers)
    .when(customerRegistered({ name: 'Acme Tools', creditLimit: 200_000 }))
    .then({
      id: 'cus_1',
      name: 'Acme Tools',
      words: ['acme', 'tools'],
      creditLimit: 200_000,
      reservedCredit: 0,
      recentOrders: [],
      version: 1,
      createdAt: time(1),
    })
})

test('a recent order is shown with its own date, where it came with one', () => {
  const placedAt = '2010-12-01T08:26:00.000Z'
  given(customers, customerRegistered())
    .when(orderPlaced({ placedAt }), orderPlaced({ orderId: 'ord_2' }))
    .then({ recentOrders: [expect.objectContaining({ placedAt: time(3) }), expect.objectContaining({ placedAt })] })
})

test('a revision reserves more, and gives back what is too much', () => {
  const before = [customerRegistered(), creditReserved({ amount: 500 })]
  given(customers, ...before)
    .when(creditRaised({ amount: 700, by: 200 }))
    .then({ reservedCredit: 700, version: 3 })
  given(customers, ...before, creditRaised({ amount: 700, by: 200 }))
    .when(creditRaiseRefused(), creditLowered({ amount: 100, by: 600 }))
    .then({ reservedCredit: 100, version: 5 })
})

test('a revised order has its new total, and counts with that when it is shipped', () => {
  const revised = [customerRegistered(), orderPlaced(), orderApproved(), orderRevised({ total: 40_000 })]
  given(customers, ...revised.slice(0, -1))
    .when(...revised.slice(-1))
    .then({ recentOrders: [{ orderId: 'ord_1', status: 'APPROVED', total: 40_000, placedAt: time(2) }], version: 1 })
  given(customers, ...revised)
    .when(orderShipped({ total: 40_000 }))
    .then({ largestShippedTotal: 40_000 })
})

test('credit is reserved and given back', () => {
  given(customers, customerRegistered(), creditReserved({ orderId: 'ord_1', amount: 500 }))
    .when(creditReserved({ orderId: 'ord_2', amount: 700 }), creditReleased({ orderId: 'ord_1', amount: 500 }))
    .then({ reservedCredit: 700, version: 4 })
})

test('a changed limit leaves what is reserved as it is', () => {
  given(customers, customerRegistered(), creditReserved({ amount: 150_000 }))
    .when(creditLimitChanged({ creditLimit: 50_000 }))
    .then({ creditLimit: 50_000, reservedCredit: 150_000, version: 3 })
})

test("the version counts every event of the customer's own stream, and those of orders not", () => {
  given(customers, creditRefused({ reason: 'UNKNOWN_CUSTOMER' }), customerRegistered())
    .when(orderPlaced(), creditRefused(), orderRejected())
    .then({ version: 3 })
})

test('a raise that is refused counts as well', () => {
  given(customers, customerRegistered()).when(creditRaiseRefused()).then({ version: 2 })
})

test('orders are listed with the newest first and follow the life of the order', () => {
  given(
    customers,
    customerRegistered(),
    orderPlaced({ orderId: 'ord_1' }),
    orderPlaced({ orderId: 'ord_2', total: 77 }),
  )
    .when(orderApproved({ orderId: 'ord_1' }))
    .then({
      recentOrders: [
        { orderId: 'ord_2', status: 'PENDING', total: 77, placedAt: time(3) },
        { orderId: 'ord_1', status: 'APPROVED', total: 30_000, placedAt: time(2) },
      ],
    })
})

test.each([
  [orderApproved(), 'APPROVED'],
  [orderRejected(), 'REJECTED'],
  [orderCancelled(), 'CANCELLED'],
  [orderShipped(), 'SHIPPED'],
  [orderPaid(), 'PAID'],
] as const)('after $type the order is listed as %s', (event, status) => {
  given(customers, customerRegistered(), orderPlaced())
    .when(event)
    .then({ recentOrders: [{ orderId: 'ord_1', status, total: 30_000, placedAt: time(2) }] })
})

test('an order that was placed before its customer was registered is listed as it is by then', () => {
  given(customers, orderPlaced({ orderId: 'ord_1' }), orderPlaced({ orderId: 'ord_2' }), orderCancelled())
    .when(customerRegistered())
    .then({
      createdAt: time(4),
      recentOrders: [
        { orderId: 'ord_2', status: 'PENDING', total: 30_000, placedAt: time(2) },
        { orderId: 'ord_1', status: 'CANCELLED', total: 30_000, placedAt: time(1) },
      ],
    })
})

test('an order whose credit is reserved stays as it is until it is decided', () => {
  given(customers, customerRegistered(), orderPlaced())
    .when(creditReserved())
    .then({ recentOrders: [{ orderId: 'ord_1', status: 'PENDING', total: 30_000, placedAt: time(2) }] })
})

test('the credit of an order that is no longer listed does not list it again', () => {
  const placed = Array.from({ length: 50 }, (_, index) => orderPlaced({ orderId: `ord_${index}` }))
  const customer = folded(
    customers,
    undefined,
    recorder()(customerRegistered(), ...placed, creditReserved({ orderId: 'ord_of_old' })),
  )
  expect(customer?.recentOrders).toHaveLength(50)
  expect(customer?.recentOrders[0]).toMatchObject({ orderId: 'ord_49' })
})

test('of more than 50 orders the newest 50 are listed', () => {
  const placed = Array.from({ length: 60 }, (_, index) => orderPlaced({ orderId: `ord_${index}` }))
  const customer = folded(customers, undefined, recorder()(customerRegistered(), ...placed))
  expect(customer?.recentOrders.map(({ orderId }) => orderId)).toEqual(
    Array.from({ length: 50 }, (_, index) => `ord_${59 - index}`),
  )
})

test('the largest shipped total is kept when its order is no longer listed, and a smaller one does not lower it', () => {
  const later = Array.from({ length: 50 }, (_, index) => orderPlaced({ orderId: `ord_later_${index}`, total: 5 }))
  given(customers, customerRegistered(), orderPlaced({ total: 900 }), ...later, orderShipped({ total: 900 }))
    .when(orderShipped({ orderId: 'ord_later_1', total: 5 }))
    .then({ largestShippedTotal: 900 })
})

test('the largest shipped total grows with a larger one', () => {
  given(customers, customerRegistered(), orderShipped({ total: 900 }))
    .when(orderShipped({ total: 901 }))
    .then({ largestShippedTotal: 901 })
})

test('an order that cost nothing is shipped, too', () => {
  given(customers, customerRegistered())
    .when(orderShipped({ total: 0 }))
    .then({ largestShippedTotal: 0 })
})

test('another order of the largest total changes nothing when it is no longer listed', () => {
  const later = Array.from({ length: 50 }, (_, index) => orderPlaced({ orderId: `ord_later_${index}` }))
  given(customers, customerRegistered(), orderPlaced(), ...later, orderShipped({ total: 900 }))
    .when(orderShipped({ total: 900 }))
    .thenNothing()
})

test('what becomes of an order that is no longer listed changes nothing', () => {
  const later = Array.from({ length: 50 }, (_, index) => orderPlaced({ orderId: `ord_later_${index}` }))
  given(customers, customerRegistered(), orderPlaced(), ...later)
    .when(orderApproved())
    .thenNothing()
})

test('a customer that nobody registered is hidden, with any orders in that name', () => {
  const events = recorder()(orderPlaced(), creditRefused({ reason: 'UNKNOWN_CUSTOMER' }), orderRejected())
  const document = folded(customers, undefined, events)
  expect(document).toMatchObject({ recentOrders: [{ orderId: 'ord_1', status: 'REJECTED' }] })
  expect(shown(document)).toBeUndefined()
})

test('the books of placements and revisions concern no customer', () => {
  const events = recorder()(
    placementStarted(),
    placementAmended(),
    reservationsAwaited(),
    reservationNoted(),
    revisionStarted(),
  )
  expect(events.flatMap((event) => customers.documentsOf(event))).toEqual([])
})
