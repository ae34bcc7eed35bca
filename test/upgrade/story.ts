// The commands that an older release is given before its files are kept, and the questions that every later release must answer alike.
import { ask } from '../client.ts'
import { type Mutation, mutate } from '../mutate.ts'

export interface Step {
  mutation: Mutation
  input: Record<string, unknown> & { commandId: string }
}

const lines = (...items: [productId: string, quantity: number, unitPrice?: string][]) => ({
  lines: items.map(([productId, quantity, unitPrice]) => ({ productId, quantity, ...(unitPrice && { unitPrice }) })),
})

const order = (orderId: string, customerId: string, content: object): Step => ({
  mutation: 'placeOrder',
  input: { commandId: `place-${orderId}`, orderId, customerId, content },
})

const step = (mutation: Mutation, commandId: string, input: Record<string, unknown>): Step => ({
  mutation,
  input: { commandId, ...input },
})

/** Customers, products and the first orders. */
export const opening: Step[] = [
  step('registerCustomer', 'c1', { customerId: 'cus_ada', name: 'Ada Müller & Söhne', creditLimit: '2000.00' }),
  step('registerCustomer', 'c2', { customerId: 'cus_bo', name: 'Bo', creditLimit: '100.00' }),
  step('changeCreditLimit', 'c3', { customerId: 'cus_bo', creditLimit: '300.00' }),
  step('addProduct', 'p1', { productId: 'prd_vase', name: 'Glass vase', price: '12.50', stock: 100 }),
  step('addProduct', 'p2', { productId: 'prd_lamp', name: 'Lamp', price: '40.00' }),
  step('receiveStock', 'p3', { productId: 'prd_lamp', quantity: 9 }),
  step('changePrice', 'p4', { productId: 'prd_lamp', price: '41.00' }),
]

/** Orders with every outcome. The suffix keeps the orders of two rounds apart. */
export function orders(suffix: string): Step[] {
  return [
    order(`ord_paid_${suffix}`, 'cus_ada', lines(['prd_vase', 4], ['prd_lamp', 1, '39.00'])),
    order(`ord_cancelled_${suffix}`, 'cus_ada', lines(['prd_vase', 2])),
    order(`ord_revised_${suffix}`, 'cus_ada', lines(['prd_vase', 6], ['prd_lamp', 1])),
    order(`ord_total_${suffix}`, 'cus_bo', { total: '50.00' }),
    order(`ord_too_dear_${suffix}`, 'cus_bo', lines(['prd_lamp', 8])),
    order(`ord_too_many_${suffix}`, 'cus_ada', lines(['prd_lamp', 10, '0.50'])),
    order(`ord_nobody_${suffix}`, 'cus_nobody', { total: '1.00' }),
    order(`ord_nothing_${suffix}`, 'cus_ada', lines(['prd_nothing', 1, '1.00'])),
  ]
}

/** Later commands for these orders, once each of them is decided. */
export function laterCommands(suffix: string): Step[] {
  return [
    step('shipOrder', `ship-paid-${suffix}`, { orderId: `ord_paid_${suffix}`, trackingCode: 'BX-1' }),
    step('recordPayment', `pay-${suffix}`, { orderId: `ord_paid_${suffix}` }),
    step('cancelOrder', `cancel-${suffix}`, { orderId: `ord_cancelled_${suffix}`, reason: 'Ordered twice' }),
    step('reviseOrder', `revise-${suffix}`, { orderId: `ord_revised_${suffix}`, content: lines(['prd_vase', 3]) }),
    step('shipOrder', `ship-total-${suffix}`, { orderId: `ord_total_${suffix}` }),
  ]
}

/** Sends commands one after another. Each answer is an accepted receipt. */
export async function play(url: string, steps: readonly Step[]): Promise<void> {
  for (const { mutation, input } of steps) {
    const { receipt, userErrors } = await mutate(url, mutation, input)
    if (!receipt) throw new Error(`${mutation} was refused: ${JSON.stringify(userErrors)}`)
  }
}

/** Every answer that a later release must repeat: documents with their versions, positions and histories. */
export async function answers(url: string): Promise<Record<string, unknown>> {
  const all = await Promise.all(QUESTIONS.map((question) => ask<Record<string, unknown>>(url, question)))
  return Object.assign({ events: await allEvents(url) }, ...all)
}

async function allEvents(url: string): Promise<unknown[]> {
  const events: unknown[] = []
  for (let after: string | null = null; ; ) {
    const page: EventPage = await ask(url, EVENTS, { after })
    events.push(...page.events.nodes)
    if (!page.events.pageInfo.hasNextPage) return events
    after = page.events.pageInfo.endCursor
  }
}

interface EventPage {
  events: { nodes: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

const EVENTS = `query ($after: String) {
  events(first: 100, after: $after) {
    nodes { id type stream version position recordedAt data commandId causationId correlationId }
    pageInfo { hasNextPage endCursor }
  }
}`

const QUESTIONS = [
  `{ customers(first: 50) { nodes {
    id name creditLimit reservedCredit availableCredit version position createdAt updatedAt
    recentOrders { orderId status total }
    history(first: 100) { nodes { type version recordedAt position } }
  } } }`,
  '{ products(first: 50) { nodes { id name price inStock reserved available version position createdAt updatedAt } } }',
  `{ orders(first: 50) { nodes {
    id customerId status rejectionReason cancellationReason trackingCode total version position createdAt updatedAt
    lines { productId quantity unitPrice }
    placement { state startedAt endedAt steps(first: 10) { nodes { name state at } } }
    revision { number state reason total requestedAt endedAt steps(first: 10) { nodes { name state at } } }
  } } }`,
]

interface Progress {
  status: string
  placement: { state: string; endedAt: string | null } | null
  revision: { endedAt: string | null } | null
}

/** Whether every order, placement and revision has come to rest: nothing changes any more without a command. */
export async function isSettled(url: string): Promise<boolean> {
  const { orders } = await ask<{ orders: { nodes: Progress[] } }>(
    url,
    '{ orders(first: 50) { nodes { status placement { state endedAt } revision { endedAt } } } }',
  )
  return orders.nodes.every(({ status, placement, revision }) => {
    const lives = status === 'APPROVED' || status === 'SHIPPED'
    return (
      status !== 'PENDING' && (lives || placement?.endedAt != null) && (revision === null || revision.endedAt !== null)
    )
  })
}
