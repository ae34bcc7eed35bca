// What can be asked of a customer, and what the answer is.
import type { CustomerEvent } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import type { Decider } from '../decider.ts'

export type CustomerCommand =
  | { type: 'RegisterCustomer'; customerId: string; name: string; creditLimit: Cents }
  | { type: 'ChangeCreditLimit'; customerId: string; creditLimit: Cents; expectedCreditLimit?: Cents | undefined }
  | { type: 'ReserveCredit'; customerId: string; orderId: string; amount: Cents }
  | { type: 'ReleaseCredit'; customerId: string; orderId: string }

/** Orders can name a customer who is not registered: a release that is refused nothing leaves its mark even then. */
export type Customer =
  | { status: 'UNREGISTERED'; released: Set<string> }
  | {
      status: 'REGISTERED'
      creditLimit: Cents
      /** The sum of `reservations`. */
      reserved: Cents
      /** What each order has reserved and not given back. */
      reservations: Map<string, Cents>
      /** The orders whose credit was given back, or whose release came before their reservation. */
      released: Set<string>
    }

export const customer: Decider<{ command: CustomerCommand; state: Customer; event: CustomerEvent }> = {
  initialState: () => ({ status: 'UNREGISTERED', released: new Set() }),

  decide(command, customer) {
    switch (command.type) {
      case 'RegisterCustomer': {
        const { customerId, name, creditLimit } = command
        if (customer.status === 'REGISTERED') {
          return { code: 'ALREADY_EXISTS', message: `${customerId} is registered already.`, path: ['customerId'] }
        }
        return [{ type: 'CustomerRegistered', data: { customerId, name, creditLimit } }]
      }

      case 'ChangeCreditLimit': {
        const { customerId, creditLimit, expectedCreditLimit } = command
        if (customer.status === 'UNREGISTERED') {
          return { code: 'NOT_FOUND', message: `There is no customer ${customerId}.`, path: ['customerId'] }
        }
        if (expectedCreditLimit !== undefined && expectedCreditLimit !== customer.creditLimit) {
          const expected = formatMoney(expectedCreditLimit)
          const actual = formatMoney(customer.creditLimit)
          return {
            code: 'CONFLICT',
            message: `The credit limit is ${actual}, not ${expected}.`,
            path: ['expectedCreditLimit'],
            expected,
            actual,
          }
        }
        // A limit below what is reserved is allowed: nothing is available then, until enough is given back.
        return [
          { type: 'CreditLimitChanged', data: { customerId, creditLimit, previousCreditLimit: customer.creditLimit } },
        ]
      }

      case 'ReserveCredit': {
        const { customerId, orderId, amount } = command
        const available = availableCredit(customer)
        const refused = (reason: RefusedBecause) =>
          [
            { type: 'CreditReservationRefused', data: { customerId, orderId, amount, reason, available } },
          ] satisfies CustomerEvent[]

        if (customer.released.has(orderId)) return refused('ALREADY_RELEASED')
        if (customer.status === 'UNREGISTERED') return refused('UNKNOWN_CUSTOMER')
        if (customer.reservations.has(orderId)) return []
        if (amount > available) return refused('CREDIT_LIMIT_EXCEEDED')
        return [{ type: 'CreditReserved', data: { customerId, orderId, amount } }]
      }

      case 'ReleaseCredit': {
        const { customerId, orderId } = command
        if (customer.released.has(orderId)) return []
        const amount = customer.status === 'REGISTERED' ? (customer.reservations.get(orderId) ?? 0) : 0
        return [{ type: 'CreditReleased', data: { customerId, orderId, amount } }]
      }

      default:
        throw new Error(`A customer knows no command ${JSON.stringify(command satisfies never)}`)
    }
  },

  evolve(customer, { type, data }) {
    switch (type) {
      case 'CustomerRegistered':
        return {
          status: 'REGISTERED',
          creditLimit: data.creditLimit,
          reserved: 0,
          reservations: new Map(),
          released: customer.released,
        }
      case 'CreditLimitChanged':
        return customer.status === 'REGISTERED' ? Object.assign(customer, { creditLimit: data.creditLimit }) : customer
      case 'CreditReserved':
        if (customer.status === 'REGISTERED') {
          customer.reservations.set(data.orderId, data.amount)
          customer.reserved += data.amount
        }
        return customer
      case 'CreditReleased':
        customer.released.add(data.orderId)
        if (customer.status === 'REGISTERED' && customer.reservations.delete(data.orderId)) {
          customer.reserved -= data.amount
        }
        return customer
      case 'CreditReservationRefused':
        return customer
      default:
        throw new Error(`A customer knows no event ${type satisfies never}`)
    }
  },
}

type RefusedBecause = Extract<CustomerEvent, { type: 'CreditReservationRefused' }>['data']['reason']

/** What a customer may still reserve: never below zero, also when the limit was lowered below what is reserved. */
function availableCredit(customer: Customer): Cents {
  return customer.status === 'REGISTERED' ? Math.max(0, customer.creditLimit - customer.reserved) : 0
}
