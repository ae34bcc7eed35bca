// The rules of a customer: registration, the credit limit, and the reservation and release of credit.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CustomerEvent } from '../../events/catalogue.ts'
import { isRefusal } from '../../kernel/deciding/decider.ts'
import { given } from '../../kernel/deciding/given.ts'
import { euros } from '../euros.given.ts'
import {
  changeLimit,
  limitChanged,
  lowerCredit,
  lowered,
  raiseCredit,
  raised,
  raiseRefused,
  refused,
  register,
  registered,
  releaseCredit,
  released,
  reserveCredit,
  reserved,
} from './customer.given.ts'
import { customer } from './customer.ts'

describe('registering', () => {
  test('a customer is registered with a name and a credit limit', () => {
    given(customer)
      .when(register(euros(2000)))
      .then(registered({ creditLimit: euros(2000) }))
  })

  test('nobody is registered twice', () => {
    given(customer, registered())
      .when(register(euros(2000)))
      .thenRefused({ code: 'ALREADY_EXISTS', path: ['customerId'] })
  })

  test('a customer that an earlier order named can still be registered', () => {
    given(customer, refused('ord_1', euros(5), { reason: 'UNKNOWN_CUSTOMER' }), released('ord_2', 0))
      .when(register(euros(2000)))
      .then(registered({ creditLimit: euros(2000) }))
  })
})

describe('changing the credit limit', () => {
  test('the limit is changed, and the event says what it was before', () => {
    given(customer, registered({ creditLimit: euros(2000) }))
      .when(changeLimit(euros(3000)))
      .then(limitChanged(euros(2000), euros(3000)))
  })

  test('a limit that is as expected is changed', () => {
    given(customer, registered({ creditLimit: euros(2000) }), limitChanged(euros(2000), euros(500)))
      .when(changeLimit(euros(3000), euros(500)))
      .then(limitChanged(euros(500), euros(3000)))
  })

  test('a limit that is not as expected is a conflict, which says what it is', () => {
    given(customer, registered({ creditLimit: euros(2000) }))
      .when(changeLimit(euros(3000), euros(1999.99)))
      .thenRefused({ code: 'CONFLICT', path: ['expectedCreditLimit'], expected: '1999.99', actual: '2000.00' })
  })

  test('an expected limit of zero is an expectation too', () => {
    given(customer, registered({ creditLimit: euros(2000) }))
      .when(changeLimit(euros(3000), 0))
      .thenRefused({ code: 'CONFLICT', expected: '0.00', actual: '2000.00' })
  })

  test('nobody has a limit who is not registered', () => {
    given(customer)
      .when(changeLimit(euros(3000), euros(1)))
      .thenRefused({ code: 'NOT_FOUND', path: ['customerId'] })
  })

  test('a limit may fall below what is reserved', () => {
    given(customer, registered({ creditLimit: euros(2000) }), reserved('ord_1', euros(1500)))
      .when(changeLimit(euros(1000)))
      .then(limitChanged(euros(2000), euros(1000)))
  })
})

describe('reserving credit', () => {
  const acme = registered({ creditLimit: euros(2000) })

  test('credit is reserved up to the limit', () => {
    given(customer, acme, reserved('ord_1', euros(1500)))
      .when(reserveCredit('ord_2', euros(500)))
      .then(reserved('ord_2', euros(500)))
  })

  test('and no further', () => {
    given(customer, acme, reserved('ord_1', euros(1500)))
      .when(reserveCredit('ord_2', euros(500.01)))
      .then(refused('ord_2', euros(500.01), { available: euros(500) }))
  })

  test('an order that costs nothing needs no credit', () => {
    given(customer, registered()).when(reserveCredit('ord_1', 0)).then(reserved('ord_1', 0))
  })

  test('an order reserves once', () => {
    given(customer, acme, reserved('ord_1', euros(1500)))
      .when(reserveCredit('ord_1', euros(1500)))
      .thenNothing()
  })

  test('for somebody who is not registered it is refused', () => {
    given(customer)
      .when(reserveCredit('ord_1', euros(5)))
      .then(refused('ord_1', euros(5), { reason: 'UNKNOWN_CUSTOMER' }))
  })

  test('what was refused can be reserved when the limit is higher', () => {
    given(customer, registered(), refused('ord_1', euros(5), {}), limitChanged(0, euros(5)))
      .when(reserveCredit('ord_1', euros(5)))
      .then(reserved('ord_1', euros(5)))
  })

  test('while more is reserved than a lowered limit, nothing is available, never less than nothing', () => {
    given(customer, acme, reserved('ord_1', euros(1500)), limitChanged(euros(2000), euros(1000)))
      .when(reserveCredit('ord_2', euros(0.01)))
      .then(refused('ord_2', euros(0.01), { available: 0 }))
    given(customer, acme, reserved('ord_1', euros(1500)), limitChanged(euros(2000), euros(1000)))
      .when(reserveCredit('ord_2', 0))
      .then(refused('ord_2', 0, { available: 0 }))
  })

  test('what costs nothing is reserved up to the very limit', () => {
    given(customer, acme, reserved('ord_1', euros(2000)))
      .when(reserveCredit('ord_2', 0))
      .then(reserved('ord_2', 0))
  })

  test('what was given back can be reserved by others', () => {
    given(customer, acme, reserved('ord_1', euros(2000)), released('ord_1', euros(2000)))
      .when(reserveCredit('ord_2', euros(2000)))
      .then(reserved('ord_2', euros(2000)))
  })
})

describe('giving credit back', () => {
  const acme = registered({ creditLimit: euros(2000) })

  test('what was reserved becomes free', () => {
    given(customer, acme, reserved('ord_1', euros(1500)))
      .when(releaseCredit('ord_1'))
      .then(released('ord_1', euros(1500)))
  })

  test('once', () => {
    given(customer, acme, reserved('ord_1', euros(1500)), released('ord_1', euros(1500)))
      .when(releaseCredit('ord_1'))
      .thenNothing()
  })

  test('a release that overtakes its reservation leaves a mark', () => {
    given(customer, acme).when(releaseCredit('ord_1')).then(released('ord_1', 0))
  })

  test('and the late reservation is refused', () => {
    given(customer, acme, released('ord_1', 0))
      .when(reserveCredit('ord_1', euros(5)))
      .then(refused('ord_1', euros(5), { reason: 'ALREADY_RELEASED', available: euros(2000) }))
  })

  test('the mark is left even where nobody is registered, and outlives the registration', () => {
    given(customer).when(releaseCredit('ord_1')).then(released('ord_1', 0))
    given(customer, released('ord_1', 0)).when(releaseCredit('ord_1')).thenNothing()
    given(customer, released('ord_1', 0), acme)
      .when(reserveCredit('ord_1', euros(5)))
      .then(refused('ord_1', euros(5), { reason: 'ALREADY_RELEASED', available: euros(2000) }))
  })

  test('an order that has given back reserves no more', () => {
    given(customer, acme, reserved('ord_1', euros(5)), released('ord_1', euros(5)))
      .when(reserveCredit('ord_1', euros(5)))
      .then(refused('ord_1', euros(5), { reason: 'ALREADY_RELEASED', available: euros(2000) }))
  })
})

describe('a revision of an order', () => {
  const thirty = [registered({ creditLimit: 100 }), reserved('ord_1', 30)]

  test('reserves what it takes more', () => {
    given(customer, ...thirty)
      .when(raiseCredit('ord_1', 1, 100))
      .then(raised('ord_1', 1, 100, 70))
  })

  test('reserves no more than is available', () => {
    given(customer, ...thirty, reserved('ord_2', 30))
      .when(raiseCredit('ord_1', 1, 71))
      .then(raiseRefused('ord_1', 1, 41, { available: 40 }))
  })

  test('leaves so much less for other orders', () => {
    given(customer, ...thirty, raised('ord_1', 1, 50, 20))
      .when(reserveCredit('ord_2', 51))
      .then(refused('ord_2', 51, { available: 50 }))
    given(customer, ...thirty, raised('ord_1', 1, 50, 20), lowered('ord_1', 1, 30, 20))
      .when(reserveCredit('ord_2', 71))
      .then(refused('ord_2', 71, { available: 70 }))
  })

  test('that takes less leaves all of it reserved at first, and may do so when the limit was lowered', () => {
    given(customer, ...thirty, limitChanged(100, 10))
      .when(raiseCredit('ord_1', 1, 20))
      .then(raised('ord_1', 1, 30, 0))
    given(customer, ...thirty, raised('ord_1', 1, 30, 0))
      .when(lowerCredit('ord_1', 1, 20))
      .then(lowered('ord_1', 1, 20, 10))
  })

  test('gives back what it had reserved when it comes to nothing', () => {
    given(customer, ...thirty, raised('ord_1', 1, 50, 20))
      .when(lowerCredit('ord_1', 1, 30))
      .then(lowered('ord_1', 1, 30, 20))
  })

  test('does nothing twice', () => {
    given(customer, ...thirty, raised('ord_1', 1, 50, 20))
      .when(raiseCredit('ord_1', 1, 50))
      .thenNothing()
    given(customer, ...thirty, raised('ord_1', 1, 50, 20), lowered('ord_1', 1, 30, 20))
      .when(lowerCredit('ord_1', 1, 30))
      .thenNothing()
  })

  test('that is lowered before it is raised leaves a mark: the late raise changes nothing', () => {
    given(customer, ...thirty)
      .when(lowerCredit('ord_1', 1, 30))
      .then(lowered('ord_1', 1, 30, 0))
    given(customer, ...thirty, lowered('ord_1', 1, 30, 0))
      .when(raiseCredit('ord_1', 1, 50))
      .thenNothing()
  })

  test('changes nothing any more when a newer one has come', () => {
    const newer = [...thirty, raised('ord_1', 1, 50, 20), raised('ord_1', 2, 50, 0)]
    given(customer, ...newer)
      .when(lowerCredit('ord_1', 1, 30))
      .thenNothing()
    given(customer, ...newer)
      .when(raiseCredit('ord_1', 1, 60))
      .thenNothing()
  })

  test('of an order that was given back, or has nothing reserved, is refused, and has nothing to give back', () => {
    const given0 = given(customer, ...thirty, released('ord_1', 30))
    const refusal = (available: number) => raiseRefused('ord_1', 1, 40, { available, reason: 'ALREADY_RELEASED' })
    given0.when(raiseCredit('ord_1', 1, 40)).then(refusal(100))
    given0.when(lowerCredit('ord_1', 1, 30)).thenNothing()
    given(customer)
      .when(raiseCredit('ord_1', 1, 40))
      .then(refusal(0))
    given(customer)
      .when(lowerCredit('ord_1', 1, 30))
      .thenNothing()
  })

  test('is given back whole when the order is', () => {
    given(customer, ...thirty, raised('ord_1', 1, 50, 20))
      .when(releaseCredit('ord_1'))
      .then(released('ord_1', 50))
  })
})

test('no reservation ever exceeds the limit, and no credit is released that was not reserved', () => {
  const orderId = fc.constantFrom('ord_1', 'ord_2', 'ord_3', 'ord_4')
  const amount = fc.integer({ min: 0, max: 1000 })
  const revision = fc.integer({ min: 1, max: 3 })
  const anyCommand = fc.oneof(
    amount.map(register),
    fc.tuple(amount, fc.option(amount, { nil: undefined })).map(([limit, expected]) => changeLimit(limit, expected)),
    fc.tuple(orderId, amount).map(([id, cents]) => reserveCredit(id, cents)),
    orderId.map(releaseCredit),
    fc.tuple(orderId, revision, amount).map(([id, number, to]) => raiseCredit(id, number, to)),
    fc.tuple(orderId, revision, amount).map(([id, number, to]) => lowerCredit(id, number, to)),
  )
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 60, size: 'max' }), (commands) => {
      const log: CustomerEvent[] = []
      const open = new Map<string, number>()
      let limit = 0
      let state = customer.initialState()

      for (const command of commands) {
        const decision = customer.decide(command, state)
        if (isRefusal(decision)) continue
        for (const event of decision) {
          log.push(event)
          state = customer.evolve(state, event)
          if (event.type === 'CustomerRegistered' || event.type === 'CreditLimitChanged') limit = event.data.creditLimit
          if (event.type === 'CreditReserved') {
            expect(open.has(event.data.orderId)).toBe(false)
            open.set(event.data.orderId, event.data.amount)
            expect(sum(open)).toBeLessThanOrEqual(limit)
          }
          if (event.type === 'CreditReservationRaised' || event.type === 'CreditReservationLowered') {
            const { orderId, amount, by } = event.data
            const isRaised = event.type === 'CreditReservationRaised'
            expect(by).toBeGreaterThanOrEqual(0)
            expect(amount).toBe((open.get(orderId) ?? 0) + (isRaised ? by : -by))
            open.set(orderId, amount)
            if (isRaised && by > 0) expect(sum(open)).toBeLessThanOrEqual(limit)
          }
          if (event.type === 'CreditReleased') {
            expect(event.data.amount).toBe(open.get(event.data.orderId) ?? 0)
            open.delete(event.data.orderId)
          }
        }
        if (state.status === 'REGISTERED') {
          expect(state).toMatchObject({ creditLimit: limit, reserved: sum(open), reservations: open })
        }
      }
      expect(log.reduce(customer.evolve, customer.initialState())).toEqual(state)
    }),
  )
})

function sum(amounts: Map<string, number>): number {
  return [...amounts.values()].reduce((total, amount) => total + amount, 0)
}
