// A shop for tests of the sagas: a log, the command handlers, and the actions of a client or an operator.

import { expect } from 'vitest'
import type { Coordination, DomainEvent, EventStore, ProcessName, RecordedEvent } from '../../events/catalogue.ts'
import type { Outcome } from '../../kernel/deciding/bus/command-bus.ts'
import { startPolicies } from '../../kernel/deciding/choreography/start-policies.ts'
import type { ParkingCommand } from '../../kernel/deciding/processes/parking.ts'
import type { Sagas } from '../../kernel/deciding/processes/process-runner.ts'
import { startSagas } from '../../kernel/deciding/saga/start-sagas.ts'
import type { StreamName } from '../../kernel/store/event-store.ts'
import { type Position, START } from '../../kernel/store/position.ts'
import { heldAtEnd, overdrafts } from '../../test/invariants.ts'
import { type Command, type CommandBus, openCommandHandler } from '../commands.ts'
import { openLog, wholeLog } from '../log.given.ts'
import type { QuotedLine } from '../order/order.ts'
import { placement } from './placement.ts'
import { policies } from './policies.ts'

export const hammer = (quantity: number): QuotedLine => ({ productId: 'prd_hammer', quantity, unitPrice: 1000 })
export const nails = (quantity: number): QuotedLine => ({ productId: 'prd_nails', quantity, unitPrice: 10 })

export interface Shop {
  store: EventStore
  bus: CommandBus
  /** Starts what sees orders through, or a definition that is put in its place. */
  start(on?: EventStore, to?: CommandBus, options?: Partial<StartOptions>): Promise<Sagas>
  /** As a client does: the same command again has the same commandId. */
  send(command: Exclude<Command, ParkingCommand>, to?: CommandBus): Promise<void>
  place(orderId: string, lines: QuotedLine[], customerId?: string, to?: CommandBus): Promise<void>
  /** As an operator does. */
  operate(type: 'RetryParked' | 'DiscardParked', id: string, process?: ProcessName): Promise<Outcome>
  /** Waits until the log has so many such events of an order. @returns where the last of them is */
  happens(type: DomainEvent['type'], orderId: string, times?: number): Promise<Position>
  /** Waits until it is recorded when the order has to be decided. */
  begins(orderId: string): Promise<Position>
  /** Waits until the order is decided and everything that was reserved for it is given back, or shipped and paid. */
  ends(orderId: string): Promise<void>
  /** Nothing is overdrawn, nothing is held that should not be, and every saga ended at most once. */
  expectSoundLog(): Promise<void>
  /** A bus on which commands for one stream wait until they are let go. */
  heldBus(stream: StreamName): CommandBus & { letGo(): void }
}

type StartOptions = Pick<Parameters<typeof startSagas<Facts>>[0], 'saga' | 'tries' | 'now'> &
  Pick<Parameters<typeof startPolicies<Facts>>[0], 'choreography'>
type Facts = ReturnType<typeof placement.begin>

/** A shop with 10 hammers and 1,000 nails, and a customer who may owe 1,000.00. Its clock is `late` by so many milliseconds. */
export async function openShop({
  coordination = 'orchestration',
  ...options
}: {
  coordination?: Coordination
  late?: number
} = {}): Promise<Shop> {
  const store = await openLog(options)
  const bus = openCommandHandler(store)
  const quiet = () => {}
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  let operations = 0

  const shop: Shop = {
    store,
    bus,
    start(on = store, to = bus, { saga = placement, choreography = policies, ...habits } = {}) {
      const surroundings = { store: on, bus: to, log, ...habits }
      return coordination === 'choreography'
        ? startPolicies({ choreography, ...surroundings })
        : startSagas({ saga, ...surroundings })
    },

    async send(command, to = bus) {
      const [entity, id] =
        'productId' in command
          ? (['product', command.productId] as const)
          : 'orderId' in command
            ? (['order', command.orderId] as const)
            : (['customer', command.customerId] as const)
      const commandId = `${command.type} ${id}`
      const stream: StreamName = `${entity}-${id}`
      const outcome = await to.send({ stream, command, commandId, digest: '', correlationId: commandId })
      expect(outcome).toMatchObject({ accepted: true })
    },
    place: (orderId, lines, customerId = 'cus_1', to = bus) =>
      shop.send({ type: 'PlaceOrder', orderId, customerId, content: { lines }, coordination }, to),
    operate(type, id, process = coordination === 'choreography' ? 'choreography' : 'placement') {
      const commandId = `operation-${++operations}`
      const command = { type, id }
      return bus.send({ stream: `parked-${process}`, command, commandId, digest: '', correlationId: commandId })
    },

    async happens(type, orderId, times = 1) {
      const found = new AbortController()
      let left = times
      for await (const { events } of store.subscribe(START, { signal: found.signal })) {
        for (const event of events) {
          if (event.type !== type || !('orderId' in event.data) || event.data.orderId !== orderId) continue
          if (--left === 0) return event.position
        }
      }
      throw new Error(`The log ended without ${type} of ${orderId}`)
    },
    begins: (orderId) =>
      shop.happens(coordination === 'choreography' ? 'ReservationsAwaited' : 'PlacementStarted', orderId),
    async ends(orderId) {
      const found = new AbortController()
      const its: RecordedEvent[] = []
      for await (const { events } of store.subscribe(START, { signal: found.signal })) {
        its.push(...events.filter(({ data }) => 'orderId' in data && data.orderId === orderId))
        if (hasEnded(its)) return
      }
      throw new Error(`The log ended before ${orderId}`)
    },
    async expectSoundLog() {
      const events = await wholeLog(store)
      expect(overdrafts(events)).toEqual([])
      expect(heldAtEnd(events)).toEqual([])
      const endings = events
        .filter(({ type }) => type === 'PlacementEnded' || type === 'RevisionEnded')
        .map(({ stream }) => stream)
      expect(endings).toEqual([...new Set(endings)])
    },

    heldBus(stream) {
      let letGo = () => {}
      const held = new Promise<void>((resolve) => {
        letGo = resolve
      })
      return {
        ...bus,
        async send(message) {
          if (message.stream === stream) await held
          return bus.send(message)
        },
        letGo,
      }
    },
  }

  await shop.send({ type: 'RegisterCustomer', customerId: 'cus_1', name: 'Acme', creditLimit: 100_000 })
  await shop.send({ type: 'AddProduct', productId: 'prd_hammer', name: 'Hammer', price: 1000, stock: 10 })
  await shop.send({ type: 'AddProduct', productId: 'prd_nails', name: 'Nails', price: 10, stock: 1000 })
  return shop
}

/** A saga says when it has ended. By choreography that follows from what the participants say. */
function hasEnded(its: readonly RecordedEvent[]): boolean {
  const placed = its.find(({ type }) => type === 'OrderPlaced')
  if (placed?.type !== 'OrderPlaced') return false
  if (!placed.data.coordination) return its.some(({ type }) => type === 'PlacementEnded')
  if (!its.some(({ type }) => ['OrderRejected', 'OrderCancelled', 'OrderPaid'].includes(type))) return false
  const settled = its.filter(({ type }) => ['CreditReleased', 'StockReleased', 'StockShipped'].includes(type))
  const streams = new Set(settled.map(({ stream }) => stream))
  const { customerId } = placed.data
  const lines = its.flatMap(({ type, data }) => (type === 'OrderPlaced' || type === 'OrderRevised' ? data.lines : []))
  const participants = [`customer-${customerId}`, ...lines.map(({ productId }) => `product-${productId}`)]
  return participants.every((stream) => streams.has(stream as StreamName))
}

/** A clock that stands until time is made to pass. */
export function clockOf(): { now: () => number; pass(milliseconds: number): void } {
  let time = Date.now()
  return {
    now: () => time,
    pass(milliseconds) {
      time += milliseconds
    },
  }
}
