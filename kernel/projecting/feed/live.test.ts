import { expect, test } from 'vitest'
import { live, type Source } from './live.ts'

test('the items of all chunks arrive one by one, and the source is closed after the last', async () => {
  const source = chunks([1, 2], [], [3])
  const items = []
  for await (const item of live(source)) items.push(item)
  expect(items).toEqual([1, 2, 3])
  expect(source.isClosed()).toBe(true)
})

test('a reader that leaves closes the source, also before the first item', async () => {
  for (const taken of [0, 1]) {
    const source = chunks([1, 2])
    const items = live(source)
    for (let times = 0; times < taken; times++) await items.next()
    await items.return?.()
    expect(source.isClosed()).toBe(true)
    expect(await items.next()).toEqual({ value: undefined, done: true })
  }
})

test('a reader that leaves ends the wait for the next item', async () => {
  let close = () => {}
  const items = live({
    next: () => new Promise<undefined>((resolve) => (close = () => resolve(undefined))),
    close: () => close(),
  })
  const waiting = items.next()
  await items.return?.()
  expect(await waiting).toEqual({ value: undefined, done: true })
})

test('a source that fails is closed', async () => {
  const source = { ...chunks<number>(), next: () => Promise.reject(new Error('the store is away')) }
  await expect(live(source).next()).rejects.toThrow('the store is away')
  expect(source.isClosed()).toBe(true)
})

function chunks<Item>(...all: Item[][]): Source<Item> & { isClosed(): boolean } {
  let closed = false
  return {
    next: async () => all.shift(),
    close: () => {
      closed = true
    },
    isClosed: () => closed,
  }
}
