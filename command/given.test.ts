// A test of a decider that fails says what came instead.
import { expect, test } from 'vitest'
import { changeLimit, registered, reserveCredit, reserved } from './customer/customer.given.ts'
import { customer } from './customer/customer.ts'
import { given } from './given.ts'

test('a failure tells the events that came instead', () => {
  const outcome = given(customer, registered({ creditLimit: 500 })).when(reserveCredit('ord_1', 500))
  expect(() => outcome.then(reserved('ord_1', 499))).toThrow(/CreditReserved \{.*"amount":500\}/)
  expect(() => outcome.thenNothing()).toThrow(/CreditReserved/)
  expect(() => outcome.thenRefused({ code: 'NOT_FOUND' })).toThrow(/CreditReserved/)
})

test('a failure tells the refusal that came instead', () => {
  const outcome = given(customer).when(changeLimit(500))
  expect(() => outcome.then()).toThrow(/refused: \{"code":"NOT_FOUND"/)
  expect(() => outcome.thenRefused({ code: 'CONFLICT' })).toThrow(/refused: \{"code":"NOT_FOUND"/)
})

test('a decision that changes the state is found out', () => {
  const careless = {
    initialState: () => ({ asked: 0 }),
    decide: (_: { type: 'Ask' }, state: { asked: number }) => {
      state.asked++
      return []
    },
    evolve: (state: { asked: number }) => state,
  }
  expect(() => given(careless).when({ type: 'Ask' })).toThrow(/Ask changed the state/)
})
