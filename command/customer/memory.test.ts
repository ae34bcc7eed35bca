// The content of a customer's snapshot: a change of it, or of the way it is computed, must raise its version.
import { expect, test } from 'vitest'
import type { CustomerEvent } from '../../events/catalogue.ts'
import { limitChanged, lowered, raised, refused, registered, released, reserved } from './customer.given.ts'
import { customer } from './customer.ts'
import { customerMemory } from './memory.ts'

const fold = (...events: CustomerEvent[]) => events.reduce(customer.evolve, customer.initialState())
const history = [
  released('ord_0', 0),
  registered({ creditLimit: 900 }),
  reserved('ord_1', 100),
  reserved('ord_2', 200),
  limitChanged(900, 250),
  released('ord_1', 100),
  refused('ord_3', 500, { available: 50 }),
  raised('ord_2', 1, 200, 0),
  lowered('ord_2', 1, 150, 50),
]

test('version 2 is the limit, what is reserved, and the newest revisions', () => {
  expect(customerMemory.version).toBe(2)
  expect(customerMemory.freeze(fold(...history))).toEqual({
    status: 'REGISTERED',
    creditLimit: 250,
    reserved: 150,
    reservations: [['ord_2', 150]],
    revised: [['ord_2', 1]],
  })
  expect(customerMemory.freeze(fold(released('ord_0', 0)))).toEqual({ status: 'UNREGISTERED', revised: [] })
})

test.each([
  ['not registered', [released('ord_0', 0)]],
  ['registered', history],
])('a customer who is %s comes out of a snapshot as before, without marks', (_, events) => {
  const state = fold(...events)
  const thawed = customerMemory.thaw(JSON.parse(JSON.stringify(customerMemory.freeze(state))))
  customerMemory.marks(state).clear()
  expect(thawed).toStrictEqual(state)
})

test('a snapshot that is being written is not changed by what happens meanwhile', () => {
  const state = fold(...history)
  const frozen = customerMemory.freeze(state)
  const before = structuredClone(frozen)
  customer.evolve(state, reserved('ord_9', 1))
  expect(frozen).toStrictEqual(before)
})
