// A repeated command is answered from memory, or from as few events as a server can be asked for.

import { describe, expect, onTestFinished, test } from 'vitest'
import { type Command, type CommandBus, type CommandMessage, openCommandHandler } from '../../../../command/commands.ts'
import * as cus from '../../../../command/customer/customer.given.ts'
import * as ord from '../../../../command/order/order.given.ts'
import { catalogue } from '../../../../events/catalogue.ts'
import type { StreamName } from '../../../../kernel/store/event-store.ts'
import { eventStoreOn } from '../../../../kernel/store/eventstoredb/eventstoredb-event-store.ts'
import { namesIn } from '../../../../kernel/store/eventstoredb/names.ts'
import { scriptedServer } from '../../../../kernel/store/eventstoredb/scripted-server.given.ts'

const ORDERS = 600
const customerStream = 'customer-cus_1'

/** A log on a server that counts the events that it sends, and handlers as processes open them one after another. */
function server() {
  const scripted = scriptedServer()
  const store = eventStoreOn(scripted.shared, { catalogue, names: namesIn('desk') })
  onTestFinished(() => store.close())
  /** Without snapshots unless they are asked for. */
  const handler = (snapshotEvery = Number.POSITIVE_INFINITY) =>
    openCommandHandler(store, { singleWriter: false, snapshotEvery })
  const sentFor = async (work: () => Promise<unknown>): Promise<number> => {
    const before = scripted.eventsSent()
    await work()
    return scripted.eventsSent() - before
  }
  return { store, handler, sentFor }
}

function message(stream: StreamName, commandId: string, command: Command, after?: number): CommandMessage {
  return { stream, command, commandId, digest: '', correlationId: commandId, ...(after !== undefined && { after }) }
}

const reservation = (number: number, after: number) =>
  message(customerStream, `~placement-ord_${number}/credit`, cus.reserveCredit(`ord_${number}`, 1), after)

const release = (number: number, after: number) =>
  message(customerStream, `~placement-ord_${number}/undo`, cus.releaseCredit(`ord_${number}`), after)

/** A customer whose orders have reserved credit and given it back; gives the position at which the first of them began. */
async function reserved(bus: CommandBus, began: () => Promise<number>): Promise<number> {
  await bus.send(message(customerStream, 'registration', cus.register(1_000)))
  const after = await began()
  for (let number = 0; number < ORDERS; number++) {
    await bus.send(reservation(number, after))
    await bus.send(release(number, after))
  }
  return after
}

describe('the server sends', () => {
  test('no event of the command for a repeat that memory knows', async () => {
    const { store, handler, sentFor } = server()
    const bus = handler()
    const after = await reserved(bus, store.head)
    const repeat = async () => {
      expect(await bus.send(reservation(7, after))).toMatchObject({
        duplicate: true,
        events: [{ type: 'CreditReserved' }],
      })
    }
    // The answer is confirmed by a read of what others may have appended: there is nothing.
    expect(await sentFor(repeat)).toBe(0)
  })

  test('for a repeat of a command of an order the events of this command, and no page', async () => {
    const { handler, sentFor } = server()
    const bus = handler()
    const to = (command: Command) => message('order-ord_1', `~placement-ord_1/${command.type}`, command)
    await bus.send(to(ord.placeTotal(5)))
    await bus.send(to(ord.approve()))
    await bus.send(to(ord.cancel()))
    const repeat = async () => {
      expect(await bus.send(to(ord.approve()))).toMatchObject({ duplicate: true, events: [{ type: 'OrderApproved' }] })
    }
    expect(await sentFor(repeat)).toBe(1)
  })

  test('each event once when sagas repeat all of their commands after a takeover', async () => {
    const { store, handler, sentFor } = server()
    const after = await reserved(handler(), store.head)
    const successor = handler()
    const repeats = async () => {
      for (let number = 0; number < ORDERS; number++) {
        expect(await successor.send(reservation(number, after))).toMatchObject({ duplicate: true })
      }
    }
    expect(await sentFor(repeats)).toBe(2 * ORDERS + 1)
  })

  test.each([
    ['the oldest first', (index: number) => index],
    ['the newest first', (index: number) => ORDERS - 1 - index],
  ])(
    'each event about once when they were in a snapshot, repeated %s: memory keeps those that it looks up',
    async (_, numberAt) => {
      const { store, handler, sentFor } = server()
      const after = await reserved(handler(1_000), store.head)
      await expect.poll(() => newestSnapshot(store)).toBe(true)
      const successor = handler(1_000)
      const repeats = async () => {
        for (let index = 0; index < ORDERS; index++) {
          const number = numberAt(index)
          const answer = await successor.send(reservation(number, after))
          expect(answer).toMatchObject({ duplicate: true, events: [{ data: { orderId: `ord_${number}` } }] })
        }
      }
      expect(await sentFor(repeats)).toBeLessThan(2.5 * ORDERS)
    },
  )
})

async function newestSnapshot(store: ReturnType<typeof eventStoreOn>): Promise<boolean> {
  for await (const _ of store.readBackwards(`snapshot-${customerStream}`, { limit: 1 })) return true
  return false
}
