// What of a customer is in memory and in snapshots: the credit that is reserved, and which reservations were given back lately.
import type { CustomerEvent } from '../../events/catalogue.ts'
import type { Memory } from '../memory.ts'
import type { Customer, CustomerCommand } from './customer.ts'

export const customerMemory: Memory<{ command: CustomerCommand; state: Customer; event: CustomerEvent }> = {
  asked: (command) => ('orderId' in command ? command.orderId : undefined),
  settled: ({ type, data }) => (type === 'CreditReleased' ? data.orderId : undefined),
  open: (customer) => (customer.status === 'REGISTERED' ? customer.reservations : NOTHING),
  marks: ({ released }) => released,

  version: 1,
  freeze(customer) {
    if (customer.status === 'UNREGISTERED') return { status: customer.status } satisfies Frozen
    const { status, creditLimit, reserved, reservations } = customer
    return { status, creditLimit, reserved, reservations: [...reservations] } satisfies Frozen
  },
  thaw(frozen) {
    const customer = frozen as Frozen
    const released = new Set<string>()
    return customer.status === 'UNREGISTERED'
      ? { ...customer, released }
      : { ...customer, reservations: new Map(customer.reservations), released }
  },
}

type Registered = Extract<Customer, { status: 'REGISTERED' }>

type Frozen =
  | { status: 'UNREGISTERED' }
  | (Omit<Registered, 'reservations' | 'released'> & { reservations: [string, number][] })

const NOTHING: ReadonlyMap<string, number> = new Map()
