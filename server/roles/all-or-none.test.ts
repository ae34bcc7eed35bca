import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allOrNone } from './all-or-none.ts'

test('when all can start, all of them run', async () => {
  const { start, running } = roles()
  const all = await allOrNone([start('first'), start('second')])
  expect(all.map(({ name }) => name)).toEqual(['first', 'second'])
  expect(running()).toEqual(['first', 'second'])
})

test('when one cannot start, those that could are stopped, also one that starts later, and the reason is thrown', async () => {
  const { start, running } = roles()
  const starting = [start('first'), Promise.reject(new Error('no checkpoint')), turn().then(() => start('last'))]
  await expect(allOrNone(starting)).rejects.toThrow('no checkpoint')
  expect(running()).toEqual([])
})

test('when one of them cannot be stopped, the others are, and the reason is still why they did not start', async () => {
  const { start, running } = roles()
  const stuck = { name: 'stuck', stop: () => Promise.reject(new Error('stuck')) }
  const starting = [Promise.resolve(stuck), Promise.reject(new Error('no checkpoint')), start('last')]
  await expect(allOrNone(starting)).rejects.toThrow('no checkpoint')
  expect(running()).toEqual([])
})

/** Things to start, and the names of those that run. */
function roles() {
  const names = new Set<string>()
  return {
    async start(name: string) {
      names.add(name)
      return { name, stop: async () => void names.delete(name) }
    },
    running: () => [...names],
  }
}
