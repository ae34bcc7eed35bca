import {
  buildSchema,
  type DocumentNode,
  getIntrospectionQuery,
  getOperationAST,
  getVariableValues,
  parse,
} from 'graphql'
import { expect, test } from 'vitest'
import { typeDefinitions } from '../../schema/type-definitions.ts'
import { refuseExpensive } from './price.ts'
import { survey } from './survey.ts'

test('a full introspection passes', () => {
  expect(refusal(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }))).toBeUndefined()
})

test('a page of 100 orders with their lines, products and placements passes', () => {
  const order = `id status total customer { id name }
    lines { quantity unitPrice product { id name price available } }
    placement { state steps(first: 50) { nodes { name state at } } }`
  expect(
    refusal(`{ orders(first: 100) { edges { cursor node { ${order} } } pageInfo { endCursor } } }`),
  ).toBeUndefined()
})

test.each([
  [
    'of pages',
    '{ customers(first: 100) { nodes { orders(first: 100) { nodes { customer { orders { nodes { id } } } } } } } }',
  ],
  [
    'of lists',
    '{ orders(first: 100) { nodes { customer { recentOrders { orderId } orders { nodes { lines { product { history { nodes { id } } } } } } } } } }',
  ],
])('a tree %s is too complex', (_name, query) => {
  expect(refusal(query)?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX' })
})

test('a variable that says how long a page is counts each time anew', () => {
  const document = parse(
    'query ($first: Int = 1) { orders(first: $first) { nodes { history(first: $first) { nodes { id type stream version summary } } } } }',
  )
  expect(refusal(document, {})).toBeUndefined()
  expect(refusal(document, { first: 100 })).toBeDefined()
  expect(refusal(document, { first: null })).toBeDefined()
  expect(refusal(document, { first: 2 })).toBeUndefined()
  expect(refusal(document, {})).toBeUndefined()
})

test('skipped selections cost nothing', () => {
  const document = parse(
    'query ($skip: Boolean!) { orders(first: 1000) @skip(if: $skip) { nodes { lines { product { history { nodes { id } } } } } } }',
  )
  expect(refusal(document, { skip: true })).toBeUndefined()
  expect(refusal(document, { skip: false })).toBeDefined()
})

const schema = buildSchema(typeDefinitions)

function refusal(query: string | DocumentNode, variables: Record<string, unknown> = {}) {
  const document = typeof query === 'string' ? parse(query) : query
  const operation = getOperationAST(document)
  if (!operation) throw new Error('The document has no operation')
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  if (!coerced) throw errors?.[0]
  return refuseExpensive(survey(schema, document, operation, coerced).price)
}
