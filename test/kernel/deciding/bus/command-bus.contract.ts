// The promises of every command bus to those who send commands, as tests: run against the handler in process, and by way of messages.

import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Command, CommandMessage, ShopBus } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import { eventsOf, openLog, type Watched, watched } from '../../../../command/log.given.ts'
import * as prd from '../../../../command/product/product.given.ts'
import type { EventStore } from '../../../../events/catalogue.ts'
import { MAX_CENTS } from '../../../../events/money.ts'

/** Opens a bus whose commands are decided on a store; takes care that it is closed when the test has finished. */
export type OpenBus = (store: EventStore) => Promise<ShopBus>

export function describeCommandBus(name: string, open: OpenBus): void {
  describe(name, () => {
    let log: Watched
    let bus: ShopBus
    beforeEach(async () => {
      log = watched(await openLog())
      bus = await open(log)
    })

    test('an accepted command tells its events, and where the last of them is', async () => {
      const outcome = await bus.send(toProduct(prd.add(1000, 5)))
      const recorded = await eventsOf(log, 'product-prd_1')
      expect(outcome).toEqual({
        accepted: true,
        duplicate: false,
        revision: 1,
        position: recorded[1]?.position,
        events: [prd.added(1000), prd.received(5)],
      })
    })

    test('who asked for a command is recorded with its events', async () => {
      const who = { actor: 'somebody', causationId: 'cause', correlationId: 'all of it' }
      await bus.send({ ...toCustomer(cus.register(100)), ...who })
      expect((await eventsOf(log, 'customer-cus_1'))[0]?.metadata).toMatchObject(who)
    })

    test('amounts arrive exactly as they were sent, and what is left out stays out', async () => {
      await bus.send(toCustomer(cus.register(MAX_CENTS)))
      expect(await bus.send(toCustomer(cus.changeLimit(0, undefined)))).toMatchObject({
        accepted: true,
        events: [cus.limitChanged(MAX_CENTS, 0)],
      })
    })

    test('a refused command states why', async () => {
      await bus.send(toCustomer(cus.register(100)))
      expect(await bus.send(toCustomer(cus.changeLimit(5, 300)))).toEqual({
        accepted: false,
        refusal: {
          code: 'CONFLICT',
          message: 'expectedCreditLimit is 3.00, but the credit limit is 1.00. Read the customer again.',
          path: ['expectedCreditLimit'],
          expected: '3.00',
          actual: '1.00',
        },
      })
    })

    test('a command to which nothing is to be done is accepted, and leaves nothing', async () => {
      await bus.send(toCustomer(cus.register(100)))
      const first = await bus.send(toCustomer(cus.reserveCredit('ord_1', 100)))
      const again = await bus.send(toCustomer(cus.reserveCredit('ord_1', 100)))
      expect(again).toEqual({ ...first, events: [] })
    })

    test('the same command again is a duplicate, with the first outcome', async () => {
      const registration = toCustomer(cus.register(100))
      const first = await bus.send(registration)
      await bus.send(toCustomer(cus.changeLimit(200)))
      expect(await bus.send(registration)).toMatchObject({ ...first, duplicate: true })
    })

    test('a receipt is the same without the events, and for a repeat none of them is read again', async () => {
      const adding = { ...toProduct(prd.add(1000, 5)), receiptOnly: true } as const
      const first = await bus.send(adding)
      const [, last] = await eventsOf(log, 'product-prd_1')
      expect(first).toMatchObject({ accepted: true, duplicate: false, revision: 1, position: last?.position })
      const readBefore = log.eventsRead('product-prd_1')
      expect(await bus.send(adding)).toEqual({ ...first, duplicate: true, events: [] })
      expect(log.eventsRead('product-prd_1')).toBe(readBefore)
    })

    test('another command with a commandId that was used before is refused', async () => {
      const registration = toCustomer(cus.register(100))
      await bus.send(registration)
      expect(await bus.send({ ...registration, digest: 'another' })).toMatchObject({
        accepted: false,
        refusal: { code: 'COMMAND_ID_REUSED', path: ['commandId'] },
      })
    })

    test('many commands for one stream meet in one mailbox: they leave in few appends, each decided after the other', async () => {
      await bus.send(toCustomer(cus.register(100)))
      log.appends.length = 0
      const orders = Array.from({ length: 200 }, (_, number) => `ord_${number}`)
      const outcomes = await Promise.all(orders.map((order) => bus.send(toCustomer(cus.reserveCredit(order, 1)))))

      const reserved = outcomes.flatMap((outcome) => (outcome.accepted ? outcome.events : []))
      expect(reserved.filter(({ type }) => type === 'CreditReserved')).toHaveLength(100)
      expect(reserved.filter(({ type }) => type === 'CreditReservationRefused')).toHaveLength(100)
      expect(log.appends.flatMap(({ events }) => events)).toHaveLength(200)
      expect(log.appends.length).toBeLessThan(50)
    })

    test('commands for many streams reach the stream that they are for', async () => {
      const streams = Array.from({ length: 100 }, (_, number) => `customer-cus_${number}` as const)
      const register = (limit: number) => toCustomer({ ...cus.register(limit), customerId: `cus_${limit}` })
      await Promise.all(streams.map((stream, limit) => bus.send({ ...register(limit), stream })))
      for (const [limit, stream] of streams.entries()) {
        expect(await eventsOf(log, stream)).toMatchObject([
          { type: 'CustomerRegistered', data: { customerId: `cus_${limit}`, creditLimit: limit } },
        ])
      }
    })

    test('the list price is that of now', async () => {
      await bus.send(toProduct(prd.add(1000)))
      expect(await bus.priceOf('prd_1')).toBe(1000)
      await bus.send(toProduct(prd.changePrice(0)))
      expect(await bus.priceOf('prd_1')).toBe(0)
    })

    test('an unknown product has no list price', async () => {
      expect(await bus.priceOf('prd_1')).toBeUndefined()
    })

    test('a command that no decider knows is an error, and no reason to try again', async () => {
      const failed = (async () => bus.send(toCustomer({ type: 'Nonsense' } as never)))()
      await expect(failed).rejects.toThrow(new Error('A customer knows no command {"type":"Nonsense"}'))
    })
  })
}

function toCustomer(command: Command): CommandMessage {
  return message('customer-cus_1', command)
}

function toProduct(command: Command): CommandMessage {
  return message('product-prd_1', command)
}

function message(stream: CommandMessage['stream'], command: Command): CommandMessage {
  const commandId = randomUUID()
  return { stream, command, commandId, digest: JSON.stringify(command), correlationId: commandId }
}
