import { expect, test } from 'vitest'
import { catalogue } from '../../../../events/catalogue.ts'
import { coalesced } from '../../../../kernel/projecting/projector/coalesced.ts'
import type { Batch } from '../../../../kernel/store/event-store.ts'
import { recorder, stockReceived } from '../../../../query/views/given.ts'

test('while there is next to no work, events are passed on as they come', async () => {
  expect(await sizesOf({ work: 0 }, 3, 1, 200)).toEqual([3, 1, 200])
})

test('after a batch that was long worked on, what has come meanwhile is joined', async () => {
  expect(await sizesOf({ work: 50 }, 64, 1, 2, 500)).toEqual([64, 503])
})

test('a batch does not grow without bound', async () => {
  expect(await sizesOf({ work: 50 }, 1_000, 1_000, 1_000, 1_000, 3)).toEqual([1_000, 2_000, 1_003])
})

test('every event comes once and in order, and each batch with the position that it reaches', async () => {
  const batches = await coalescedOf({ work: 50 }, 70, 5, 2, 100, 1)
  expect(batches.flatMap(({ events }) => events.map(({ position }) => position))).toEqual(
    Array.from({ length: 178 }, (_, index) => index + 1),
  )
  for (const { events, position } of batches) expect(position).toBe(events.at(-1)?.position)
})

test('a failure of the log reaches the reader of the batches, also while they are being joined', async () => {
  const failing = async function* () {
    yield* batchesOf(100)
    throw new Error('the log is gone')
  }
  await expect(all(coalesced({ catalogue, subscribe: failing }, 0, new AbortController().signal))).rejects.toThrow(
    'the log is gone',
  )
})

test('a reader that takes no more batches ends the subscription, though it is waiting for events', async () => {
  let ended = false
  const quiet = async function* (_after: number, { signal }: { signal: AbortSignal }) {
    try {
      yield* batchesOf(100)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    } finally {
      ended = true
    }
  }
  for await (const _ of coalesced({ catalogue, subscribe: quiet }, 0, new AbortController().signal)) break
  expect(ended).toBe(true)
})

test('what has no events waits for some, or comes once a second', async () => {
  const subscribe = async function* () {
    for (let position = 1; position <= 4; position++) yield { events: [], position }
    const events = recorder()(stockReceived()).map((event) => ({ ...event, position: 5 }))
    yield { events, position: 5 }
    for (let position = 6; position <= 9; position++) yield { events: [], position }
  }
  const batches = await all(coalesced({ catalogue, subscribe }, 0, new AbortController().signal, () => 0))
  expect(batches.map(({ position, events }) => [position, events.length])).toEqual([
    [1, 0],
    [5, 1],
    [9, 0],
  ])
})

interface Pace {
  /** How many milliseconds a batch is worked on. */
  work: number
}

async function sizesOf(pace: Pace, ...sizes: number[]): Promise<number[]> {
  return (await coalescedOf(pace, ...sizes)).map(({ events }) => events.length)
}

async function coalescedOf({ work }: Pace, ...sizes: number[]): Promise<Batch[]> {
  const subscribe = async function* () {
    yield* batchesOf(...sizes)
  }
  let time = 0
  const taken: Batch[] = []
  for await (const batch of coalesced({ catalogue, subscribe }, 0, new AbortController().signal, () => time)) {
    taken.push(batch)
    time += work
  }
  return taken
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
