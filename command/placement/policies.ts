// An order by choreography: each policy turns one event into commands, the order notes what was reserved, and decides by itself.

import type { DomainEvent, PlacementFacts } from '../../events/catalogue.ts'
import { CREDIT, stockOf } from '../../events/placement.ts'
import { type Ask, type Choreography, isAnswerTo, policiesOver } from '../../kernel/deciding/choreography/definition.ts'
import type { StreamName } from '../../kernel/store/event-store.ts'
import type { Command } from '../commands.ts'
import { placement, whatIsOrdered, whatIsRevised } from './placement.ts'

const policy = policiesOver<DomainEvent>()

const decided = ['OrderApproved', 'OrderRejected', 'OrderCancelled'] as const

export const policies: Choreography<PlacementFacts, DomainEvent> = {
  name: 'choreography',

  policies: [
    policy({
      name: 'set the deadline',
      when: ['OrderPlaced', 'SagaRetried'],
      until: decided,
      ask: (_, order: PlacementFacts, { deadline }) => [setDeadline(order, deadline)],
    }),
    policy({
      name: 'reserve',
      when: ['OrderPlaced'],
      until: decided,
      ask: (_, order: PlacementFacts) => [
        reserveCredit(order),
        ...order.stock.map((item) => reserveStock(order, item)),
      ],
    }),
    policy({
      name: 'note',
      when: ['CreditReserved', 'CreditReservationRefused', 'StockReserved', 'StockReservationRefused'],
      until: decided,
      ask: ({ data }) => note(data),
    }),
    policy({
      name: 'time out',
      when: ['ReservationsAwaited'],
      at: ({ data }) => data.deadline,
      until: [...decided, 'SagaRetried'],
      ask: (_, order: PlacementFacts, { now }) => [timeOut(order, now)],
    }),
    policy({
      name: 'give back',
      when: ['OrderRejected', 'OrderCancelled'],
      undoes: true,
      ask: (_, order: PlacementFacts) => [
        releaseCredit(order),
        ...order.stock.map((item) => releaseStock(order, item)),
      ],
    }),
    policy({
      name: 'ship',
      when: ['OrderShipped'],
      ask: (_, order: PlacementFacts) => order.stock.map((item) => shipStock(order, item)),
    }),
    policy({
      name: 'settle',
      when: ['OrderPaid'],
      ask: (_, order: PlacementFacts) => [releaseCredit(order)],
    }),
  ],

  follows: ['order', 'customer', 'product'],
  idOf(event) {
    if (!('orderId' in event.data)) return undefined
    return 'coordination' in event.data || isAnswerTo('choreography', event) ? event.data.orderId : undefined
  },
  about: (orderId) => ({ orderId }),
  storyOf: (orderId) => `order-${orderId}`,
  stories: 'order',
  beginsWith: 'OrderPlaced',
  begin: whatIsOrdered,
  amended: { by: 'OrderRevised', to: whatIsRevised },
  participants: ({ customerId, stock }) => [
    `customer-${customerId}`,
    ...stock.map(({ productId }): StreamName => `product-${productId}`),
  ],

  within: placement.within,
  window: placement.window,
}

type Item = PlacementFacts['stock'][number]

function reserveCredit({ orderId, customerId, total }: PlacementFacts): Ask {
  return ofCustomer({ type: 'ReserveCredit', customerId, orderId, amount: total })
}

function releaseCredit({ orderId, customerId }: PlacementFacts): Ask {
  return ofCustomer({ type: 'ReleaseCredit', customerId, orderId })
}

function reserveStock({ orderId }: PlacementFacts, { productId, quantity }: Item): Ask {
  return ofProduct({ type: 'ReserveStock', productId, orderId, quantity })
}

function releaseStock({ orderId }: PlacementFacts, { productId }: Item): Ask {
  return ofProduct({ type: 'ReleaseStock', productId, orderId })
}

function shipStock({ orderId }: PlacementFacts, { productId, quantity }: Item): Ask {
  return ofProduct({ type: 'ShipStock', productId, orderId, quantity })
}

function setDeadline({ orderId }: PlacementFacts, deadline: string): Ask {
  return ofOrder({ type: 'AwaitReservations', orderId, deadline })
}

function timeOut({ orderId }: PlacementFacts, now: number): Ask {
  return ofOrder({ type: 'TimeOutOrder', orderId, now })
}

/** A reservation that comes after its release is of no interest: the order was decided before it was given back. */
function note(data: Reservation): Ask[] {
  const { orderId } = data
  const step = 'productId' in data ? stockOf(data.productId) : CREDIT
  if (!('reason' in data)) return [ofOrder({ type: 'NoteReservation', orderId, step })]
  if (data.reason === 'ALREADY_RELEASED') return []
  return [ofOrder({ type: 'NoteReservation', orderId, step, refusedBecause: data.reason })]
}

type Reservation = Extract<
  Parameters<(typeof policies)['begin']>[0],
  { type: 'CreditReserved' | 'CreditReservationRefused' | 'StockReserved' | 'StockReservationRefused' }
>['data']

function ofCustomer(command: Extract<Command, { customerId: string; type: 'ReserveCredit' | 'ReleaseCredit' }>): Ask {
  return { step: CREDIT, stream: `customer-${command.customerId}`, command }
}

function ofProduct(command: Extract<Command, { type: 'ReserveStock' | 'ReleaseStock' | 'ShipStock' }>): Ask {
  return { step: stockOf(command.productId), stream: `product-${command.productId}`, command }
}

function ofOrder(
  command: Extract<Command, { orderId: string; type: 'AwaitReservations' | 'NoteReservation' | 'TimeOutOrder' }>,
): Ask {
  return { stream: `order-${command.orderId}`, command }
}
