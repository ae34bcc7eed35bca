// Every event that Creditline records, by the category of the stream that it is recorded in: the schema that the data of an event is
// checked against when it is read, and the types that follow from it. A stored event is never changed.
import * as z from 'zod'
import { ID } from './ids.ts'

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

/** What can be recorded of a customer, in `customer-<customerId>`. */
const customerEvents = {
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

/** What can be recorded of a product, in `product-<productId>`. */
const productEvents = {
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

/** Who sees an order through: a saga that asks and decides, or policies that each turn one event into commands. */
export type Coordination = 'orchestration' | 'choreography'

/** What every order event carries, so that no reader has to look it up. */
const orderFacts = {
  orderId,
  customerId,
  total: cents,
  coordination: z.exactOptional(z.literal('choreography')).describe('Without it, orchestration.'),
}

/** What an order that is coordinated by choreography notes of its placement; a saga has books of its own for that. */
const orderNotes = {
  ReservationsAwaited: z.object({ ...orderFacts, deadline: time }),
  ReservationNoted: z.object({
    ...orderFacts,
    step: z.string().describe('As in events/placement.ts.'),
    refusedBecause: z.exactOptional(rejectionReason).describe('Without it, it was reserved.'),
  }),
}
export type OrderNote = EventOf<typeof orderNotes>

/** What can be recorded of an order, in `order-<orderId>`. An order by plain total has no lines. */
const orderEvents = {
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

const sagaReply = z.object({
  step: z.string().describe('As it is called in the definition of the saga.'),
  answer: z.enum(['DONE', 'REFUSED', 'UNDONE', 'SETTLED']),
  reason: z.exactOptional(z.string()).describe('Why it was refused.'),
})
/** The answer of a participant to a step of a saga. */
export type SagaReply = z.output<typeof sagaReply>

/** How any saga starts. */
const sagaTerms = {
  deadline: time.describe('A saga that is not decided by then ends as late.'),
  window: z.int().positive().describe('How many commands of this saga may be in flight.'),
}

/** An operator has it tried again before it was decided: the time for which it was parked does not count. */
const sagaResumed = z.object({
  ...sagaSubject,
  deadline: time,
  retry: z.string().describe('The id of the SagaRetried.'),
})

/** One event for each batch: the answers of participants, and the later events of the business that were noticed. */
const repliesReceived = z.object({ ...sagaSubject, replies: z.array(sagaReply), noticed: z.array(z.string()) })

const sagaDecided = z.object({
  ...sagaSubject,
  outcome: z.enum(['APPROVED', 'REJECTED', 'CANCELLED']),
  reason: z.exactOptional(z.union([rejectionReason, revisionRejectionReason])),
})

/** Every reservation is settled: nothing more will come. */
const sagaEnded = z.object(sagaSubject)

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
/** What the saga that places an order keeps of it. */
export type PlacementFacts = DataOf<typeof placementFacts>

/** What can be recorded of the saga that places an order, in `placement-<orderId>`. */
const placementEvents = {
  PlacementStarted: z.object({ ...sagaSubject, ...placementFacts, ...sagaTerms }),
  PlacementResumed: sagaResumed,
  PlacementAmended: z.object({
    ...sagaSubject,
    ...placementFacts,
    amendedAt: z
      .int()
      .nonnegative()
      .describe('The order was revised, by its event with this revision: these facts are settled in the end.'),
  }),
  RepliesReceived: repliesReceived,
  PlacementDecided: sagaDecided,
  PlacementEnded: sagaEnded,
}
export type PlacementEvent = EventOf<typeof placementEvents>

const revisionFacts = {
  ...ofRevision,
  customerId,
  total: z.object({ before: cents, after: cents }),
  stock: z.array(stockChange),
}
/** What the saga that revises an order keeps of the revision. */
export type RevisionFacts = DataOf<typeof revisionFacts>

/** What can be recorded of the saga that revises an order, in `revision-<orderId>-<revision>`. */
const revisionEvents = {
  RevisionStarted: z.object({ ...revisionFacts, ...sagaTerms }),
  RevisionResumed: sagaResumed,
  RepliesReceived: repliesReceived,
  RevisionDecided: sagaDecided,
  RevisionEnded: sagaEnded,
}
export type RevisionEvent = EventOf<typeof revisionEvents>

/** The sagas that there are, by the category of their streams. */
export type SagaName = 'placement' | 'revision'

const processName = z.enum(['placement', 'revision', 'choreography'])
/** What can be parked: a saga, or what policies do for one order. */
export type ProcessName = z.output<typeof processName>

const parkedSaga = {
  ...sagaSubject,
  saga: processName,
  id: z.string().min(1),
  follows: z
    .string()
    .describe('The stream whose events it follows: it is read when the saga is tried again, for what came meanwhile.'),
}
/** A saga that waits for an operator. */
export type ParkedSaga = DataOf<typeof parkedSaga>

const sagaTrouble = {
  reason: z
    .enum(['STUCK', 'COMPENSATION_FAILED'])
    .describe('COMPENSATION_FAILED: something that it had reserved could not be given back.'),
  steps: z.array(z.string()).describe('The steps that failed; none when it was not a step.'),
  error: z.string(),
  tries: z.number().describe('How often it was tried.'),
}
/** Why a saga cannot go on by itself. */
export type SagaTrouble = DataOf<typeof sagaTrouble>

/** What can be recorded of the sagas of one name that were parked, all in `parked-<name>`. */
const parkingEvents = {
  SagaParked: z.object({ ...parkedSaga, ...sagaTrouble }),
  SagaRetried: z.object(parkedSaga).describe('An operator has it tried again.'),
  SagaDiscarded: z
    .object(parkedSaga)
    .describe(
      'An operator has given it up: it is left as it is, and what comes later of the same order does not concern it.',
    ),
}
export type ParkingEvent = EventOf<typeof parkingEvents>

/** What the log records of itself, in `log`. */
const logEvents = {
  LogCreated: z.object({ logId: z.string() }),
  CurrencyChosen: z.object({
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('ISO 4217: of all amounts in the log. Without this event, EUR.'),
  }),
}

/** The places of the readers of the log, in `checkpoint-<reader>`. */
const checkpointEvents = {
  CheckpointStored: z.object({ reader: z.string(), position: z.int().nonnegative() }),
}

/** Who holds which shares of some work, in `lease-<name>`. */
const leaseEvents = {
  LeaseRenewed: z.object({
    lease: z.string(),
    holder: z.string(),
    shares: z.array(z.int()).describe('All that the holder has from now on.'),
    leaves: z.literal(true).optional().describe('The holder ends its work on these shares, and takes no others.'),
  }),
  LeaseReleased: z
    .object({ lease: z.string(), holder: z.string() })
    .describe('The holder leaves, and has no share any more.'),
}

export type LogEvent = EventOf<typeof logEvents> | EventOf<typeof checkpointEvents> | EventOf<typeof leaseEvents>

/**
 * A part of what a stream came to after its event `revision`, in `snapshot-<stream>`: to load the stream sooner, and of no other use. Logs
 * also have events `SnapshotTaken` of older desks, which nobody reads.
 */
const snapshotEvents = {
  SnapshotPartTaken: z.object({
    of: z.string(),
    revision: z.int().nonnegative(),
    part: z.int().positive().describe('From 1 to `parts`.'),
    parts: z.int().positive(),
    text: z.string().describe('A piece of JSON.'),
    digest: z.string().describe('SHA-256 of the pieces of all parts together.'),
  }),
}
export type SnapshotPartTaken = EventOf<typeof snapshotEvents>

/** A snapshot has no more parts than that: no stream of the business needs more, and to read it takes bounded memory. */
export const MOST_SNAPSHOT_PARTS = 32

/**
 * So many of the newest events in a stream of snapshots are of use: those of one that is whole, of one after it that a crash has left
 * unfinished, and of the next one while it is being written.
 */
export const SNAPSHOT_EVENTS_OF_USE = 3 * MOST_SNAPSHOT_PARTS

/** The schema of each event's data in the current version, by the category of its stream and by its type. */
export const catalogue = {
  customer: customerEvents,
  product: productEvents,
  order: orderEvents,
  placement: placementEvents,
  revision: revisionEvents,
  parked: parkingEvents,
  checkpoint: checkpointEvents,
  lease: leaseEvents,
  snapshot: snapshotEvents,
  log: logEvents,
} satisfies Record<string, Record<string, z.ZodObject>>

export type DomainEvent =
  | CustomerEvent
  | ProductEvent
  | OrderEvent
  | PlacementEvent
  | RevisionEvent
  | ParkingEvent
  | LogEvent
  | SnapshotPartTaken

/** The first part of a stream's name: `customer` of `customer-cus_1`. */
export type Category = keyof typeof catalogue

/**
 * The current version of all events' data. An event that was stored with an older version is upcast when it is read, where its data has
 * changed since: in version 1, a CreditLimitChanged said `previousLimit`. To be raised together with an entry in upcasters.ts.
 */
export const SCHEMA_VERSION = 2

/** The union of the events with these schemas, by their types. */
type EventOf<Schemas extends Record<string, z.ZodObject>> = {
  [Type in keyof Schemas]: { type: Type; data: z.output<Schemas[Type]> }
}[keyof Schemas]

type DataOf<Fields extends z.core.$ZodLooseShape> = z.output<z.ZodObject<Fields>>
