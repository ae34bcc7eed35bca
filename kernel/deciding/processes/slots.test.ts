// A bounded number of processes is at work; a waiting one continues as soon as there is room.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openSlots } from './slots.ts'

/** Whether a promise has resolved by the end of the turn. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  return Promise.race([waiting.then(() => true), turn(false)])
}

test('a caller that waits for room gets it when a process leaves, and not before', async () => {
  const places = openSlots<string>(2, new AbortController().signal)
  await places.room()
  places.take('tra_1', 'one')
  places.take('tra_2', 'two')
  const waiting = places.room()
  expect(places.isFull()).toBe(true)
  expect(await isOver(waiting)).toBe(false)
  expect(places.leave('tra_2')).toBe('two')
  expect(await isOver(waiting)).toBe(true)
  expect([...places.all()]).toEqual(['one'])
})

test('a caller that waits for one process to leave is not woken by another', async () => {
  const places = openSlots<string>(2, new AbortController().signal)
  places.take('tra_1', 'one')
  places.take('tra_2', 'two')
  const waiting = places.gone('tra_1')
  places.leave('tra_2')
  expect(await isOver(waiting)).toBe(false)
  places.leave('tra_1')
  expect(await isOver(waiting)).toBe(true)
  expect(places.count()).toBe(0)
})

test('nobody waits when the program stops', async () => {
  const stopping = new AbortController()
  const places = openSlots<string>(1, stopping.signal)
  places.take('tra_1', 'one')
  const waiting = places.room()
  stopping.abort()
  expect(await isOver(waiting)).toBe(true)
})
