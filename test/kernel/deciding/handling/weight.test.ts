// Everything that is kept of streams while nothing waits for them is bounded by the memory that it takes, regardless of its kind.

import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Command, openCommandHandler } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import { openLog, watched } from '../../../../command/log.given.ts'
import * as ord from '../../../../command/order/order.given.ts'
import type { StreamName } from '../../../../kernel/store/event-store.ts'

/**
 * A handler that keeps streams up to some weight. A command that leaves nothing is sent to a stream to see whether the stream has to be
 * read for it.
 */
async function keeping(weightAtRest: number) {
  const log = watched(await openLog())
  const handler = openCommandHandler(log, { weightAtRest })
  let commands = 0
  const send = async (stream: StreamName, command: Command): Promise<void> => {
    const commandId = `c${++commands}`
    await handler.send({ stream, command, commandId, digest: '', correlationId: commandId })
    await turn()
  }
  const kept = async (stream: StreamName, refused: Command): Promise<boolean> => {
    const before = log.reads.length
    await send(stream, refused)
    return log.reads.length === before
  }
  return { handler, send, kept }
}

const lines = (count: number) => Array.from({ length: count }, (_, number) => ord.line(`prd_${number}`, 1, 1))

describe('of 20 orders', () => {
  test.each([
    ['with a line each, all are kept', 20, [ord.placeLines(...lines(1))]],
    ['with 200 lines, as many as there is room for', 4, [ord.placeLines(...lines(200))]],
    [
      'with 200 lines by choreography, half as many: they await an answer for each',
      2,
      [{ ...ord.placeLines(...lines(200)), coordination: 'choreography' } as const],
    ],
    [
      'with a pending revision of 200 lines, as many as of those',
      4,
      [ord.placeTotal(5), ord.approve(), ord.reviseLines(...lines(200))],
    ],
    ['that were cancelled, all are kept, whatever lines they had', 20, [ord.placeLines(...lines(200)), ord.cancel()]],
  ])('%s', async (_, most, commands) => {
    const { send, kept } = await keeping(430)
    const streams = Array.from({ length: 20 }, (_, number): StreamName => `order-ord_${number}`)
    for (const stream of streams) {
      for (const command of commands)
        await send(stream, { ...command, orderId: stream.slice('order-'.length) } as Command)
    }

    let count = 0
    // The newest first: none of those that are kept is pushed out by one that is read.
    for (const stream of streams.reverse()) if (await kept(stream, ord.placeTotal(5))) count++
    expect(count).toBe(most)
  })
})

test('what is parked takes room, as the commands do that parked it', async () => {
  const { send, kept } = await keeping(20)
  await send('customer-cus_1', cus.register(100))
  const park = async (id: string) => {
    const saga = { saga: 'placement', id, orderId: id, follows: `order-${id}` } as const
    await send('parked-placement', { type: 'Park', saga, trouble: { reason: 'STUCK', steps: [], error: '', tries: 8 } })
  }
  for (let number = 0; number < 6; number++) await park(`ord_${number}`)
  expect(await kept('customer-cus_1', cus.register(100))).toBe(true)
  await park('ord_6')
  expect(await kept('customer-cus_1', cus.register(100))).toBe(false)
})

test('what somebody asks of a stream that has no events pushes nothing out', async () => {
  const { handler, send, kept } = await keeping(20)
  await send('customer-cus_1', cus.register(100))
  for (let number = 0; number < 50; number++) {
    await handler.priceOf(`prd_${number}`)
    await send(`customer-cus_u${number}`, cus.changeLimit(5))
  }
  expect(await kept('customer-cus_1', cus.register(100))).toBe(true)
})
