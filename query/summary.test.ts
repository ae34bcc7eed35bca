import { expect, test } from 'vitest'
import type { DomainEvent } from '../events/catalogue.ts'
import { summary } from './summary.ts'
import {
  checkpointStored,
  creditLimitChanged,
  creditRefused,
  creditReleased,
  creditReserved,
  customerRegistered,
  leaseRenewed,
  logCreated,
  orderApproved,
  orderCancelled,
  orderPaid,
  orderPlaced,
  orderRejected,
  orderShipped,
  placementDecided,
  placementEnded,
  placementResumed,
  placementStarted,
  priceChanged,
  productAdded,
  repliesReceived,
  sagaDiscarded,
  sagaParked,
  sagaRetried,
  stockReceived,
  stockRefused,
  stockReleased,
  stockReserved,
  stockShipped,
} from './views/given.ts'

const sentences: [DomainEvent, string][] = [
  [customerRegistered(), 'Registered customer Acme Tools with a credit limit of 2000.00'],
  [creditLimitChanged(), 'Changed the credit limit from 2000.00 to 500.00'],
  [creditReserved({ amount: 123_400 }), 'Reserved 1234.00 of credit for ord_1'],
  [creditRefused(), 'Refused 300.00 of credit to ord_1: only 100.00 is available'],
  [creditRefused({ reason: 'UNKNOWN_CUSTOMER' }), 'Refused 300.00 of credit to ord_1: no customer cus_1 is registered'],
  [creditRefused({ reason: 'ALREADY_RELEASED' }), 'Refused 300.00 of credit to ord_1: it had been given back before'],
  [creditReleased(), 'Gave back 300.00 of credit reserved for ord_1'],
  [creditReleased({ amount: 0 }), 'Closed the credit for ord_1 before any was reserved'],

  [productAdded(), 'Added product Claw Hammer at 100.00'],
  [priceChanged(), 'Changed the price from 100.00 to 120.00'],
  [stockReceived(), 'Received 10 into stock'],
  [stockReserved(), 'Reserved 3 in stock for ord_1'],
  [stockRefused(), 'Refused 3 to ord_1: only 2 available'],
  [stockRefused({ reason: 'UNKNOWN_PRODUCT' }), 'Refused 3 to ord_1: there is no product prd_1'],
  [stockRefused({ reason: 'ALREADY_RELEASED' }), 'Refused 3 to ord_1: it had been given back before'],
  [stockReleased(), 'Gave back 3 in stock reserved for ord_1'],
  [stockReleased({ quantity: 0 }), 'Closed the stock for ord_1 before any was reserved'],
  [stockShipped(), 'Shipped 3 out of stock for ord_1'],

  [orderPlaced(), 'Placed ord_1 over 300.00 for cus_1'],
  [orderApproved(), 'Approved ord_1'],
  [orderRejected(), 'Rejected ord_1: OUT_OF_STOCK'],
  [orderCancelled(), 'Cancelled ord_1'],
  [orderCancelled({ reason: 'changed my mind' }), 'Cancelled ord_1: changed my mind'],
  [orderShipped(), 'Shipped ord_1'],
  [orderShipped({ trackingCode: 'DHL 1' }), 'Shipped ord_1, tracking code DHL 1'],
  [orderPaid(), 'Received the payment of 300.00 for ord_1'],

  [placementStarted(), 'Started the placement of ord_1, to be decided by 2026-01-02T00:00:00.000Z'],
  [placementResumed(), 'Resumed the placement of ord_1, to be decided by 2026-01-03T00:00:00.000Z'],
  [repliesReceived(), 'Noted 0 replies on the placement of ord_1'],
  [repliesReceived({ replies: [{ step: 'credit', answer: 'DONE' }] }), 'Noted 1 reply on the placement of ord_1'],
  [placementDecided(), 'Decided the placement of ord_1: APPROVED'],
  [placementDecided({ outcome: 'REJECTED', reason: 'TIMED_OUT' }), 'Decided the placement of ord_1: TIMED_OUT'],
  [placementEnded(), 'Ended the placement of ord_1: every reservation is settled'],

  [sagaParked(), 'Parked the placement of ord_1: customer-cus_1 refused ReserveCredit'],
  [sagaRetried(), 'Had the parked placement of ord_1 tried again'],
  [sagaDiscarded(), 'Gave up the parked placement of ord_1'],

  [logCreated(), 'Created the log abcdefghijkl'],
  [checkpointStored(), 'sagas has read up to position 1'],
  [leaseRenewed(), 'desk-1 holds 1 share of projector'],
]

test.each(sentences.map(([event, sentence]) => ({ event, sentence })))('$event.type reads “$sentence”', (example) => {
  expect(summary(example.event)).toBe(example.sentence)
})
