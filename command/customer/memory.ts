// The part of a customer in memory and in snapshots: the reserved credit, and the latest releases.
import type { CustomerEvent } from '../../events/catalogue.ts'
import type { Memory } from '../../kernel/deciding/memory.ts'
import type { Customer, CustomerCommand } from './customer.ts'

export const customerMemory: Memory<{ command: CustomerCommand; state: Customer; event: CustomerEvent }> = {
  asked: (command) => ('orderId' in command ? command.orderId : undefined),
  repeatable: ({ type }) => type !== 'RaiseCredit',
  settled: ({ type, data }) => (type === 'CreditReleased' ? data.orderId : undefined),
  open: (customer) => (customer.status === 'REGISTERED' ? customer.reservations : NOTHING),
  marks: ({ released }) => released,

  version: 2,
  freeze(customer) {
    const revised = [...customer.revised]
    if (customer.status === 'UNREGISTERED') return { status: customer.status, revised } satisfies Frozen
    const { status, creditLimit, reserved, reservations } = customer
    return { status, creditLimit, reserved, reservations: [...reservations], revised } satisfies Frozen
  },
  thaw(frozen) {
    const customer = frozen as Frozen
    const own = { released: new Set<string>(), revised: new Map(customer.revised) }
    return customer.status === 'UNREGISTERED'
      ? { ...customer, ...own }
      : { ...customer, reservations: new Map(customer.reservations), ...own }
  },
}

type Registered = Extract<Customer, { status: 'REGISTERED' }>

type Frozen = { revised: [string, number][] } & (
  | { status: 'UNREGISTERED' }
  | (Omit<Registered, 'reservations' | 'released' | 'revised'> & { reservations: [string, number][] })
)

const NOTHING: ReadonlyMap<string, number> = new Map()
