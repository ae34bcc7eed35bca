import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Entity, generatedId, ID_FORM, isId } from './ids.ts'

const prefixes: [Entity, string][] = [
  ['customer', 'cus_'],
  ['order', 'ord_'],
  ['product', 'prd_'],
]

test.each(prefixes)('an id of a %s is %s and 1 to 64 characters', (entity, prefix) => {
  const character = fc.constantFrom(...'ABCXYZabcxyz0189_-')
  fc.assert(
    fc.property(fc.string({ unit: character, minLength: 1, maxLength: 64 }), (rest) => {
      expect(isId(entity, prefix + rest)).toBe(true)
    }),
  )
  expect(isId(entity, prefix)).toBe(false)
  expect(isId(entity, prefix + 'x'.repeat(65))).toBe(false)
  expect(ID_FORM[entity].startsWith(prefix)).toBe(true)
})

test.each(['', 'ord_1', 'CUS_1', ' cus_1', 'cus_1 ', 'cus_1\n', 'cus_1\n2', 'cus_ä', 'cus_a.b', 'cus_a/b', 'cus_٣'])(
  '%j is not the id of a customer',
  (text) => {
    expect(isId('customer', text)).toBe(false)
  },
)

test('a retry of a mutation generates the same id, anything else another', () => {
  const id = generatedId('order', 'placeOrder', 'command-1')
  expect(isId('order', id)).toBe(true)
  expect(generatedId('order', 'placeOrder', 'command-1')).toBe(id)
  expect(generatedId('order', 'placeOrder', 'command-2')).not.toBe(id)
  expect(generatedId('order', 'importOrder', 'command-1')).not.toBe(id)
})

test('generated ids stay what they are from one release to the next', () => {
  expect(generatedId('order', 'placeOrder', 'command-1')).toBe('ord_fa8641c1-03d5-5fd8-8278-4e19b35fddcb')
})
