import { describe, test } from 'vitest'
import { parking } from '../../../../command/parking.ts'
import { given } from '../../../../kernel/deciding/given.ts'
import type { ParkingCommand } from '../../../../kernel/deciding/processes/parking.ts'
import type { ParkedProcess, ParkingEvent, Trouble } from '../../../../kernel/store/kernel-events.ts'

const saga: ParkedProcess = { saga: 'placement', id: 'ord_1', orderId: 'ord_1', follows: 'order-ord_1' }
const trouble: Trouble = { reason: 'STUCK', steps: ['credit'], error: 'no such thing', tries: 8 }
const another: ParkedProcess = { ...saga, id: 'ord_2', orderId: 'ord_2', follows: 'order-ord_2' }

const parked = (which = saga): ParkingEvent => ({ type: 'SagaParked', data: { ...which, ...trouble } })
const retried: ParkingEvent = { type: 'SagaRetried', data: saga }
const discarded: ParkingEvent = { type: 'SagaDiscarded', data: saga }
const park: ParkingCommand = { type: 'Park', saga, trouble }
const retry: ParkingCommand = { type: 'RetryParked', id: 'ord_1' }
const discard: ParkingCommand = { type: 'DiscardParked', id: 'ord_1' }

describe('a saga that cannot go on', () => {
  test('is parked, with what is wrong', () => {
    given(parking).when(park).then(parked())
  })

  test('is parked once', () => {
    given(parking, parked()).when(park).thenNothing()
  })

  test('is parked again when it fails again', () => {
    given(parking, parked(), retried).when(park).then(parked())
  })
})

describe('an operator', () => {
  test('has a parked saga tried again', () => {
    given(parking, parked(another), parked()).when(retry).then(retried)
  })

  test('has a parked revision tried again, of which there may be several for an order', () => {
    const revision: ParkedProcess = { ...saga, saga: 'revision', revision: 2 }
    given(parking, parked(revision)).when(retry).then({ type: 'SagaRetried', data: revision })
  })

  test('gives a parked saga up', () => {
    given(parking, parked(), parked(another)).when(discard).then(discarded)
  })

  test.each([
    ['that never was', [parked(another)]],
    ['that is tried again', [parked(), retried]],
    ['that was given up', [parked(), discarded]],
  ])('can do nothing with one %s', (_, before) => {
    for (const command of [retry, discard]) {
      given(parking, ...before)
        .when(command)
        .thenRefused({ code: 'NOT_FOUND', path: ['id'] })
    }
  })
})
