// The commands of a customer and the outcome of each.
import type { CustomerEvent } from '../../events/catalogue.ts'
import { type Cents, formatMoney } from '../../events/money.ts'
import type { Decider } from '../../kernel/deciding/decider.ts'

export type CustomerCommand =
  | { type: 'RegisterCustomer'; customerId: string; name: string; creditLimit: Cents }
  | { type: 'ChangeCreditLimit'; customerId: string; creditLimit: Cents; expectedCreditLimit?: Cents | undefined }
  | { type: 'ReserveCredit'; customerId: string; orderId: string; amount: Cents }
  | { type: 'ReleaseCredit'; customerId: string; orderId: string }
  | ({ type: 'RaiseCredit' } & Revised)
  | ({ type: 'LowerCredit' } & Revised)

/** A revision of the order raises its reservation to at least `to`; once it is done with, it lowers it to at most `to`. */
interface Revised {
  customerId: string
  orderId: string
  /** The newest revision decides: late commands, of an older revision or after its own lowering, change nothing. */
  revision: number
  to: Cents
}

/** Orders can name a customer who is not registered: a release leaves its mark even then. */
export type Customer =
  | { status: 'UNREGISTERED'; released: Set<string>; revised: Map<string, number> }
  | {
      status: 'REGISTERED'
      creditLimit: Cents
      /** The sum of `reservations`. */
      reserved: Cents
      /** The credit of each order that is reserved and not released. */
      reservations: Map<string, Cents>
      /** The orders whose credit was released, or whose release came before their reservation. */
      released: Set<string>
      /** The newest revision of each order that is not released. */
      revised: Map<string, number>
    }

export const customer: Decider<{ command: CustomerCommand; state: Customer; event: CustomerEvent }> = {
  beginsWith: 'RegisterCustomer',
  initialState: () => ({ status: 'UNREGISTERED', released: new Set(), revised: new Map() }),

  decide(command, customer) {
    switch (command.type) {
      case 'RegisterCustomer': {
        const { customerId, name, creditLimit } = command
        if (customer.status === 'REGISTERED') {
          return {
            code: 'ALREADY_EXISTS',
            message: `customerId must be a new id: ${customerId} is registered already.`,
            path: ['customerId'],
          }
        }
        return [{ type: 'CustomerRegistered', data: { customerId, name, creditLimit } }]
      }

      case 'ChangeCreditLimit': {
        const { customerId, creditLimit, expectedCreditLimit } = command
        if (customer.status === 'UNREGISTERED') {
          return {
            code: 'NOT_FOUND',
            message: `customerId must be the id of a registered customer: there is no ${customerId}.`,
            path: ['customerId'],
          }
        }
        if (expectedCreditLimit !== undefined && expectedCreditLimit !== customer.creditLimit) {
          const expected = formatMoney(expectedCreditLimit)
          const actual = formatMoney(customer.creditLimit)
          return {
            code: 'CONFLICT',
            message: `expectedCreditLimit is ${expected}, but the credit limit is ${actual}. Read the customer again.`,
            path: ['expectedCreditLimit'],
            expected,
            actual,
          }
        }
        // A limit below the reserved credit is allowed: nothing is available then, until enough is released.
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
        // Where a limit was lowered below the reserved credit, even an order that costs nothing is refused.
        if (amount > headroom(customer)) return refused('CREDIT_LIMIT_EXCEEDED')
        return [{ type: 'CreditReserved', data: { customerId, orderId, amount } }]
      }

      case 'ReleaseCredit': {
        const { customerId, orderId } = command
        if (customer.released.has(orderId)) return []
        const amount = customer.status === 'REGISTERED' ? (customer.reservations.get(orderId) ?? 0) : 0
        return [{ type: 'CreditReleased', data: { customerId, orderId, amount } }]
      }

      case 'RaiseCredit': {
        const { customerId, orderId, revision, to } = command
        const before = reservedFor(customer, orderId)
        const by = Math.max(0, to - (before ?? 0))
        const available = availableCredit(customer)
        const refused = (reason: RaiseRefusedBecause) =>
          [
            { type: 'CreditRaiseRefused', data: { customerId, orderId, revision, by, reason, available } },
          ] satisfies CustomerEvent[]

        if (before === undefined) return refused('ALREADY_RELEASED')
        if (revision <= newestRevision(customer, orderId)) return []
        if (by > available) return refused('CREDIT_LIMIT_EXCEEDED')
        return [{ type: 'CreditReservationRaised', data: { customerId, orderId, revision, amount: before + by, by } }]
      }

      case 'LowerCredit': {
        const { customerId, orderId, revision, to } = command
        const before = reservedFor(customer, orderId)
        const newest = newestRevision(customer, orderId)
        if (before === undefined || revision < newest) return []
        const amount = Math.min(before, to)
        const by = before - amount
        if (by === 0 && revision === newest) return []
        return [{ type: 'CreditReservationLowered', data: { customerId, orderId, revision, amount, by } }]
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
          revised: customer.revised,
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
        customer.revised.delete(data.orderId)
        if (customer.status === 'REGISTERED' && customer.reservations.delete(data.orderId)) {
          customer.reserved -= data.amount
        }
        return customer
      case 'CreditReservationRaised':
      case 'CreditReservationLowered':
        if (customer.status === 'REGISTERED') {
          const { orderId, revision, amount, by } = data
          customer.reservations.set(orderId, amount)
          customer.reserved += type === 'CreditReservationRaised' ? by : -by
          customer.revised.set(orderId, revision)
        }
        return customer
      case 'CreditReservationRefused':
      case 'CreditRaiseRefused':
        return customer
      default:
        throw new Error(`A customer knows no event ${type satisfies never}`)
    }
  },
}

type RefusedBecause = Extract<CustomerEvent, { type: 'CreditReservationRefused' }>['data']['reason']
type RaiseRefusedBecause = Extract<CustomerEvent, { type: 'CreditRaiseRefused' }>['data']['reason']

function reservedFor(customer: Customer, orderId: string): Cents | undefined {
  return customer.status === 'REGISTERED' ? customer.reservations.get(orderId) : undefined
}

/** Zero before the first. */
function newestRevision({ revised }: Customer, orderId: string): number {
  return revised.get(orderId) ?? 0
}

/**
 * The credit that a customer may still reserve: never below zero, also when the limit was lowered below the reserved
 * credit.
 */
function availableCredit(customer: Customer): Cents {
  return Math.max(0, headroom(customer))
}

function headroom(customer: Customer): Cents {
  return customer.status === 'REGISTERED' ? customer.creditLimit - customer.reserved : 0
}
