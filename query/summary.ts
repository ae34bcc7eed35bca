// What happened, in one plain sentence for each event: for people who read the audit log.
import type { DomainEvent } from '../events/catalogue.ts'
import { formatMoney } from '../events/money.ts'

/** One English sentence on an event, without a full stop; amounts with two fraction digits. */
export function summary(event: DomainEvent): string {
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

    case 'ReservationsAwaited':
      return `${event.data.orderId} awaits its reservations until ${event.data.deadline}`
    case 'ReservationNoted':
      return `${event.data.orderId} noted: ${event.data.step} ${event.data.refusedBecause ?? 'reserved'}`

    case 'PlacementStarted':
      return `Started the placement of ${event.data.orderId}, to be decided by ${event.data.deadline}`
    case 'PlacementResumed':
      return `Resumed the placement of ${event.data.orderId}, to be decided by ${event.data.deadline}`
    case 'RepliesReceived':
      return `Noted ${counted(event.data.replies.length, 'reply', 'replies')} on the placement of ${event.data.orderId}`
    case 'PlacementDecided':
      return `Decided the placement of ${event.data.orderId}: ${event.data.reason ?? event.data.outcome}`
    case 'PlacementEnded':
      return `Ended the placement of ${event.data.orderId}: every reservation is settled`

    case 'SagaParked':
      return `Parked the ${event.data.saga} of ${event.data.orderId}: ${event.data.error}`
    case 'SagaRetried':
      return `Had the parked ${event.data.saga} of ${event.data.orderId} tried again`
    case 'SagaDiscarded':
      return `Gave up the parked ${event.data.saga} of ${event.data.orderId}`

    case 'LogCreated':
      return `Created the log ${event.data.logId}`
    case 'CheckpointStored':
      return `${event.data.reader} has read up to position ${event.data.position}`
    case 'LeaseRenewed':
      return `${event.data.holder} holds ${counted(event.data.shares.length, 'share', 'shares')} of ${event.data.lease}`
    case 'LeaseReleased':
      return `${event.data.holder} has left ${event.data.lease}`
    case 'SnapshotTaken':
      return `Took a snapshot of ${event.data.of} after its event ${event.data.revision + 1}`

    default:
      event satisfies never
      // A log may have been written by a newer desk.
      return (event as DomainEvent).type
  }
}

type DataOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>['data']

function whyNoCredit({ reason, customerId, available }: DataOf<'CreditReservationRefused'>): string {
  switch (reason) {
    case 'UNKNOWN_CUSTOMER':
      return `no customer ${customerId} is registered`
    case 'CREDIT_LIMIT_EXCEEDED':
      return `only ${formatMoney(available)} is available`
    case 'ALREADY_RELEASED':
      return 'it had been given back before'
  }
}

function whyNoStock({ reason, productId, available }: DataOf<'StockReservationRefused'>): string {
  switch (reason) {
    case 'UNKNOWN_PRODUCT':
      return `there is no product ${productId}`
    case 'OUT_OF_STOCK':
      return `only ${available} available`
    case 'ALREADY_RELEASED':
      return 'it had been given back before'
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
