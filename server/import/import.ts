// The import: registers a plan's customers, adds its products, places its orders, and waits until they are decided.
import { type Cents, formatMoney } from '../../events/money.ts'
import { decisionsOf } from './decisions.ts'
import { type DeskClient, DeskProblem, deskClient } from './desk-client.ts'
import { inParallel } from './in-parallel.ts'
import { ADD_PRODUCT, type CommandAnswer, DESK, type OrderState, PLACE_ORDER, REGISTER_CUSTOMER } from './operations.ts'
import type { Plan } from './plan.ts'
import type { Progress } from './progress.ts'

export interface ImportOptions {
  /** The desk's GraphQL endpoint. */
  url: string
  /** Of every customer that is registered. */
  creditLimit: Cents
  /** Of every product that is added. */
  stock: number
  /** How many requests may be under way at once. */
  concurrency: number
}

export interface Imported {
  /** The plan's orders, as the desk shows them once they are decided. */
  orders: OrderState[]
  /** How much of the plan was on the desk before; it is left as it is. */
  alreadyThere: { customers: number; products: number; orders: number }
  /** What the desk would not take. */
  refused: RefusedItem[]
}

export interface RefusedItem {
  id: string
  message: string
}

/** How long the desk may be out of reach, and how long it may decide no order, before the import gives up. */
const PATIENCE = 60_000

/** "It is there": from an earlier run, with other flags, or because somebody else was first. */
const ALREADY_THERE = new Set(['ALREADY_EXISTS', 'COMMAND_ID_REUSED'])

/**
 * Sends a plan to a desk. The ids of its commands follow from the ids of what they make, so each command may be sent
 * again, and a second import changes nothing.
 * @throws DeskProblem when there is no desk, or it fails for longer than a minute
 */
export async function importPlan(plan: Plan, options: ImportOptions, progress: Progress): Promise<Imported> {
  const { url, concurrency } = options
  await assertDesk(url)
  const client = deskClient(url, PATIENCE)
  const refused: RefusedItem[] = []

  const customers = await sendAll('customers', REGISTER_CUSTOMER, plan.customers, (customer) => ({
    id: customer.customerId,
    input: { ...customer, creditLimit: formatMoney(options.creditLimit) },
  }))
  const products = await sendAll('products', ADD_PRODUCT, plan.products, (product) => ({
    id: product.productId,
    input: { ...product, price: formatMoney(product.price), stock: options.stock },
  }))
  const orders = await sendAll('orders', PLACE_ORDER, plan.orders, ({ orderId, customerId, lines }) => ({
    id: orderId,
    input: {
      orderId,
      customerId,
      content: { lines: lines.map((line) => ({ ...line, unitPrice: formatMoney(line.unitPrice) })) },
    },
  }))

  const stage = progress('decisions', orders.onDesk.length)
  try {
    return {
      orders: await decisionsOf(client, orders.onDesk, PATIENCE, stage.step),
      alreadyThere: {
        customers: customers.alreadyThere,
        products: products.alreadyThere,
        orders: orders.alreadyThere,
      },
      refused,
    }
  } finally {
    stage.end()
  }

  async function sendAll<Item>(
    title: string,
    mutation: string,
    items: readonly Item[],
    commandOf: (item: Item) => { id: string; input: object },
  ): Promise<{ onDesk: string[]; alreadyThere: number }> {
    const onDesk: string[] = []
    let alreadyThere = 0
    const stage = progress(title, items.length)
    try {
      await inParallel(items, concurrency, async (item) => {
        const { id, input } = commandOf(item)
        const outcome = await command(client, mutation, { ...input, commandId: `import-${id}` })
        if (outcome.is === 'refused') refused.push({ id, message: outcome.message })
        else onDesk.push(id)
        if (outcome.is === 'already there') alreadyThere += 1
        stage.step()
      })
    } finally {
      stage.end()
    }
    return { onDesk, alreadyThere }
  }
}

type CommandOutcome = { is: 'done' } | { is: 'already there' } | { is: 'refused'; message: string }

async function command(client: DeskClient, mutation: string, input: object): Promise<CommandOutcome> {
  const { payload } = await client.send<CommandAnswer>(mutation, { input })
  const error = payload.userErrors[0]
  if (error && ALREADY_THERE.has(error.code)) return { is: 'already there' }
  if (error) return { is: 'refused', message: `${error.message} (${error.code})` }
  if (!payload.receipt) throw new DeskProblem('The desk answers a command with neither a receipt nor an error.')
  return payload.receipt.duplicate ? { is: 'already there' } : { is: 'done' }
}

/** Asks once and without patience: a wrong address should be said at once. */
async function assertDesk(url: string): Promise<void> {
  await deskClient(url, 0).send(DESK)
}
