// The rules for the input of each mutation, beyond GraphQL's checks. Each error names its field.
import * as z from 'zod'
import { type Entity, ID_FORM, isId } from '../../events/ids.ts'
import { formatMoney, MAX_CENTS } from '../../events/money.ts'
import type { UserError } from '../../schema/payload.ts'
import { MAX_QUANTITY } from '../product/product.ts'

const MAX_LINES = 2_000

/** GraphQL lets a client leave a field out or say null: both mean that there is none. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined)
}

function id(entity: Entity) {
  return z.string().refine((text) => isId(entity, text), `must be ${ID_FORM[entity]}`)
}

/** Text that is not blank. A client without such a text leaves an optional field out. */
function text(most: number) {
  const form = `must have 1 to ${most} characters`
  return (
    z
      .string()
      .min(1, { error: form, abort: true })
      .max(most, { error: form, abort: true })
      .refine((value) => value.trim() !== '', 'must not be blank')
      // JSON can write half of a pair, which no other encoding can: stores would keep something else.
      .refine((value) => !/\p{Surrogate}/u.test(value), 'must be valid Unicode, without half of a surrogate pair')
  )
}

const negative = 'must not be negative'
const tooMuch = `must be at most ${formatMoney(MAX_CENTS)}`

const money = z
  // An amount that no number holds exactly comes as ±Infinity, which is no number to zod.
  .number({ error: ({ input }) => (input === -Infinity ? negative : input === Infinity ? tooMuch : undefined) })
  .min(0, negative)
  .max(MAX_CENTS, tooMuch)

const quantity = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_QUANTITY, `must be at most ${MAX_QUANTITY}`)

/** `~` begins the ids of the desk's own commands. */
const commandId = optional(text(128).refine((value) => !value.startsWith('~'), 'must not begin with ~'))

/**
 * Clocks differ: a client that says "now" may be ahead of this process, and so may the process that took the command the first time be.
 * More than that is a wrong date.
 */
const CLOCK_SKEW_MS = 5_000

/** An instant as the scalar DateTime gives it: RFC 3339, UTC, milliseconds. */
const past = z
  .string()
  .refine((instant) => Date.parse(instant) <= Date.now() + CLOCK_SKEW_MS, 'must not be in the future')

const expectedVersion = optional(z.int().min(1, 'must be at least 1'))

/** The name of a saga's stream. */
const parkedId = z.string().regex(/^[a-z]+-[\w-]{1,128}$/, 'must be the id of a parked order, such as placement-ord_1')

const line = z.object({ productId: id('product'), quantity, unitPrice: optional(money) })

/** All lines of a product are reserved at once, so their sum is bounded as a single quantity is. */
const lines = z
  .array(line)
  .min(1, 'must have at least one line')
  .max(MAX_LINES, `must have at most ${MAX_LINES} lines`)
  .superRefine((all, context) => {
    const sums = new Map<string, number>()
    for (const [index, { productId, quantity }] of all.entries()) {
      // A line that is wrong alone is reported already.
      if (quantity > MAX_QUANTITY) continue
      const sum = (sums.get(productId) ?? 0) + quantity
      if (sum > MAX_QUANTITY) {
        const message = `must be at most ${MAX_QUANTITY} for all lines of ${productId} together`
        context.addIssue({ code: 'custom', message, path: [index, 'quantity'] })
        return
      }
      sums.set(productId, sum)
    }
  })

const content = z
  .object({ lines: lines.optional(), total: money.optional() })
  .refine(({ lines, total }) => (lines === undefined) !== (total === undefined), 'must have either lines or total')

export const inputs = {
  registerCustomer: z.object({
    commandId,
    customerId: optional(id('customer')),
    name: text(200),
    creditLimit: money,
  }),
  changeCreditLimit: z.object({
    commandId,
    customerId: id('customer'),
    creditLimit: money,
    expectedCreditLimit: optional(money),
  }),
  addProduct: z.object({
    commandId,
    productId: optional(id('product')),
    name: text(200),
    price: money,
    stock: optional(z.int().min(0, negative).max(MAX_QUANTITY, `must be at most ${MAX_QUANTITY}`)).transform(
      (stock) => stock ?? 0,
    ),
  }),
  changePrice: z.object({ commandId, productId: id('product'), price: money, expectedPrice: optional(money) }),
  receiveStock: z.object({ commandId, productId: id('product'), quantity }),
  placeOrder: z.object({
    commandId,
    orderId: optional(id('order')),
    customerId: id('customer'),
    content,
    placedAt: optional(past),
  }),
  reviseOrder: z.object({ commandId, orderId: id('order'), content, expectedVersion }),
  cancelOrder: z.object({ commandId, orderId: id('order'), reason: optional(text(500)), expectedVersion }),
  shipOrder: z.object({ commandId, orderId: id('order'), trackingCode: optional(text(100)), expectedVersion }),
  recordPayment: z.object({ commandId, orderId: id('order'), expectedVersion }),
  retryParked: z.object({ commandId, id: parkedId }),
  discardParked: z.object({ commandId, id: parkedId }),
}

/**
 * The input in the form that commands are made of, or one INVALID_INPUT for each field that is wrong,
 * with a path from the mutation's arguments on: `['input', 'content', 'lines', '0', 'quantity']`.
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): { ok: true; input: z.output<Schema> } | { ok: false; errors: UserError[] } {
  const result = schema.safeParse(input)
  if (result.success) return { ok: true, input: result.data }
  const errors = result.error.issues.map(({ path, message }): UserError => {
    const field = path.map(String)
    return { code: 'INVALID_INPUT', message: `${field.join('.')} ${message}.`, path: ['input', ...field] }
  })
  return { ok: false, errors }
}
