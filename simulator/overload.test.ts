// A command handler that is slow for a while is soon as fast as before: in virtual time, over messages between processes.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type CommandMessage, openRemoteBus, type ShopBus, serveCommands } from '../command/commands.ts'
import * as cus from '../command/customer/customer.given.ts'
import { NotDecided, type Outcome } from '../kernel/deciding/bus/command-bus.ts'
import { PARTITIONS } from '../kernel/deciding/bus/partitions.ts'
import { retry } from '../kernel/failures/retry.ts'
import { messagesInMemory } from '../kernel/messaging/messaging.given.ts'
import { randomness } from './random.ts'
import { inVirtualTime } from './virtual-time.ts'

const SECOND = 1_000
const accepted: Outcome = { accepted: true, duplicate: false, revision: 0, position: 1, events: [] }

/** A handler with one server: each request costs it so many milliseconds, a repeat as much as the first one. */
function handlerCosting(milliseconds: () => number) {
  let free = Promise.resolve()
  let executed = 0
  const handler: ShopBus = {
    send(_, deadline = Number.POSITIVE_INFINITY) {
      const outcome = free.then(async () => {
        if (performance.now() >= deadline) throw new NotDecided('expired')
        executed++
        await pause(milliseconds())
        return accepted
      })
      free = outcome.then(
        () => {},
        () => {},
      )
      return outcome
    },
    priceOf: async () => undefined,
  }
  return { handler, executed: () => executed }
}

/** A handler in one process, and a bus to it from another one. */
function apart(handler: ShopBus, turnWithinMs?: number): ShopBus {
  const messages = messagesInMemory()
  const served = serveCommands({ messaging: messages.connect(), namespace: 'desk', handler, holds: () => true })
  for (let partition = 0; partition < PARTITIONS; partition++) served.take(partition)
  const waits = turnWithinMs === undefined ? {} : { turnWithinMs }
  return openRemoteBus({ messaging: messages.connect(), namespace: 'desk', ...waits })
}

function message(number: number): CommandMessage {
  const commandId = `c${number}`
  return {
    stream: `customer-cus_${number % 8}`,
    command: cus.register(1),
    commandId,
    digest: '',
    correlationId: commandId,
  }
}

test.each([
  ['clients, who are refused and try again', undefined],
  ['sagas, which wait for their turn', Number.POSITIVE_INFINITY],
])(
  'a handler that is ten times slower for 20 seconds answers %s at the previous rate within 10 seconds of the end',
  async (_, turnWithinMs) => {
    await inVirtualTime(randomness(1)('overload'), async (time) => {
      let cost = 10
      const { handler, executed } = handlerCosting(() => cost)
      const bus = apart(handler, turnWithinMs)
      const answeredIn = new Map<number, number>()
      let sent = 0
      let stopped = false

      /** Fifty commands a second, each sent until it is answered. */
      async function customers(): Promise<void> {
        while (!stopped) {
          const number = sent++
          void retry(() => bus.send(message(number))).then(() => {
            const second = Math.floor(time.now() / SECOND)
            answeredIn.set(second, (answeredIn.get(second) ?? 0) + 1)
          })
          await time.pass(20)
        }
      }
      const answered = (from: number, to: number) => {
        const seconds = Array.from({ length: to - from }, (_, index) => answeredIn.get(from + index) ?? 0)
        return seconds.reduce((sum, count) => sum + count, 0) / seconds.length
      }

      const arriving = customers()
      await time.pass(10 * SECOND)
      cost = 100
      await time.pass(20 * SECOND)
      const executedBefore = executed()
      cost = 10
      await time.pass(12 * SECOND)
      stopped = true
      await arriving

      const before = answered(5, 10)
      expect(before).toBeGreaterThan(45)
      expect(answered(40, 42)).toBeGreaterThanOrEqual(before)
      // Nearly everything that the handler did while it was slow was for somebody who still waited.
      const useful = answered(10, 30) * 20
      expect(useful).toBeGreaterThan(0.9 * (executedBefore - before * 10))
    })
  },
)

test('a handler that is away is asked a few times a second, however many wait for it', async () => {
  await inVirtualTime(randomness(2)('overload'), async (time) => {
    const messages = messagesInMemory()
    const messaging = messages.connect()
    let requests = 0
    const counted: typeof messaging = {
      ...messaging,
      request: (...what) => {
        requests++
        return messaging.request(...what)
      },
    }
    const bus = openRemoteBus({ messaging: counted, namespace: 'desk', turnWithinMs: Number.POSITIVE_INFINITY })
    const stop = new AbortController()
    const { stream } = message(0)
    const waiting = Array.from({ length: 500 }, (_, number) =>
      retry(() => bus.send({ ...message(number), stream }), { signal: stop.signal }),
    )
    await time.pass(20 * SECOND)
    const before = requests
    await time.pass(20 * SECOND)
    expect((requests - before) / 20).toBeLessThan(10)
    stop.abort(new Error('enough'))
    await Promise.all(waiting.map((sent) => expect(sent).rejects.toThrow()))
  })
})
