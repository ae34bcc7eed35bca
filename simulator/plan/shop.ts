// The customers of a run, the products that they can buy, and the names of the orders.
import type { Random } from '../random.ts'
import { type Asked, asked } from './plan.ts'

export interface Shop {
  customers: string[]
  products: string[]
  orders: string[]
  /** The mutations that set it up. */
  opening: Asked[]
}

export function shopOf(random: Random): Shop {
  const customers = named('cus', random.whole(1, 3))
  const products = named('prd', random.whole(1, 4))
  const opening = [
    ...customers.map((customerId) => customer(customerId, random.pick([3_000, 8_000, 30_000]))),
    ...products.map((productId) => product(productId, random.pick([0, 3, 10, 40]))),
  ]
  return { customers, products, orders: named('ord', random.whole(3, 24)), opening }
}

/** `cus_1`, `cus_2`, … */
export function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index + 1}`)
}

export function customer(customerId: string, creditLimit: number): Asked {
  return asked('registerCustomer', { customerId, name: customerId, creditLimit })
}

export function product(productId: string, stock: number): Asked {
  return asked('addProduct', { productId, name: productId, price: 1_000, stock })
}
