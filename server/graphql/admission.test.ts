import { expect, test } from 'vitest'
import { admission } from './admission.ts'

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
