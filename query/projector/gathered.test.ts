import { expect, test } from 'vitest'
import type { Batch } from '../../events/store/event-store.ts'
import { recorder, stockReceived } from '../views/given.ts'
import { gathered } from './gathered.ts'

test('few events are passed on as they come', async () => {
  expect(await sizesOf(3, 1, 2)).toEqual([3, 1, 2])
})

test('many events are joined by what follows them at once', async () => {
  expect(await sizesOf(64, 1, 500)).toEqual([565])
})

test('a batch does not grow without bound', async () => {
  expect(await sizesOf(1_000, 1_000, 1_000, 1_000, 3)).toEqual([2_000, 2_000, 3])
})

test('every event comes once and in order, and each batch with the position that it reaches', async () => {
  const batches = await gatheredOf(70, 5, 2, 100, 1)
  expect(batches.flatMap(({ events }) => events.map(({ position }) => position))).toEqual(
    Array.from({ length: 178 }, (_, index) => index + 1),
  )
  for (const { events, position } of batches) expect(position).toBe(events.at(-1)?.position)
})

test('a failure of the log reaches whoever takes the batches, also while they are being joined', async () => {
  const failing = async function* () {
    yield* batchesOf(100)
    throw new Error('the log is gone')
  }
  await expect(all(gathered({ subscribe: failing }, 0, new AbortController().signal))).rejects.toThrow(
    'the log is gone',
  )
})

test('whoever takes no more batches ends the subscription, though it is waiting for events', async () => {
  let ended = false
  const quiet = async function* (_after: number, { signal }: { signal: AbortSignal }) {
    try {
      yield* batchesOf(100)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    } finally {
      ended = true
    }
  }
  for await (const _ of gathered({ subscribe: quiet }, 0, new AbortController().signal)) break
  expect(ended).toBe(true)
})

async function sizesOf(...sizes: number[]): Promise<number[]> {
  return (await gatheredOf(...sizes)).map(({ events }) => events.length)
}

async function gatheredOf(...sizes: number[]): Promise<Batch[]> {
  const subscribe = async function* () {
    yield* batchesOf(...sizes)
  }
  return await all(gathered({ subscribe }, 0, new AbortController().signal))
}

function* batchesOf(...sizes: number[]): Generator<Batch> {
  const record = recorder()
  for (const size of sizes) {
    const events = record(...Array.from({ length: size }, () => stockReceived()))
    yield { events, position: events.at(-1)?.position ?? 0 }
  }
}

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const taken: Batch[] = []
  for await (const batch of batches) taken.push(batch)
  return taken
}
