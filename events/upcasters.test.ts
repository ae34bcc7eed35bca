// Stored events of any age are read in the current form of the catalogue.
import { expect, test } from 'vitest'
import { upcast } from '../kernel/store/upcast.ts'
import { catalogue, type DomainEvent } from './catalogue.ts'
import { SCHEMA_VERSION } from './upcasters.ts'

const stored = (schemaVersion: number, type: string, data: object) =>
  ({ type, data, metadata: { commandId: 'c1', schemaVersion } }) as unknown as DomainEvent & {
    metadata: { schemaVersion: number }
  }

test('a changed limit of version 1 has the limit before under its new name, and nothing under the old one', () => {
  const event = stored(1, 'CreditLimitChanged', { customerId: 'cus_1', creditLimit: 500, previousLimit: 300 })
  const before = structuredClone(event)
  expect(upcast(event, catalogue)).toStrictEqual({
    type: 'CreditLimitChanged',
    data: { customerId: 'cus_1', creditLimit: 500, previousCreditLimit: 300 },
    metadata: { commandId: 'c1', schemaVersion: SCHEMA_VERSION },
  })
  expect(event, 'the event as it was stored').toStrictEqual(before)
})

test.each([
  ['of the current version', stored(SCHEMA_VERSION, 'CreditLimitChanged', { previousCreditLimit: 1 })],
  ['of a newer desk', stored(SCHEMA_VERSION + 1, 'CreditLimitChanged', { before: 1 })],
  ['whose data has never changed', stored(1, 'OrderApproved', { orderId: 'ord_1' })],
])('an event %s is the very same', (_, event) => {
  expect(upcast(event, catalogue)).toBe(event)
})
