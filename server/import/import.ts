// The import: registers a plan's customers, adds its products, places its orders, and waits until they are decided.

import { type Cents, formatMoney } from '../../events/money.ts'
import { inParallel } from '../../kernel/in-parallel.ts'
import { type DeskClient, DeskProblem, deskClient } from '../client/desk-client.ts'
import { openDecisions } from './decisions.ts'
import { ADD_PRODUCT, type CommandAnswer, DESK, type OrderState, PLACE_ORDER, REGISTER_CUSTOMER } from './operations.ts'
import type { Plan } from './plan.ts'
import type { Progress, Stage } from './progress.ts'

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
  /** Orders that were on the desk before, and are, or may be, other than in the plan: they are left as they are. */
  changed: Remark[]
  /** The customers, products and orders that the desk refused. */
  refused: Remark[]
}

/** A remark on one customer, product or order. */
export interface Remark {
  id: string
  message: string
}

/** How long the desk may be out of reach, and how long it may decide no order, before the import gives up. */
const PATIENCE = 60_000

/** The most orders that may be undecided at a time: a desk that gets orders faster than it decides them lets some time out. */
const ORDERS_AHEAD = 256

/** "It is there", and not by this very command: from an earlier run with another file or other flags, or because somebody else was first. */
const THERE_OTHERWISE: Readonly<Record<string, string>> = {
  COMMAND_ID_REUSED: 'an earlier import has brought it with other content',
  ALREADY_EXISTS: 'it was not created by an import',
}

/**
 * Sends a plan to a desk. The ids of its commands follow from the ids of what they make, so each command may be sent
 * again, and a second import changes nothing.
 * @throws DeskProblem when there is no desk, or it fails for longer than a minute
 */
export async function importPlan(plan: Plan, options: ImportOptions, progress: Progress): Promise<Imported> {
  await assertDesk(options.url)
  const client = deskClient(options.url, PATIENCE)
  const send = (mutation: string, commands: readonly Command[], onSent: OnSent) =>
    sendAll(client, mutation, commands, options.concurrency, onSent)

  const customers = await during(progress('customers', plan.customers.length), (step) =>
    send(REGISTER_CUSTOMER, customerCommands(plan, options.creditLimit), step),
  )
  const products = await during(progress('products', plan.products.length), (step) =>
    send(ADD_PRODUCT, productCommands(plan, options.stock), step),
  )

  const orders = await during(progress('orders', plan.orders.length), async (step) => {
    const decisions = openDecisions(client, PATIENCE, step)
    const sent = await send(PLACE_ORDER, orderCommands(plan), async (id, { is }) => {
      if (is === 'refused') return step()
      decisions.expect(id)
      await decisions.glance()
      await decisions.atMost(ORDERS_AHEAD)
    })
    return { ...sent, decided: await decisions.all() }
  })
  return {
    orders: orders.decided,
    alreadyThere: {
      customers: customers.alreadyThere,
      products: products.alreadyThere,
      orders: orders.alreadyThere,
    },
    changed: orders.otherwise,
    refused: [...customers.refused, ...products.refused, ...orders.refused],
  }
}

/** The input that makes one customer, product or order, and its id. */
interface Command {
  id: string
  input: object
  /** The input that a release without `placedAt` has sent for the same row of the file. */
  beforePlacedAt?: object
}

function customerCommands(plan: Plan, creditLimit: Cents): Command[] {
  return plan.customers.map((customer) => ({
    id: customer.customerId,
    input: { ...customer, creditLimit: formatMoney(creditLimit) },
  }))
}

function productCommands(plan: Plan, stock: number): Command[] {
  return plan.products.map((product) => ({
    id: product.productId,
    input: { ...product, price: formatMoney(product.price), stock },
  }))
}

function orderCommands(plan: Plan): Command[] {
  return plan.orders.map(({ orderId, customerId, lines, placedAt }) => {
    const priced = lines.map((line) => ({ ...line, unitPrice: formatMoney(line.unitPrice) }))
    const input = { orderId, customerId, content: { lines: priced } }
    return placedAt === undefined
      ? { id: orderId, input }
      : { id: orderId, input: { ...input, placedAt }, beforePlacedAt: input }
  })
}

type OnSent = (id: string, outcome: Outcome) => void | Promise<void>

interface Sent {
  /** How much of it was on the desk before. */
  alreadyThere: number
  /** Those of them that another command had brought. */
  otherwise: Remark[]
  refused: Remark[]
}

async function sendAll(
  client: DeskClient,
  mutation: string,
  commands: readonly Command[],
  concurrency: number,
  onSent: OnSent,
): Promise<Sent> {
  const outcomes = new Map<string, Outcome>()
  await inParallel(commands, concurrency, async ({ id, input, beforePlacedAt }) => {
    const commandId = `import-${id}`
    let outcome = await outcomeOf(client, mutation, { ...input, commandId })
    // The same file, imported under an earlier release, is the same command without the date.
    if (isThereOtherwise(outcome) && beforePlacedAt) {
      outcome = await outcomeOf(client, mutation, { ...beforePlacedAt, commandId })
    }
    outcomes.set(id, outcome)
    await onSent(id, outcome)
  })
  const sent: Sent = { alreadyThere: 0, otherwise: [], refused: [] }
  // In the order of the file, whichever answer came first.
  for (const { id } of commands) {
    const outcome = outcomes.get(id)
    if (outcome === undefined) continue
    if (outcome.is === 'refused') sent.refused.push({ id, message: outcome.message })
    if (outcome.is === 'already there') {
      sent.alreadyThere += 1
      if (outcome.otherwise) sent.otherwise.push({ id, message: outcome.otherwise })
    }
  }
  return sent
}

type Outcome = { is: 'done' } | { is: 'already there'; otherwise?: string } | { is: 'refused'; message: string }

function isThereOtherwise(outcome: Outcome): boolean {
  return outcome.is === 'already there' && outcome.otherwise === THERE_OTHERWISE.COMMAND_ID_REUSED
}

async function outcomeOf(client: DeskClient, mutation: string, input: object): Promise<Outcome> {
  const { payload } = await client.send<CommandAnswer>(mutation, { input })
  const error = payload.userErrors[0]
  const otherwise = error && THERE_OTHERWISE[error.code]
  if (otherwise) return { is: 'already there', otherwise }
  if (error) return { is: 'refused', message: `${error.message} (${error.code})` }
  if (!payload.receipt) throw new DeskProblem('The desk answered a command with neither a receipt nor an error.')
  return payload.receipt.duplicate ? { is: 'already there' } : { is: 'done' }
}

/** Work whose steps are shown; the bar goes away whether the work succeeds or fails. */
async function during<Result>(stage: Stage, work: (step: () => void) => Promise<Result>): Promise<Result> {
  try {
    return await work(stage.step)
  } finally {
    stage.end()
  }
}

/** Asks once and without patience: a wrong address should be said at once. */
async function assertDesk(url: string): Promise<void> {
  await deskClient(url, 0).send(DESK)
}
