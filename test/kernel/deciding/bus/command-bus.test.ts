// A command bus keeps its promises wherever the handler is: in this process, or in another one.

import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type CommandMessage,
  openCommandHandler,
  openRemoteBus,
  type ShopBus,
  serveCommands,
} from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import { eventsOf, openLog, watched } from '../../../../command/log.given.ts'
import { NotDecided, type Outcome } from '../../../../kernel/deciding/bus/command-bus.ts'
import { PARTITIONS, partitionOf, subjectOf } from '../../../../kernel/deciding/bus/partitions.ts'
import type { Expiry } from '../../../../kernel/deciding/bus/remote-messages.ts'
import type { CommandServer } from '../../../../kernel/deciding/bus/serve-commands.ts'
import type { Logger } from '../../../../kernel/logger.ts'
import { messagesInMemory } from '../../../../kernel/messaging/messaging.given.ts'
import type { Messaging } from '../../../../kernel/messaging/messaging.ts'
import { openNats } from '../../../../kernel/messaging/nats.ts'
import { describeCommandBus, type OpenBus } from './command-bus.contract.ts'

const { NATS_URL } = process.env
const all = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const quiet = () => {}
const log: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describeCommandBus('the command handler in process', async (store) => openCommandHandler(store))

const server = messagesInMemory()
describeCommandBus(
  'the command bus by way of messages',
  byWayOf(async () => server.connect()),
)

if (NATS_URL === undefined) {
  describe('the command bus over NATS', () => {
    test.skip('keeps the contract of command buses: set NATS_URL to check it', () => {})
  })
} else {
  describeCommandBus(
    'the command bus over NATS',
    byWayOf(() => openNats({ url: NATS_URL, log })),
  )
}

/** A bus whose commands go from one process to another that holds all partitions. */
function byWayOf(connect: () => Promise<Messaging>): OpenBus {
  return async (store) => {
    const namespace = `test_${randomUUID()}`
    const [gateway, handling] = [await connect(), await connect()]
    onTestFinished(async () => {
      await handling.close()
      await gateway.close()
    })
    const handler = openCommandHandler(store, { singleWriter: false })
    const served = serveCommands({ messaging: handling, namespace, handler, holds: () => true })
    for (const partition of all) served.take(partition)
    return openRemoteBus({ messaging: gateway, namespace })
  }
}

describe('command handlers in several processes', () => {
  const stream = 'customer-cus_1'
  const partition = partitionOf(stream)
  const message: CommandMessage = {
    stream,
    command: cus.register(100),
    commandId: 'registration',
    digest: 'digest',
    correlationId: 'registration',
  }

  interface Handling extends CommandServer {
    held: Set<number>
  }

  /** One caller, and a way to add command handlers. */
  function desk({ servedWithinMs = 200, answerWithinMs = 200, askAgainAfterMs = 60_000, turnWithinMs = 3_000 } = {}) {
    const messages = messagesInMemory()
    const messaging = messages.connect()
    const add = (handler: ShopBus): Handling => {
      const held = new Set<number>()
      const holds = (share: number) => held.has(share)
      return { held, ...serveCommands({ messaging: messages.connect(), namespace: 'desk', handler, holds }) }
    }
    const bus = openRemoteBus({
      messaging,
      namespace: 'desk',
      turnWithinMs,
      servedWithinMs,
      answerWithinMs,
      askAgainAfterMs,
    })
    return { bus, add, messaging }
  }

  test('an answer has no events for who wants a receipt only, and refusals as they are', async () => {
    const { add, messaging } = desk()
    const handling = add(openCommandHandler(await openLog()))
    handling.held.add(partition)
    handling.take(partition)
    const ask = (message: CommandMessage) =>
      messaging.request(subjectOf('desk', partition), { ask: 'decide', message }, 1_000)
    const receiptOnly = true
    expect(await ask({ ...message, receiptOnly })).toEqual({
      outcome: { accepted: true, duplicate: false, revision: 0, position: expect.any(Number), events: [] },
    })
    expect(await ask({ ...message, commandId: 'another', receiptOnly })).toMatchObject({
      outcome: { accepted: false, refusal: { code: 'ALREADY_EXISTS' } },
    })
    expect(await ask(message)).toMatchObject({
      outcome: { duplicate: true, events: [cus.registered({ creditLimit: 100 })] },
    })
  })

  test('while nobody serves the partition a command is not decided, and the message says so', async () => {
    const { bus } = desk()
    await expect(bus.send(message)).rejects.toThrow(NotDecided)
    await expect(bus.priceOf('prd_1')).rejects.toThrow('product-prd_1: no command handler serves its partition')
  })

  test('a partition that is taken soon is waited for', async () => {
    const { bus, add } = desk({ servedWithinMs: 10_000 })
    const handling = add(openCommandHandler(await openLog()))
    const sent = bus.send(message)
    handling.held.add(partition)
    handling.take(partition)
    expect(await sent).toMatchObject({ accepted: true })
  })

  test('the holder of the partition decides a command, even while another has not heard yet that it lost it', async () => {
    const { bus, add } = desk({ answerWithinMs: 10_000 })
    const store = await openLog()
    const stalled = watched(store)
    const loser = add(openCommandHandler(stalled))
    loser.take(partition)
    const holder = add(openCommandHandler(store))
    holder.held.add(partition)
    holder.take(partition)
    expect(await bus.send(message)).toMatchObject({ accepted: true })
    expect(stalled.reads).toEqual([])
  })

  test('where nobody holds the partition any more nobody answers, and the command is not decided', async () => {
    const { bus, add } = desk()
    const store = await openLog()
    add(openCommandHandler(store)).take(partition)
    await expect(bus.send(message)).rejects.toThrow(NotDecided)
    await expect(bus.send(message)).rejects.toThrow('customer-cus_1: the command handler did not answer.')
    expect(await eventsOf(store, stream)).toEqual([])
  })

  /** The only handler, which holds the partition, and whose first append waits until it is let go. */
  async function holding({ add }: Pick<ReturnType<typeof desk>, 'add'>) {
    let store = () => {}
    const held = new Promise<void>((resolve) => {
      store = resolve
    })
    const slow = watched(await openLog(), [
      async (append) => {
        await held
        return append()
      },
    ])
    const handling = add(openCommandHandler(slow, { singleWriter: false }))
    handling.held.add(partition)
    handling.take(partition)
    return { handling, slow, store: () => store() }
  }

  test('who has lost the partition when a command is stored still says so: nobody is asked twice', async () => {
    const { bus, add } = desk({ answerWithinMs: 10_000 })
    const { handling, slow, store } = await holding({ add })
    const sent = bus.send(message)
    await expect.poll(() => slow.appends.length).toBe(1)
    handling.held.delete(partition)
    store()
    expect(await sent).toMatchObject({ accepted: true, duplicate: false })
  })

  test('a partition is given when everything that was taken of it is answered', async () => {
    const { bus, add } = desk({ answerWithinMs: 10_000 })
    const { handling, slow, store } = await holding({ add })
    const sent = bus.send(message)
    await expect.poll(() => slow.appends.length).toBe(1)
    let given = false
    const giving = handling.give(partition).then(() => {
      given = true
    })
    await turn()
    expect(given).toBe(false)
    store()
    await giving
    expect(await sent).toMatchObject({ accepted: true })
    await expect(bus.send(message)).rejects.toThrow('no command handler serves its partition')
  })

  test('what moved to another handler while commands came is decided once, none is lost', async () => {
    const { bus, add } = desk({ servedWithinMs: 10_000, answerWithinMs: 10_000 })
    const store = await openLog()
    const handlings = [0, 1].map(() => add(openCommandHandler(store, { singleWriter: false })))
    const move = async (from: Handling | undefined, to: Handling | undefined) => {
      await from?.give(partition)
      from?.held.delete(partition)
      to?.held.add(partition)
      to?.take(partition)
    }
    await move(undefined, handlings[0])
    await bus.send(message)
    const moving = (async () => {
      for (let times = 0; times < 20; times++) await move(handlings[times % 2], handlings[(times + 1) % 2])
    })()
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        bus.send({ ...message, command: cus.reserveCredit(`ord_${number}`, 1), commandId: `c${number}` }),
      ),
    )
    await moving
    expect(outcomes.every((outcome) => outcome.accepted && !outcome.duplicate)).toBe(true)
    expect(await eventsOf(store, stream)).toHaveLength(201)
  })

  test('a command that a handler stalls on is decided by the one who takes the partition over', async () => {
    const { bus, add, messaging } = desk({ answerWithinMs: 10_000, askAgainAfterMs: 50 })
    const store = await openLog()
    const successor = add(openCommandHandler(store))
    let asked = 0
    messaging.serve(subjectOf('desk', partition), () => {
      asked++
      successor.held.add(partition)
      successor.take(partition)
      return undefined
    })
    expect(await bus.send(message)).toMatchObject({ accepted: true, duplicate: false })
    expect(asked).toBe(2)
    expect(await eventsOf(store, stream)).toHaveLength(1)
  })

  test('a command that was recorded by a handler that stalled then is a duplicate to its successor, and recorded once', async () => {
    const { bus, add, messaging } = desk({ answerWithinMs: 10_000, askAgainAfterMs: 50 })
    const store = await openLog()
    const stalled = openCommandHandler(store, { singleWriter: false })
    const successor = add(openCommandHandler(store, { singleWriter: false }))
    // Recorded before it is asked for: however long that takes, the successor is there when the answer is overdue.
    await stalled.send(message)
    messaging.serve(subjectOf('desk', partition), () => {
      successor.held.add(partition)
      successor.take(partition)
      return undefined
    })
    expect(await bus.send(message)).toMatchObject({ accepted: true, duplicate: true })
    expect(await eventsOf(store, stream)).toHaveLength(1)
  })

  test('a handler that is slow is asked twice, and its first answer is taken', async () => {
    const { bus, messaging } = desk({ answerWithinMs: 10_000, askAgainAfterMs: 50 })
    const outcome: Outcome = { accepted: true, duplicate: false, revision: 1, position: 7, events: [] }
    let release = (_: unknown) => {}
    let asked = 0
    messaging.serve(subjectOf('desk', partition), () => {
      if (asked++ === 0) return new Promise((resolve) => (release = resolve))
      release({ outcome })
      return undefined
    })
    expect(await bus.send(message)).toEqual(outcome)
    expect(asked).toBe(2)
  })

  test('a handler that is asked twice and does not answer leaves the command undecided', async () => {
    const { bus, messaging } = desk({ answerWithinMs: 200, askAgainAfterMs: 50 })
    let asked = 0
    messaging.serve(subjectOf('desk', partition), () => void asked++)
    await expect(bus.send(message)).rejects.toThrow('customer-cus_1: the command handler did not answer.')
    expect(asked).toBe(2)
  })

  test('that a handler could not decide reaches the caller', async () => {
    const { bus, add } = desk({ answerWithinMs: 10_000 })
    const broken: ShopBus = {
      send: () => Promise.reject(new NotDecided('the store is away')),
      priceOf: () => Promise.reject(new NotDecided('the store is away')),
    }
    const handling = add(broken)
    for (const share of all) {
      handling.held.add(share)
      handling.take(share)
    }
    await expect(bus.send(message)).rejects.toThrow(new NotDecided('the store is away'))
    await expect(bus.priceOf('prd_1')).rejects.toThrow(new NotDecided('the store is away'))
  })

  test('without a connection a command is not decided, at once', async () => {
    const { bus, messaging } = desk({ servedWithinMs: 60_000, answerWithinMs: 60_000 })
    await messaging.close()
    await expect(bus.send(message)).rejects.toThrow(NotDecided)
    await expect(bus.send(message)).rejects.toThrow('customer-cus_1: the command could not be sent.')
  })

  test.each<[string, unknown]>([
    ['no object', 'decide'],
    ['another question', { ask: 'delete', message }],
    ['a command without a stream', { ask: 'decide', message: { ...message, stream: undefined } }],
    ['a message without a command', { ask: 'decide', message: { ...message, command: null } }],
    ['a product that is no text', { ask: 'price', productId: 1 }],
  ])('a request of another version is not decided: %s', async (_, request) => {
    const { add, messaging } = desk()
    const handling = add(openCommandHandler(await openLog()))
    handling.held.add(partition)
    handling.take(partition)
    expect(await messaging.request(subjectOf('desk', partition), request, 1_000)).toEqual({
      notDecided: 'The command handler runs another version and cannot read the command.',
    })
  })

  test.each<[string, unknown]>([
    ['no object', 'accepted'],
    ['something else', { result: 1 }],
    ['an answer to another question', { price: 100 }],
  ])('an answer of another version is not understood, so nothing is known: %s', async (_, answer) => {
    const { bus, messaging } = desk()
    messaging.serve(subjectOf('desk', partition), () => answer)
    await expect(bus.send(message)).rejects.toThrow(NotDecided)
    await expect(bus.send(message)).rejects.toThrow('runs another version')
  })

  describe('a request whose caller waits no longer', () => {
    /** Asks the handler as another process does, and tells what it executed. */
    async function asking() {
      const { add, messaging } = desk()
      const store = await openLog()
      const handling = add(openCommandHandler(store))
      handling.held.add(partition)
      handling.take(partition)
      const ask = (expiry: unknown) =>
        messaging.request(subjectOf('desk', partition), { ask: 'decide', message, expiry }, 10_000)
      return { ask, executed: async () => (await eventsOf(store, stream)).length, messaging }
    }
    const sender = 'a'
    const expired = { notDecided: 'The request expired on its way.' }

    test('is not executed', async () => {
      const { ask, executed } = await asking()
      expect(await ask({ sender, sentAt: 0, withinMs: 0 })).toEqual(expired)
      expect(await executed()).toBe(0)
    })

    test('is not executed when the time has gone by on its way, regardless of the clocks of the two hosts', async () => {
      const { ask, executed } = await asking()
      const clock = performance.now() - 1e9
      expect(await ask({ sender, sentAt: clock, withinMs: 0 })).toEqual(expired)
      expect(await ask({ sender, sentAt: clock - 9_000, withinMs: 8_000 })).toEqual(expired)
      expect(await executed()).toBe(0)
      expect(await ask({ sender, sentAt: clock, withinMs: 8_000 })).toMatchObject({ outcome: { accepted: true } })
    })

    test('asks for no price either', async () => {
      const { messaging } = await asking()
      const request = { ask: 'price', productId: 'prd_1', expiry: { sender, sentAt: 0, withinMs: 0 } }
      expect(await messaging.request(subjectOf('desk', partition), request, 1_000)).toEqual(expired)
    })

    test.each<[string, unknown]>([
      ['of an older release, which states no expiry', undefined],
      ['of a newer release, whose expiry has another form', { at: '2026-01-01T00:00:00Z' }],
      ['whose expiry is no number', { sender, sentAt: 0, withinMs: '0' }],
    ])('cannot be told of a request %s: it is executed', async (_, expiry) => {
      const { ask } = await asking()
      expect(await ask(expiry)).toMatchObject({ outcome: { accepted: true } })
    })

    test('is not sent when it has waited too long for its turn', async () => {
      const { bus, messaging } = desk({ answerWithinMs: 60_000, turnWithinMs: 50 })
      let asked = 0
      const held: ((answer: unknown) => void)[] = []
      messaging.serve(subjectOf('desk', partition), () => {
        asked++
        return new Promise((resolve) => held.push(resolve))
      })
      let refused = 0
      const sent = Array.from({ length: 100 }, () =>
        bus.send(message).catch((error) => {
          expect(error).toEqual(new NotDecided(`${stream}: the command handler is busy, and the command was not sent.`))
          refused++
        }),
      )
      await expect.poll(() => refused + asked).toBe(100)
      expect(asked).toBeLessThan(20)
      const outcome: Outcome = { accepted: true, duplicate: false, revision: 1, position: 7, events: [] }
      for (const answer of held) answer({ outcome })
      await Promise.all(sent)
      expect(refused + asked).toBe(100)
    })
  })

  test('a request says for how long its caller waits, and a repeat that it is the repeat of the same caller', async () => {
    const { bus, messaging } = desk({ answerWithinMs: 10_000, askAgainAfterMs: 50 })
    const seen: { expiry: Expiry }[] = []
    const outcome: Outcome = { accepted: true, duplicate: false, revision: 1, position: 7, events: [] }
    messaging.serve(subjectOf('desk', partition), (request) => {
      seen.push(request as { expiry: Expiry })
      return seen.length === 1 ? undefined : { outcome }
    })
    await bus.send(message)
    const [first, second] = seen.map(({ expiry }) => expiry)
    expect(first?.withinMs).toBeLessThanOrEqual(10_000)
    expect(second?.withinMs).toBeLessThan(first?.withinMs ?? 0)
    expect(second?.sender).toBe(first?.sender)
  })

  test('more than 10,000 commands may not be under way at once', async () => {
    const { bus } = desk({ servedWithinMs: 500 })
    const sent = await Promise.allSettled(Array.from({ length: 10_003 }, () => bus.send(message)))
    const turnedAway = sent.filter(
      (one) => one.status === 'rejected' && String(one.reason).includes('Too many commands wait'),
    )
    expect(turnedAway).toHaveLength(3)
  })
})
