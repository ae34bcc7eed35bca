import { expect, test } from 'vitest'
import {
  folded,
  given,
  orderPlaced,
  placementEnded,
  recorder,
  sagaDiscarded,
  sagaParked,
  sagaRetried,
  time,
} from './given.ts'
import { parked } from './parked.ts'

test('a parked saga is listed with what is wrong with it', () => {
  given(parked)
    .when(sagaParked({ reason: 'COMPENSATION_FAILED' }))
    .then({
      id: 'placement-ord_1',
      saga: 'placement',
      orderId: 'ord_1',
      status: 'PARKED',
      reason: 'COMPENSATION_FAILED',
      steps: ['credit'],
      error: 'customer-cus_1 refused ReserveCredit',
      tries: 8,
      parkedAt: time(1),
      timesParked: 1,
    })
})

test('one that is tried again, or given up, is parked no longer', () => {
  given(parked, sagaParked())
    .when(sagaRetried())
    .then({ status: 'RETRIED', parkedAt: time(1) })
  given(parked, sagaParked())
    .when(sagaDiscarded())
    .then({ status: 'DISCARDED', parkedAt: time(1) })
})

test('one that fails again is parked again, with what is wrong now', () => {
  given(parked, sagaParked(), sagaRetried())
    .when(sagaParked({ error: 'something else' }))
    .then({ status: 'PARKED', error: 'something else', parkedAt: time(3), timesParked: 2, createdAt: time(1) })
})

test('nothing else concerns it', () => {
  const events = recorder()(orderPlaced(), placementEnded())
  expect(events.flatMap((event) => parked.documentsOf(event))).toEqual([])
  expect(folded(parked, undefined, events)).toBeUndefined()
})
