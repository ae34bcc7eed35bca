// The changes of a revision in the stock that an order takes.
import type { OrderLine, StockChange } from '../../events/catalogue.ts'

/** One entry for each product of which more or fewer pieces are taken, the quantities of its lines summed. */
export function stockChanges(before: readonly OrderLine[], after: readonly OrderLine[]): StockChange[] {
  const [had, takes] = [quantities(before), quantities(after)]
  return [...new Set([...had.keys(), ...takes.keys()])]
    .map((productId) => ({ productId, before: had.get(productId) ?? 0, after: takes.get(productId) ?? 0 }))
    .filter(({ before, after }) => before !== after)
}

/** How many pieces there are of each product, in the order of its first appearance. */
export function quantities(pieces: readonly Pick<OrderLine, 'productId' | 'quantity'>[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { productId, quantity } of pieces) sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return sums
}
