import { expect, test } from 'vitest'
import { limits } from './limits.ts'
import { refuseNesting } from './nesting.ts'

test('brackets may nest to the limit and no further', () => {
  const nested = (depth: number) => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`
  expect(refuseNesting(nested(limits.nesting))).toBeUndefined()
  expect(refuseNesting(nested(limits.nesting + 1))?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX' })
})

test('brackets side by side, in strings or in comments are not nested', () => {
  const many = limits.nesting * 2
  expect(refuseNesting(`{ a(b: [${'{ c: [1] } '.repeat(many)}]) }`)).toBeUndefined()
  expect(refuseNesting(`{ a(b: "${'{'.repeat(many)}") }`)).toBeUndefined()
  expect(refuseNesting(`{ a # ${'{'.repeat(many)}\n }`)).toBeUndefined()
})

test('brackets closed in a comment stay open', () => {
  expect(refuseNesting('{ a # }\n'.repeat(limits.nesting + 1))?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX' })
})
