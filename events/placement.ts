// The common names for the parts of an order's placement, for both kinds of coordination.
import type { RejectionReason } from './catalogue.ts'

/** The step that reserves the customer's credit. */
export const CREDIT = 'credit'

/** The step that reserves the stock of one product. */
export function stockOf(productId: string): string {
  return `stock ${productId}`
}

/** The order of the reasons when several reservations are refused: the first of these is reported. */
export const REASONS = [
  'UNKNOWN_CUSTOMER',
  'UNKNOWN_PRODUCT',
  'CREDIT_LIMIT_EXCEEDED',
  'OUT_OF_STOCK',
] as const satisfies RejectionReason[]
