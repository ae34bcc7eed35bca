// The commands and events of customer cus_1, for tests.
import type { CustomerEvent } from '../../events/catalogue.ts'
import type { CustomerCommand } from './customer.ts'

const customerId = 'cus_1'

export function register(creditLimit: number): CustomerCommand {
  return { type: 'RegisterCustomer', customerId, name: 'Acme Tools', creditLimit }
}

export function changeLimit(creditLimit: number, expectedCreditLimit?: number): CustomerCommand {
  return { type: 'ChangeCreditLimit', customerId, creditLimit, expectedCreditLimit }
}

export function reserveCredit(orderId: string, amount: number): CustomerCommand {
  return { type: 'ReserveCredit', customerId, orderId, amount }
}

export function releaseCredit(orderId: string): CustomerCommand {
  return { type: 'ReleaseCredit', customerId, orderId }
}

export function raiseCredit(orderId: string, revision: number, to: number): CustomerCommand {
  return { type: 'RaiseCredit', customerId, orderId, revision, to }
}

export function lowerCredit(orderId: string, revision: number, to: number): CustomerCommand {
  return { type: 'LowerCredit', customerId, orderId, revision, to }
}

export function registered({ creditLimit = 0 }: { creditLimit?: number } = {}): CustomerEvent {
  return { type: 'CustomerRegistered', data: { customerId, name: 'Acme Tools', creditLimit } }
}

export function limitChanged(previousCreditLimit: number, creditLimit: number): CustomerEvent {
  return { type: 'CreditLimitChanged', data: { customerId, creditLimit, previousCreditLimit } }
}

export function reserved(orderId: string, amount: number): CustomerEvent {
  return { type: 'CreditReserved', data: { customerId, orderId, amount } }
}

export function released(orderId: string, amount: number): CustomerEvent {
  return { type: 'CreditReleased', data: { customerId, orderId, amount } }
}

export function raised(orderId: string, revision: number, amount: number, by: number): CustomerEvent {
  return { type: 'CreditReservationRaised', data: { customerId, orderId, revision, amount, by } }
}

export function lowered(orderId: string, revision: number, amount: number, by: number): CustomerEvent {
  return { type: 'CreditReservationLowered', data: { customerId, orderId, revision, amount, by } }
}

type RaiseRefused = Extract<CustomerEvent, { type: 'CreditRaiseRefused' }>['data']

export function raiseRefused(
  orderId: string,
  revision: number,
  by: number,
  { available = 0, reason = 'CREDIT_LIMIT_EXCEEDED' }: Partial<Pick<RaiseRefused, 'available' | 'reason'>>,
): CustomerEvent {
  return { type: 'CreditRaiseRefused', data: { customerId, orderId, revision, by, reason, available } }
}

type Refused = Extract<CustomerEvent, { type: 'CreditReservationRefused' }>['data']

export function refused(
  orderId: string,
  amount: number,
  { available = 0, reason = 'CREDIT_LIMIT_EXCEEDED' }: Partial<Pick<Refused, 'available' | 'reason'>>,
): CustomerEvent {
  return { type: 'CreditReservationRefused', data: { customerId, orderId, amount, reason, available } }
}
