// What of a product is in memory and in snapshots: the stock that is reserved, and which reservations were settled lately.
import type { ProductEvent } from '../../events/catalogue.ts'
import type { Memory } from '../memory.ts'
import type { Product, ProductCommand } from './product.ts'

export const productMemory: Memory<{ command: ProductCommand; state: Product; event: ProductEvent }> = {
  asked: (command) => ('orderId' in command ? command.orderId : undefined),
  settled: ({ type, data }) => (type === 'StockReleased' || type === 'StockShipped' ? data.orderId : undefined),
  open: (product) => (product.status === 'ADDED' ? product.reservations : NOTHING),
  marks: ({ settled }) => settled,

  version: 1,
  freeze(product) {
    if (product.status === 'UNKNOWN') return { status: product.status } satisfies Frozen
    const { status, price, inStock, reserved, reservations } = product
    return { status, price, inStock, reserved, reservations: [...reservations] } satisfies Frozen
  },
  thaw(frozen) {
    const product = frozen as Frozen
    const settled = new Set<string>()
    return product.status === 'UNKNOWN'
      ? { ...product, settled }
      : { ...product, reservations: new Map(product.reservations), settled }
  },
}

type Added = Extract<Product, { status: 'ADDED' }>

type Frozen = { status: 'UNKNOWN' } | (Omit<Added, 'reservations' | 'settled'> & { reservations: [string, number][] })

const NOTHING: ReadonlyMap<string, number> = new Map()
