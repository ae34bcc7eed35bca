// The delay of a request is known although no two clocks agree.
import { expect, test } from 'vitest'
import { openTransit } from '../../../../kernel/deciding/bus/transit.ts'
import { randomness } from '../../../../simulator/random.ts'
import { inVirtualTime } from '../../../../simulator/virtual-time.ts'

const SECOND = 1_000

test.each([-1e9, 0, 3_600_000])(
  'a request that took longer than the quickest one is late by the difference, with clocks %s ms apart',
  async (apart) => {
    await inVirtualTime(randomness(1)('transit'), async (time) => {
      const delayOf = openTransit()
      const sent = () => time.now() + apart
      expect(delayOf('a', sent() - 2)).toBe(0)
      expect(delayOf('a', sent() - 8_002)).toBeCloseTo(8_000)
      expect(delayOf('a', sent())).toBe(0)
      expect(delayOf('a', sent() - 8_000)).toBeCloseTo(8_000)
    })
  },
)

test('after a long silence a late request is late all the same', async () => {
  await inVirtualTime(randomness(1)('transit'), async (time) => {
    const delayOf = openTransit()
    delayOf('a', time.now())
    await time.pass(100 * SECOND)
    expect(delayOf('a', time.now() - 12 * SECOND)).toBeCloseTo(12 * SECOND)
  })
})

test('a sender whose clock was set back is believed again soon', async () => {
  await inVirtualTime(randomness(1)('transit'), async (time) => {
    const delayOf = openTransit()
    delayOf('a', time.now())
    const behind = 30 * SECOND
    expect(delayOf('a', time.now() - behind)).toBeCloseTo(behind)
    for (let second = 0; second < 12; second++) {
      await time.pass(SECOND)
      delayOf('a', time.now() - behind)
    }
    expect(delayOf('a', time.now() - behind)).toBe(0)
  })
})

test('a difference that no request can have is one of the clocks: such a request came at once', async () => {
  await inVirtualTime(randomness(1)('transit'), async (time) => {
    const delayOf = openTransit()
    delayOf('a', time.now())
    expect(delayOf('a', time.now() - 3_600 * SECOND)).toBe(0)
  })
})

test('senders are kept apart', async () => {
  await inVirtualTime(randomness(1)('transit'), async (time) => {
    const delayOf = openTransit()
    delayOf('a', time.now())
    expect(delayOf('b', time.now() - 5 * SECOND)).toBe(0)
  })
})
