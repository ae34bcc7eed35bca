import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { typeDefinitions } from '../../schema/type-definitions.ts'
import {
  ADD_PRODUCT,
  DESK,
  ORDER_STATES,
  ORDERS_AT_ONCE,
  orderStatesVariables,
  PLACE_ORDER,
  REGISTER_CUSTOMER,
} from './operations.ts'

const schema = buildSchema(typeDefinitions)

test.each([DESK, REGISTER_CUSTOMER, ADD_PRODUCT, PLACE_ORDER, ORDER_STATES])(
  'this is an operation of the public schema: %s',
  (operation) => {
    expect(validate(schema, parse(operation))).toEqual([])
  },
)

test('places that no order needs are filled with the last one', () => {
  const variables = orderStatesVariables(['ord_1', 'ord_2'])
  expect(Object.keys(variables)).toHaveLength(ORDERS_AT_ONCE)
  expect(variables).toMatchObject({ id0: 'ord_1', id1: 'ord_2', id2: 'ord_2', [`id${ORDERS_AT_ONCE - 1}`]: 'ord_2' })
})
