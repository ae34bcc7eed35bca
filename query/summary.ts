// One plain sentence about each event, for people who read the audit log.

import type { DomainEvent, SagaSubject } from '../events/catalogue.ts'
import { formatMoney } from '../events/money.ts'
import { counted } from '../kernel/counted.ts'
import type { HistoryEntry } from '../kernel/projecting/store/view-store.ts'

/** One English sentence on an event, without a full stop; amounts with two fraction digits. */
export function summary(recorded: DomainEvent | HistoryEntry): string {
  if ('unreadable' in recorded.data) return `${recorded.type}, which could not be read: ${recorded.data.unreadable}`
  const event = recorded as DomainEvent
  switch (event.type) {
    case 'CustomerRegistered':
      return `Registered customer ${event.data.name} with a credit limit of ${formatMoney(event.data.creditLimit)}`
    case 'CreditLimitChanged':
      return `Changed the credit limit from ${formatMoney(event.data.previousCreditLimit)} to ${formatMoney(event.data.creditLimit)}`
    case 'CreditReserved':
      return `Reserved ${formatMoney(event.data.amount)} of credit for ${event.data.orderId}`
    case 'CreditReservationRefused':
      return `Refused ${formatMoney(event.data.amount)} of credit to ${event.data.orderId}: ${whyNoCredit(event.data)}`
    case 'CreditReleased':
      return event.data.amount > 0
        ? `Gave back ${formatMoney(event.data.amount)} of credit reserved for ${event.data.orderId}`
        : `Closed the credit for ${event.data.orderId} before any was reserved`
    case 'CreditReservationRaised':
      return event.data.by > 0
        ? `Reserved ${formatMoney(event.data.by)} more of credit for ${processOf(event.data)}`
        : `Kept ${formatMoney(event.data.amount)} of credit reserved for ${processOf(event.data)}`
    case 'CreditRaiseRefused':
      return `Refused ${formatMoney(event.data.by)} more of credit to ${processOf(event.data)}: ${whyNoCredit(event.data)}`
    case 'CreditReservationLowered':
      return event.data.by > 0
        ? `Gave back ${formatMoney(event.data.by)} of credit after ${processOf(event.data)}`
        : `Closed the credit for ${processOf(event.data)} before any was reserved`

    case 'ProductAdded':
      return `Added product ${event.data.name} at ${formatMoney(event.data.price)}`
    case 'PriceChanged':
      return `Changed the price from ${formatMoney(event.data.previousPrice)} to ${formatMoney(event.data.price)}`
    case 'StockReceived':
      return `Received ${event.data.quantity} into stock`
    case 'StockReserved':
      return `Reserved ${event.data.quantity} in stock for ${event.data.orderId}`
    case 'StockReservationRefused':
      return `Refused ${event.data.quantity} to ${event.data.orderId}: ${whyNoStock(event.data)}`
    case 'StockReleased':
      return event.data.quantity > 0
        ? `Gave back ${event.data.quantity} in stock reserved for ${event.data.orderId}`
        : `Closed the stock for ${event.data.orderId} before any was reserved`
    case 'StockShipped':
      return `Shipped ${event.data.quantity} out of stock for ${event.data.orderId}`
    case 'StockReservationRaised':
      return event.data.by > 0
        ? `Reserved ${event.data.by} more in stock for ${processOf(event.data)}`
        : `Kept ${event.data.quantity} in stock reserved for ${processOf(event.data)}`
    case 'StockRaiseRefused':
      return `Refused ${event.data.by} more to ${processOf(event.data)}: ${whyNoStock(event.data)}`
    case 'StockReservationLowered':
      return event.data.by > 0
        ? `Gave back ${event.data.by} in stock after ${processOf(event.data)}`
        : `Closed the stock for ${processOf(event.data)} before any was reserved`

    case 'OrderPlaced':
      return `Placed ${event.data.orderId} over ${formatMoney(event.data.total)} for ${event.data.customerId}`
    case 'OrderApproved':
      return `Approved ${event.data.orderId}`
    case 'OrderRejected':
      return `Rejected ${event.data.orderId}: ${event.data.reason}`
    case 'OrderCancelled':
      return `Cancelled ${event.data.orderId}${event.data.reason ? `: ${event.data.reason}` : ''}`
    case 'OrderShipped':
      return `Shipped ${event.data.orderId}${event.data.trackingCode ? `, tracking code ${event.data.trackingCode}` : ''}`
    case 'OrderPaid':
      return `Received the payment of ${formatMoney(event.data.total)} for ${event.data.orderId}`
    case 'OrderRevisionRequested':
      return `Requested ${processOf(event.data)} from ${formatMoney(event.data.total)} to ${formatMoney(event.data.revisedTotal)}`
    case 'OrderRevised':
      return `Revised ${event.data.orderId}, which is over ${formatMoney(event.data.total)} now`
    case 'OrderRevisionRejected':
      return `Rejected ${processOf(event.data)}: ${event.data.reason}`

    case 'ReservationsAwaited':
      return `${event.data.orderId} awaits its reservations until ${event.data.deadline}`
    case 'ReservationNoted':
      return `${event.data.orderId} noted: ${event.data.step} ${event.data.refusedBecause ?? 'reserved'}`

    case 'PlacementStarted':
      return `Started the placement of ${event.data.orderId}, to be decided by ${event.data.deadline}`
    case 'PlacementResumed':
      return `Resumed the placement of ${event.data.orderId}, to be decided by ${event.data.deadline}`
    case 'PlacementAmended':
      return `Amended the placement of ${event.data.orderId} to ${formatMoney(event.data.total)}`
    case 'RepliesReceived':
      return `Noted ${counted(event.data.replies.length, 'reply', 'replies')} on ${processOf(event.data)}`
    case 'PlacementDecided':
      return `Decided the placement of ${event.data.orderId}: ${event.data.reason ?? event.data.outcome}`
    case 'PlacementEnded':
      return `Ended the placement of ${event.data.orderId}: every reservation is settled`

    case 'RevisionStarted':
      return `Started ${processOf(event.data)}, to be decided by ${event.data.deadline}`
    case 'RevisionResumed':
      return `Resumed ${processOf(event.data)}, to be decided by ${event.data.deadline}`
    case 'RevisionDecided':
      return `Decided ${processOf(event.data)}: ${event.data.reason ?? event.data.outcome}`
    case 'RevisionEnded':
      return `Ended ${processOf(event.data)}: every reservation is settled`

    case 'SagaParked':
      return `Parked ${processOf(event.data)}: ${event.data.error}`
    case 'SagaRetried':
      return `Had ${processOf(event.data)}, which was parked, tried again`
    case 'SagaDiscarded':
      return `Gave up ${processOf(event.data)}, which was parked`

    case 'LogCreated':
      return `Created the log ${event.data.logId}`
    case 'CurrencyChosen':
      return `Chose ${event.data.currency} as the currency of all amounts`
    case 'CheckpointStored':
      return `${event.data.reader} has read up to position ${event.data.position}`
    case 'LeaseRenewed':
      return `${event.data.holder} holds ${counted(event.data.shares.length, 'share')} of ${event.data.lease}`
    case 'LeaseReleased':
      return `${event.data.holder} has left ${event.data.lease}`
    case 'SnapshotPartTaken': {
      const { of, revision, part, parts } = event.data
      return `Took part ${part} of ${parts} of a snapshot of ${of} after its event ${revision + 1}`
    }

    default:
      event satisfies never
      // A log may have been written by a newer desk.
      return (event as DomainEvent).type
  }
}

type DataOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>['data']

/** `the placement of ord_1`, `revision 2 of ord_1` */
function processOf({ orderId, revision }: SagaSubject): string {
  return `${revision === undefined ? 'the placement' : `revision ${revision}`} of ${orderId}`
}

function whyNoCredit({
  reason,
  customerId,
  available,
}: DataOf<'CreditReservationRefused' | 'CreditRaiseRefused'>): string {
  switch (reason) {
    case 'UNKNOWN_CUSTOMER':
      return `no customer ${customerId} is registered`
    case 'CREDIT_LIMIT_EXCEEDED':
      return `only ${formatMoney(available)} is available`
    case 'ALREADY_RELEASED':
      return 'it had been given back before'
  }
}

function whyNoStock({ reason, productId, available }: DataOf<'StockReservationRefused' | 'StockRaiseRefused'>): string {
  switch (reason) {
    case 'UNKNOWN_PRODUCT':
      return `there is no product ${productId}`
    case 'OUT_OF_STOCK':
      return `only ${available} available`
    case 'ALREADY_RELEASED':
      return 'it had been given back before'
  }
}
