// A failing test of a decider shows the actual decision.
import { expect, test } from 'vitest'
import type { Decider } from './decider.ts'
import { given } from './given.ts'

interface Counter {
  command: { type: 'Count'; by: number }
  state: { sum: number }
  event: { type: 'Counted'; data: { by: number } }
}

const counter: Decider<Counter> = {
  initialState: () => ({ sum: 0 }),
  decide({ by }, { sum }) {
    if (sum + by > 5) return { code: 'ILLEGAL_STATE', message: 'The counter counts to 5.' }
    return by === 0 ? [] : [{ type: 'Counted', data: { by } }]
  },
  evolve: ({ sum }, { data }) => ({ sum: sum + data.by }),
}

const count = (by: number) => ({ type: 'Count', by }) as const
const counted = (by: number) => ({ type: 'Counted', data: { by } }) as const

test('a test passes with the events, with nothing, and with the refusal that the decider returns', () => {
  given(counter, counted(2)).when(count(3)).then(counted(3))
  given(counter, counted(2)).when(count(0)).thenNothing()
  given(counter, counted(2)).when(count(4)).thenRefused({ code: 'ILLEGAL_STATE' })
})

test('a failure shows the events that were decided', () => {
  const outcome = given(counter).when(count(3))
  expect(() => outcome.then(counted(2))).toThrow(/Counted \{"by":3\}/)
  expect(() => outcome.thenNothing()).toThrow(/Counted/)
  expect(() => outcome.thenRefused({ code: 'NOT_FOUND' })).toThrow(/Counted/)
})

test('a failure shows the refusal that was decided', () => {
  const outcome = given(counter).when(count(6))
  expect(() => outcome.then()).toThrow(/refused: \{"code":"ILLEGAL_STATE"/)
  expect(() => outcome.thenRefused({ code: 'CONFLICT' })).toThrow(/refused: \{"code":"ILLEGAL_STATE"/)
})

test('a decision that changes the state fails the test', () => {
  const careless: Decider<Counter> = {
    ...counter,
    decide(_, state) {
      state.sum++
      return []
    },
  }
  expect(() => given(careless).when(count(1))).toThrow(/Count changed the state/)
})
