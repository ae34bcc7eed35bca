// Given, when, then: what the tests of deciders are written in.
import { expect } from 'vitest'
import { type Aggregate, type Decider, isRefusal, type Refusal } from '../kernel/deciding/decider.ts'

/**
 * What a decider does after some events:
 * `given(customer, registered()).when(reserveCredit('ord_1', euros(5))).then(reserved('ord_1', euros(5)))`.
 */
export function given<A extends Aggregate>(decider: Decider<A>, ...before: A['event'][]) {
  const fold = (events: readonly A['event'][]) => events.reduce(decider.evolve, decider.initialState())

  return {
    when(command: A['command']) {
      const state = fold(before)
      const untouched = structuredClone(state)
      const decision = decider.decide(command, state, before.length)
      expect(state, `${command.type} changed the state before anything was recorded`).toStrictEqual(untouched)
      const instead = `What ${command.type} led to instead:\n${told(decision)}\n`

      return {
        /** These events, in this order, and no others. */
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it.
        then(...events: A['event'][]): void {
          expect(decision, instead).toStrictEqual(events)
          fold([...before, ...events])
        },
        /** Nothing is to be done. */
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

/** 12.34 euros are 1,234 cents. */
export function euros(amount: number): number {
  return Math.round(amount * 100)
}

function told(decision: readonly { type: string }[] | Refusal): string {
  if (isRefusal(decision)) return `  refused: ${JSON.stringify(decision)}`
  if (decision.length === 0) return '  nothing'
  return decision.map(({ type, ...rest }) => `  ${type} ${JSON.stringify('data' in rest ? rest.data : {})}`).join('\n')
}
