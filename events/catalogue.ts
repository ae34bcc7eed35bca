// Every event that Creditline records, by the category of the stream that it is recorded in: the schema that the data of an event is
// checked against when it is read, and the types that follow from it. A stored event is never changed.
import * as z from 'zod'
import { defineCatalogue, type EventsOf } from '../kernel/store/catalogue.ts'
import type { EventOf } from '../kernel/store/category.ts'
import type * as kernel from '../kernel/store/event-store.ts'
import { parkedCategory, sagaAmendment, sagaEvents } from '../kernel/store/kernel-events.ts'
import { ID } from './ids.ts'
import { SCHEMA_VERSION, upcasters } from './upcasters.ts'

const customerId = z.string().regex(ID.customer)
const orderId = z.string().regex(ID.order)
const productId = z.string().regex(ID.product)
const cents = z.int().nonnegative()
/** Of a product, in pieces. */
const quantity = z.int().nonnegative()
const time = z.iso.datetime({ offset: true }).describe('RFC 3339')

const rejectionReason = z.enum([
  'UNKNOWN_CUSTOMER',
  'UNKNOWN_PRODUCT',
  'CREDIT_LIMIT_EXCEEDED',
  'OUT_OF_STOCK',
  'TIMED_OUT',
])
export type RejectionReason = z.output<typeof rejectionReason>

const revisionRejectionReason = z
  .enum(['UNKNOWN_PRODUCT', 'CREDIT_LIMIT_EXCEEDED', 'OUT_OF_STOCK', 'TIMED_OUT', 'ALREADY_RELEASED'])
  .describe('ALREADY_RELEASED: what the order had reserved was given back meanwhile, because it was cancelled.')
export type RevisionRejectionReason = z.output<typeof revisionRejectionReason>

/** The revisions of an order are counted from 1. */
const ofRevision = { orderId, revision: z.int().positive() }

/** The events of a customer, in `customer-<customerId>`. */
export const customerEvents = {
  CustomerRegistered: z.object({ customerId, name: z.string(), creditLimit: cents }),
  CreditLimitChanged: z.object({ customerId, creditLimit: cents, previousCreditLimit: cents }),
  CreditReserved: z.object({ customerId, orderId, amount: cents }),
  CreditReservationRefused: z.object({
    customerId,
    orderId,
    amount: cents,
    reason: z.enum(['UNKNOWN_CUSTOMER', 'CREDIT_LIMIT_EXCEEDED', 'ALREADY_RELEASED']),
    available: cents,
  }),
  CreditReleased: z.object({
    customerId,
    orderId,
    amount: cents.describe('What became free: zero when the release overtook its reservation and only left its mark.'),
  }),
  CreditReservationRaised: z.object({
    ...ofRevision,
    customerId,
    amount: cents.describe('What is reserved now.'),
    by: cents.describe('More than before: zero when that much was reserved already.'),
  }),
  CreditRaiseRefused: z.object({
    ...ofRevision,
    customerId,
    by: cents.describe('What was asked for beyond what is reserved.'),
    reason: z.enum(['CREDIT_LIMIT_EXCEEDED', 'ALREADY_RELEASED']),
    available: cents,
  }),
  CreditReservationLowered: z.object({
    ...ofRevision,
    customerId,
    amount: cents.describe('What stays reserved.'),
    by: cents.describe('What became free: zero when this overtook the raise and only left its mark.'),
  }),
}
export type CustomerEvent = EventOf<typeof customerEvents>

/** The events of a product, in `product-<productId>`. */
export const productEvents = {
  ProductAdded: z.object({ productId, name: z.string(), price: cents }),
  PriceChanged: z.object({ productId, price: cents, previousPrice: cents }),
  StockReceived: z.object({ productId, quantity }),
  StockReserved: z.object({ productId, orderId, quantity }),
  StockReservationRefused: z.object({
    productId,
    orderId,
    quantity,
    reason: z.enum(['UNKNOWN_PRODUCT', 'OUT_OF_STOCK', 'ALREADY_RELEASED']),
    available: z.int(),
  }),
  StockReleased: z.object({
    productId,
    orderId,
    quantity: quantity.describe(
      'What became free: zero when the release overtook its reservation and only left its mark.',
    ),
  }),
  StockShipped: z.object({ productId, orderId, quantity }),
  StockReservationRaised: z.object({
    ...ofRevision,
    productId,
    quantity: quantity.describe('What is reserved now.'),
    by: quantity,
  }),
  StockRaiseRefused: z.object({
    ...ofRevision,
    productId,
    by: quantity,
    reason: z.enum(['UNKNOWN_PRODUCT', 'OUT_OF_STOCK', 'ALREADY_RELEASED']),
    available: z.int(),
  }),
  StockReservationLowered: z.object({
    ...ofRevision,
    productId,
    quantity: quantity.describe('What stays reserved.'),
    by: quantity,
  }),
}
export type ProductEvent = EventOf<typeof productEvents>

const orderLine = z.object({ productId, quantity, unitPrice: cents })
export type OrderLine = z.output<typeof orderLine>

const stockChange = z
  .object({ productId, before: quantity, after: quantity })
  .describe('How many pieces of a product an order takes before and after a revision; they differ.')
export type StockChange = z.output<typeof stockChange>

/**
 * The coordination of an order: a saga that requests and decides, or policies that each turn one event into commands.
 */
export type Coordination = 'orchestration' | 'choreography'

/** The common fields of all order events, so that no reader has to look them up. */
const orderFacts = {
  orderId,
  customerId,
  total: cents,
  coordination: z.exactOptional(z.literal('choreography')).describe('Without it, orchestration.'),
}

/**
 * The events that an order coordinated by choreography records about its placement. A saga records them in its own
 * stream.
 */
export const orderNotes = {
  ReservationsAwaited: z.object({ ...orderFacts, deadline: time }),
  ReservationNoted: z.object({
    ...orderFacts,
    step: z.string().describe('As in events/placement.ts.'),
    refusedBecause: z.exactOptional(rejectionReason).describe('Without it, it was reserved.'),
  }),
}

/** The events of an order, in `order-<orderId>`. An order by plain total has no lines. */
export const orderEvents = {
  OrderPlaced: z.object({
    ...orderFacts,
    lines: z.array(orderLine),
    placedAt: z
      .exactOptional(time)
      .describe("The order's own date, in UTC. Without it, the time at which the event was recorded."),
  }),
  OrderApproved: z.object(orderFacts),
  OrderRejected: z.object({ ...orderFacts, reason: rejectionReason }),
  OrderCancelled: z.object({
    ...orderFacts,
    reason: z.exactOptional(z.string()),
    revision: z.exactOptional(ofRevision.revision).describe('The one that was pending, which comes to nothing.'),
  }),
  OrderShipped: z.object({ ...orderFacts, trackingCode: z.exactOptional(z.string()) }),
  OrderPaid: z.object(orderFacts),
  OrderRevisionRequested: z
    .object({
      ...orderFacts,
      revision: ofRevision.revision,
      lines: z.array(orderLine),
      revisedTotal: cents,
      stock: z.array(stockChange),
    })
    .describe(
      '`total` is that of the order as it is; `lines` and `revisedTotal` are those that it is to have, and `stock` is what that changes.',
    ),
  OrderRevised: z
    .object({ ...orderFacts, revision: ofRevision.revision, lines: z.array(orderLine) })
    .describe('From now on the order has these lines and this total.'),
  OrderRevisionRejected: z.object({
    ...orderFacts,
    revision: ofRevision.revision,
    reason: revisionRejectionReason,
  }),
  ...orderNotes,
}
export type OrderEvent = EventOf<typeof orderEvents>

/** Every event of a saga is about an order, or one of its revisions. */
const sagaSubject = { orderId, revision: z.exactOptional(ofRevision.revision) }
export type SagaSubject = DataOf<typeof sagaSubject>

const placementFacts = {
  orderId,
  customerId,
  total: cents,
  stock: z
    .array(z.object({ productId, quantity }))
    .describe(
      'One entry for each product: the quantities of its lines, summed. Zero where a revision has left it out.',
    ),
}
/** The facts that the saga of a placement keeps from the order. */
export type PlacementFacts = DataOf<typeof placementFacts>

const sagaReason = z.union([rejectionReason, revisionRejectionReason])

const placement = { subject: sagaSubject, facts: placementFacts, reason: sagaReason }
/** The events of the saga that places an order, in `placement-<orderId>`. */
export const placementEvents = { ...sagaEvents('placement', placement), ...sagaAmendment('placement', placement) }
export type PlacementEvent = EventOf<typeof placementEvents>

const revisionFacts = {
  ...ofRevision,
  customerId,
  total: z.object({ before: cents, after: cents }),
  stock: z.array(stockChange),
}
/** The facts that the saga of a revision keeps from the revision. */
export type RevisionFacts = DataOf<typeof revisionFacts>

/** The events of the saga that revises an order, in `revision-<orderId>-<revision>`. */
export const revisionEvents = sagaEvents('revision', { subject: ofRevision, facts: revisionFacts, reason: sagaReason })
export type RevisionEvent = EventOf<typeof revisionEvents>

/** The processes that can be parked: a saga, or the policies of one order. */
const PROCESSES = ['placement', 'revision', 'choreography'] as const
export type ProcessName = (typeof PROCESSES)[number]

/** The events of the parked sagas of one name, all in `parked-<name>`. */
const parked = parkedCategory(PROCESSES, sagaSubject)
export const parkedEvents = parked.events
export type ParkingEvent = EventOf<typeof parked.events>

/** The events about the business as a whole, in `log`. */
const logEvents = {
  CurrencyChosen: z.object({
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('ISO 4217: of all amounts in the log. Without this event, EUR.'),
  }),
}

/** The schema of each event's data in the current version, by the category of its stream and by its type. */
export const catalogue = defineCatalogue({
  version: SCHEMA_VERSION,
  upcasters,
  log: logEvents,
  categories: {
    customer: {
      streams: /^customer-(cus_[\w-]{1,64})$/,
      events: customerEvents,
      about: ({ customerId }) => customerId,
    },
    product: {
      streams: /^product-(prd_[\w-]{1,64})$/,
      events: productEvents,
      about: ({ productId }) => productId,
    },
    order: {
      streams: /^order-(ord_[\w-]{1,64})$/,
      events: orderEvents,
      about: ({ orderId }) => orderId,
    },
    placement: {
      streams: /^placement-(ord_[\w-]{1,64})$/,
      events: placementEvents,
      about: ({ orderId }) => orderId,
    },
    revision: {
      streams: /^revision-(ord_[\w-]{1,64}-[1-9]\d*)$/,
      events: revisionEvents,
      about: ({ orderId, revision }) => `${orderId}-${revision}`,
    },
    parked,
  },
})

export type DomainEvent = EventsOf<typeof catalogue>

export type EventStore = kernel.EventStore<DomainEvent>
export type NewEvent = kernel.NewEvent<DomainEvent>
export type RecordedEvent = kernel.RecordedEvent<DomainEvent>
export type ReadableEvent = kernel.ReadableEvent<DomainEvent>

type DataOf<Fields extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Fields>>
