// A checkpoint is kept in the log, only moves forward, and notices another reader of the same name.
import { expect, test } from 'vitest'
import { broken, eventsOf, openLog, unheard, watched } from '../../../../command/log.given.ts'
import { openCheckpoint } from '../../../../kernel/deciding/processes/checkpoint.ts'
import { START } from '../../../../kernel/store/position.ts'

test('a reader begins at the start, and goes on where it was when it is opened again', async () => {
  const store = await openLog()
  const checkpoint = await openCheckpoint(store, 'placements')
  expect(checkpoint.position).toBe(START)
  expect(await checkpoint.store(5)).toBe(true)
  expect(await checkpoint.store(9)).toBe(true)
  expect((await openCheckpoint(store, 'placements')).position).toBe(9)
  expect((await openCheckpoint(store, 'others')).position).toBe(START)
})

test('it only moves forward', async () => {
  const store = await openLog()
  const checkpoint = await openCheckpoint(store, 'placements')
  await checkpoint.store(5)
  await checkpoint.store(5)
  await checkpoint.store(4)
  expect(checkpoint.position).toBe(5)
  expect(await eventsOf(store, 'checkpoint-placements')).toHaveLength(1)
})

test('a second reader of the same name is noticed', async () => {
  const store = await openLog()
  const [one, other] = [await openCheckpoint(store, 'placements'), await openCheckpoint(store, 'placements')]
  expect(await one.store(5)).toBe(true)
  expect(await other.store(7)).toBe(false)
  expect((await openCheckpoint(store, 'placements')).position).toBe(5)
})

test('a position that was stored and not heard of is stored once', async () => {
  const store = await openLog()
  const checkpoint = await openCheckpoint(watched(store, [unheard]), 'placements')
  expect(await checkpoint.store(5)).toBe(true)
  expect(await checkpoint.store(6)).toBe(true)
  expect(await eventsOf(store, 'checkpoint-placements')).toHaveLength(2)
})

test('a position that could not be stored is not believed', async () => {
  const store = await openLog()
  const checkpoint = await openCheckpoint(watched(store, [broken]), 'placements')
  await expect(checkpoint.store(5)).rejects.toThrow('the disk is broken')
  expect(checkpoint.position).toBe(START)
  expect(await checkpoint.store(5)).toBe(true)
})
