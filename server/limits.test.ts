import { expect, test } from 'vitest'
import { admission, limits, refuseNesting } from './limits.ts'

test('as many as allowed are let in, and another one when one has left', () => {
  const gate = admission(2)
  expect([gate.enter(), gate.enter()]).toEqual([undefined, undefined])
  expect(gate.enter()?.extensions).toEqual({ code: 'OVERLOADED' })
  gate.leave()
  expect(gate.enter()).toBeUndefined()
})

test('stopping lets nobody in and waits for the last to leave', async () => {
  const gate = admission(2)
  gate.enter()
  let stopped = false
  const stopping = gate.stop().then(() => {
    stopped = true
  })
  expect(gate.enter()?.extensions).toEqual({ code: 'STOPPING' })
  await Promise.resolve()
  expect(stopped).toBe(false)
  gate.leave()
  await stopping
})

test('stopping waits for nobody when nobody is in', async () => {
  await admission(1).stop()
})

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
