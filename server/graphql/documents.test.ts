import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { validDocuments } from './documents.ts'

const schema = buildSchema('type Query { count(ids: [Int!]!): Int }')
const large = (name: string) => `query ${name} { count(ids: [${'1 '.repeat(9_000)}]) }`

test('A document that comes again is not parsed again.', () => {
  const document = validDocuments(schema)
  const first = document(large('first'))
  expect(first).toHaveProperty('kind', 'Document')
  expect(document(large('first')) === first).toBe(true)
})

test('Documents are remembered by the memory that they take, not by the length of their text.', () => {
  const document = validDocuments(schema)
  const first = document(large('first'))
  for (let index = 0; index < 20; index++) document(large(`other${index}`))
  expect(document(large('first')) === first).toBe(false)
})
