// Given, when, then: the form of a test of a decider. Only tests import this file: it needs vitest.
import { expect } from 'vitest'
import { type Aggregate, type Decider, isRefusal, type Refusal } from './decider.ts'

/**
 * The decision of a decider after some events.
 *
 * @example given(counter, counted(2)).when({ type: 'Count', by: 3 }).then(counted(3))
 */
export function given<A extends Aggregate>(decider: Decider<A>, ...before: A['event'][]) {
  const fold = (events: readonly A['event'][]) => events.reduce(decider.evolve, decider.initialState())

  return {
    when(command: A['command']) {
      const state = fold(before)
      const untouched = structuredClone(state)
      const decision = decider.decide(command, state, before.length)
      expect(state, `${command.type} changed the state before anything was recorded`).toStrictEqual(untouched)
      const instead = `The result of ${command.type} instead:\n${told(decision)}\n`

      return {
        /** These events, in this order, and no others. */
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it.
        then(...events: A['event'][]): void {
          expect(decision, instead).toStrictEqual(events)
          fold([...before, ...events])
        },
        /** No event. */
        thenNothing(): void {
          expect(decision, instead).toStrictEqual([])
        },
        /** A refusal that has these fields. */
        thenRefused(refusal: Partial<Refusal>): void {
          expect(decision, instead).toMatchObject(refusal)
          expect(decision, instead).toHaveProperty('message', expect.stringMatching(/^\S.*\.$/))
        },
      }
    },
  }
}

function told(decision: readonly { type: string }[] | Refusal): string {
  if (isRefusal(decision)) return `  refused: ${JSON.stringify(decision)}`
  if (decision.length === 0) return '  nothing'
  return decision.map(({ type, ...rest }) => `  ${type} ${JSON.stringify('data' in rest ? rest.data : {})}`).join('\n')
}
