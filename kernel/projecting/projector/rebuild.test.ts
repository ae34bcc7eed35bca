import { expect, test, vi } from 'vitest'
import type { RecordedEvent } from '../../store/event-store.ts'
import { tellOfRebuild } from './rebuild.ts'

function given({ head, ofLog }: { head: number; ofLog: number }) {
  const info = vi.fn()
  const store = {
    head: async () => head,
    async *readBackwards() {
      yield [{ position: ofLog } as RecordedEvent]
    },
  }
  let time = 0
  const tell = (checkpoint: number) => tellOfRebuild({ store, log: { info } }, checkpoint, () => time)
  return { tell, told: () => info.mock.calls, pass: (ms: number) => (time += ms) }
}

test('a rebuild logs its beginning, its progress from time to time, and its end once', async () => {
  const { tell, told, pass } = given({ head: 1_000, ofLog: 1 })
  const rebuild = await tell(0)
  for (const position of [100, 200, 300]) {
    pass(3_000)
    rebuild.reached(position)
  }
  pass(1_000)
  rebuild.reached(1_000)
  rebuild.reached(1_001)
  expect(told()).toEqual([
    [{ to: 1_000 }, 'The views are built from the log'],
    [{ position: 200, to: 1_000, percent: 20, seconds: 6 }, 'The views are being built'],
    [{ position: 1_000, seconds: 10 }, 'The views are built, and follow the log'],
  ])
})

test.each([
  ['views that have folded something already', { head: 1_000, ofLog: 1 }, 500],
  ['a new log', { head: 2, ofLog: 2 }, 0],
])('nothing is logged for %s', async (_, log, checkpoint) => {
  const { tell, told } = given(log)
  const rebuild = await tell(checkpoint)
  rebuild.reached(2_000)
  expect(told()).toEqual([])
})
