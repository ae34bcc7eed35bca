// The part of a product in memory and in snapshots: the reserved stock, and the latest settlements.
import type { ProductEvent } from '../../events/catalogue.ts'
import type { Memory } from '../../kernel/deciding/memory.ts'
import type { Product, ProductCommand } from './product.ts'

export const productMemory: Memory<{ command: ProductCommand; state: Product; event: ProductEvent }> = {
  asked: (command) => ('orderId' in command ? command.orderId : undefined),
  repeatable: (command, { revised }) =>
    // A reservation that an order was refused may be open since a revision of the order.
    command.type === 'ReserveStock' ? !revised.has(command.orderId) : command.type !== 'RaiseStock',
  settled: ({ type, data }) => (type === 'StockReleased' || type === 'StockShipped' ? data.orderId : undefined),
  open: (product) => (product.status === 'ADDED' ? product.reservations : NOTHING),
  marks: ({ settled }) => settled,

  version: 2,
  freeze(product) {
    const revised = [...product.revised]
    if (product.status === 'UNKNOWN') return { status: product.status, revised } satisfies Frozen
    const { status, price, inStock, reserved, reservations } = product
    return { status, price, inStock, reserved, reservations: [...reservations], revised } satisfies Frozen
  },
  thaw(frozen) {
    const product = frozen as Frozen
    const own = { settled: new Set<string>(), revised: new Map(product.revised) }
    return product.status === 'UNKNOWN'
      ? { ...product, ...own }
      : { ...product, reservations: new Map(product.reservations), ...own }
  },
}

type Added = Extract<Product, { status: 'ADDED' }>

type Frozen = { revised: [string, number][] } & (
  | { status: 'UNKNOWN' }
  | (Omit<Added, 'reservations' | 'settled' | 'revised'> & { reservations: [string, number][] })
)

const NOTHING: ReadonlyMap<string, number> = new Map()
