// Every event that Creditline records, by the stream that it is recorded in. A stored event is never changed.
import type { Cents } from './money.ts'

/** What can be recorded of a customer, in `customer-<customerId>`. */
export type CustomerEvent =
  | { type: 'CustomerRegistered'; data: { customerId: string; name: string; creditLimit: Cents } }
  | { type: 'CreditLimitChanged'; data: { customerId: string; creditLimit: Cents; previousCreditLimit: Cents } }
  | { type: 'CreditReserved'; data: { customerId: string; orderId: string; amount: Cents } }
  | {
      type: 'CreditReservationRefused'
      data: {
        customerId: string
        orderId: string
        amount: Cents
        reason: 'UNKNOWN_CUSTOMER' | 'CREDIT_LIMIT_EXCEEDED' | 'ALREADY_RELEASED'
        available: Cents
      }
    }
  /** `amount` is what became free: zero when the release overtook its reservation and only left its mark. */
  | { type: 'CreditReleased'; data: { customerId: string; orderId: string; amount: Cents } }
  /** For a revision of the order `amount` is reserved now, `by` more than before: zero when that much was reserved already. */
  | { type: 'CreditReservationRaised'; data: OfRevision & { customerId: string; amount: Cents; by: Cents } }
  /** `by` is what was asked for beyond what is reserved. */
  | {
      type: 'CreditRaiseRefused'
      data: OfRevision & {
        customerId: string
        by: Cents
        reason: 'CREDIT_LIMIT_EXCEEDED' | 'ALREADY_RELEASED'
        available: Cents
      }
    }
  /** `amount` stays reserved, and `by` became free: zero when this overtook the raise and only left its mark. */
  | { type: 'CreditReservationLowered'; data: OfRevision & { customerId: string; amount: Cents; by: Cents } }

/** What can be recorded of a product, in `product-<productId>`. */
export type ProductEvent =
  | { type: 'ProductAdded'; data: { productId: string; name: string; price: Cents } }
  | { type: 'PriceChanged'; data: { productId: string; price: Cents; previousPrice: Cents } }
  | { type: 'StockReceived'; data: { productId: string; quantity: number } }
  | { type: 'StockReserved'; data: { productId: string; orderId: string; quantity: number } }
  | {
      type: 'StockReservationRefused'
      data: {
        productId: string
        orderId: string
        quantity: number
        reason: 'UNKNOWN_PRODUCT' | 'OUT_OF_STOCK' | 'ALREADY_RELEASED'
        available: number
      }
    }
  /** `quantity` is what became free: zero when the release overtook its reservation and only left its mark. */
  | { type: 'StockReleased'; data: { productId: string; orderId: string; quantity: number } }
  | { type: 'StockShipped'; data: { productId: string; orderId: string; quantity: number } }
  /** As with credit: `quantity` is what is reserved now. */
  | { type: 'StockReservationRaised'; data: OfRevision & { productId: string; quantity: number; by: number } }
  | {
      type: 'StockRaiseRefused'
      data: OfRevision & {
        productId: string
        by: number
        reason: 'UNKNOWN_PRODUCT' | 'OUT_OF_STOCK' | 'ALREADY_RELEASED'
        available: number
      }
    }
  | { type: 'StockReservationLowered'; data: OfRevision & { productId: string; quantity: number; by: number } }

/** The revisions of an order are counted from 1. */
interface OfRevision {
  orderId: string
  revision: number
}

export interface OrderLine {
  productId: string
  quantity: number
  unitPrice: Cents
}

export type RejectionReason =
  | 'UNKNOWN_CUSTOMER'
  | 'UNKNOWN_PRODUCT'
  | 'CREDIT_LIMIT_EXCEEDED'
  | 'OUT_OF_STOCK'
  | 'TIMED_OUT'

/** Who sees an order through: a saga that asks and decides, or policies that each turn one event into commands. */
export type Coordination = 'orchestration' | 'choreography'

/** ALREADY_RELEASED: what the order had reserved was given back meanwhile, because it was cancelled. */
export type RevisionRejectionReason = Exclude<RejectionReason, 'UNKNOWN_CUSTOMER'> | 'ALREADY_RELEASED'

/** What every order event carries, so that no reader has to look it up. */
interface OrderFacts {
  orderId: string
  customerId: string
  total: Cents
  /** Without it, orchestration. */
  coordination?: Exclude<Coordination, 'orchestration'>
}

/** What can be recorded of an order, in `order-<orderId>`. An order by plain total has no lines. */
export type OrderEvent =
  | { type: 'OrderPlaced'; data: OrderFacts & { lines: OrderLine[] } }
  | { type: 'OrderApproved'; data: OrderFacts }
  | { type: 'OrderRejected'; data: OrderFacts & { reason: RejectionReason } }
  /** `revision` is the one that was pending, which comes to nothing. */
  | { type: 'OrderCancelled'; data: OrderFacts & { reason?: string; revision?: number } }
  | { type: 'OrderShipped'; data: OrderFacts & { trackingCode?: string } }
  | { type: 'OrderPaid'; data: OrderFacts }
  /** `total` is the order's as it is; `lines` and `revisedTotal` are what it is to become, and `stock` what that changes. */
  | {
      type: 'OrderRevisionRequested'
      data: OrderFacts & { revision: number; lines: OrderLine[]; revisedTotal: Cents; stock: StockChange[] }
    }
  /** From now on the order has these lines and this total. */
  | { type: 'OrderRevised'; data: OrderFacts & { revision: number; lines: OrderLine[] } }
  | { type: 'OrderRevisionRejected'; data: OrderFacts & { revision: number; reason: RevisionRejectionReason } }
  | OrderNote

/** What an order that is coordinated by choreography notes of its placement; a saga has books of its own for that. */
export type OrderNote =
  | { type: 'ReservationsAwaited'; data: OrderFacts & { /** RFC 3339. */ deadline: string } }
  /** `step` as in events/placement.ts; without a reason it was reserved. */
  | { type: 'ReservationNoted'; data: OrderFacts & { step: string; refusedBecause?: RejectionReason } }

/** How many pieces of a product an order takes before and after a revision; they differ. */
export interface StockChange {
  productId: string
  before: number
  after: number
}

/** Whom every event of a saga is about: an order, or one of its revisions. */
export interface SagaSubject {
  orderId: string
  revision?: number
}

/** What a step of a saga has answered: `name` as in the saga's definition, `reason` where it was refused. */
export interface SagaReply {
  step: string
  answer: 'DONE' | 'REFUSED' | 'UNDONE' | 'SETTLED'
  reason?: string
}

/** What can be recorded of any saga, in `<name>-<id>`; its events have the saga's name: `PlacementStarted`. */
type SagaEventOf<Name extends string, Facts> =
  | {
      type: `${Name}Started`
      data: SagaSubject &
        Facts & {
          /** RFC 3339: when a saga that is not decided yet ends as late. */
          deadline: string
          /** How many commands of this saga may be under way at once. */
          window: number
        }
    }
  /** An operator had it tried again before it was decided: the time that it was parked does not count. */
  | {
      type: `${Name}Resumed`
      data: SagaSubject & { deadline: string /** The id of the SagaRetried. */; retry: string }
    }
  | {
      type: `${Name}Decided`
      data: SagaSubject & {
        outcome: 'APPROVED' | 'REJECTED' | 'CANCELLED'
        reason?: RejectionReason | RevisionRejectionReason
      }
    }
  /** Every reservation is settled: nothing more will come. */
  | { type: `${Name}Ended`; data: SagaSubject }

/** One event for each batch: what participants answered, and which later events of the business were noticed. */
interface RepliesReceived {
  type: 'RepliesReceived'
  data: SagaSubject & { replies: SagaReply[]; noticed: string[] }
}

/** What the saga that places an order keeps of it. */
export interface PlacementFacts {
  orderId: string
  customerId: string
  total: Cents
  /** One entry for each product: the quantities of its lines, summed. Zero where a revision has left it out. */
  stock: { productId: string; quantity: number }[]
}

/** What can be recorded of the saga that places an order, in `placement-<orderId>`. */
export type PlacementEvent =
  | SagaEventOf<'Placement', PlacementFacts>
  | RepliesReceived
  /** The order was revised, by its event with the revision `amendedAt`: this is settled in the end. */
  | { type: 'PlacementAmended'; data: SagaSubject & PlacementFacts & { amendedAt: number } }

/** What the saga that revises an order keeps of the revision. */
export interface RevisionFacts {
  orderId: string
  customerId: string
  revision: number
  total: { before: Cents; after: Cents }
  stock: StockChange[]
}

/** What can be recorded of the saga that revises an order, in `revision-<orderId>-<revision>`. */
export type RevisionEvent = SagaEventOf<'Revision', RevisionFacts> | RepliesReceived

/** The sagas that there are, by the category of their streams. */
export type SagaName = 'placement' | 'revision'

/** What can be parked: a saga, or what policies do for one order. */
export type ProcessName = SagaName | 'choreography'

/** A saga that waits for an operator. */
export interface ParkedSaga extends SagaSubject {
  saga: ProcessName
  id: string
  /** The stream whose events it follows: what came while it was parked is read there when it is tried again. */
  follows: string
}

/** Why a saga cannot go on by itself. */
export interface SagaTrouble {
  /** COMPENSATION_FAILED: something that it had reserved could not be given back. */
  reason: 'STUCK' | 'COMPENSATION_FAILED'
  /** The steps that failed; none when it was not a step. */
  steps: string[]
  error: string
  /** How often it was tried. */
  tries: number
}

/** What can be recorded of the sagas of one name that were parked, all in `parked-<name>`. */
export type ParkingEvent =
  | { type: 'SagaParked'; data: ParkedSaga & SagaTrouble }
  /** An operator has it tried again. */
  | { type: 'SagaRetried'; data: ParkedSaga }
  /** An operator has given it up: it is left as it is, and what comes later of the same order does not concern it. */
  | { type: 'SagaDiscarded'; data: ParkedSaga }

/**
 * What the log records of itself: its identity in `log`, the places of its readers in `checkpoint-<reader>`, and who holds which
 * shares of some work in `lease-<name>`.
 */
export type LogEvent =
  | { type: 'LogCreated'; data: { logId: string } }
  | { type: 'CheckpointStored'; data: { reader: string; position: number } }
  /** `shares` are all that the holder has from now on. */
  | { type: 'LeaseRenewed'; data: { lease: string; holder: string; shares: number[] } }
  /** The holder leaves, and has no share any more. */
  | { type: 'LeaseReleased'; data: { lease: string; holder: string } }

/**
 * A part of what a stream came to after its event `revision`, in `snapshot-<stream>`: to load the stream sooner, and of no other use. Logs
 * also have events `SnapshotTaken` of older desks, which nobody reads.
 */
export interface SnapshotPartTaken {
  type: 'SnapshotPartTaken'
  data: {
    of: string
    revision: number
    /** From 1 to `parts`. */
    part: number
    parts: number
    /** A piece of JSON. */
    text: string
    /** SHA-256 of the pieces of all parts together. */
    digest: string
  }
}

/** A snapshot has no more parts than that: no stream of the business needs more, and to read it takes bounded memory. */
export const MOST_SNAPSHOT_PARTS = 32

/**
 * So many of the newest events in a stream of snapshots are of use: those of one that is whole, of one after it that a crash has left
 * unfinished, and of the next one while it is being written.
 */
export const SNAPSHOT_EVENTS_OF_USE = 3 * MOST_SNAPSHOT_PARTS

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
export type Category =
  | 'customer'
  | 'product'
  | 'order'
  | SagaName
  | 'parked'
  | 'checkpoint'
  | 'lease'
  | 'snapshot'
  | 'log'

/**
 * The current version of all events' data. An event that was stored with an older version is upcast when it is read, where its data has
 * changed since: in version 1, a CreditLimitChanged said `previousLimit`. To be raised together with an entry in upcasters.ts.
 */
export const SCHEMA_VERSION = 2
