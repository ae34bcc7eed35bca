// Customers and operators: they send mutations, the same ones again when there is no answer, and look at what became of them.
import { GraphQLError } from 'graphql'
import { mutations } from '../command/mutations/index.ts'
import type { Projection, ViewDocument } from '../kernel/projecting/projection.ts'
import { customers } from '../query/views/customers.ts'
import { orders } from '../query/views/orders.ts'
import { products } from '../query/views/products.ts'
import type { Payload } from '../schema/payload.ts'
import type { Gateway } from './desk.ts'
import type { Node } from './node.ts'
import type { Asked } from './plan/plan.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The answer that a client got. */
export interface Answer {
  stream: string
  payload: Payload
}

interface Surroundings {
  gateway: Node<Gateway>
  time: VirtualTime
  random: Random
  /** Something that must not happen. */
  wrong(what: string): void
}

const GIVES_UP_AFTER = 10_000

/** Sends the mutation until there is an answer, or no more tries; `undefined` when there was none. */
export async function ask(asked: Asked, surroundings: Surroundings): Promise<Answer | undefined> {
  const { time, random } = surroundings
  for (let tries = 0; tries < asked.tries; tries++) {
    const payload = await attempt(asked, surroundings)
    if (payload) {
      if (asked.looks) await Promise.race([look(payload, asked, surroundings), time.pass(GIVES_UP_AFTER)])
      return { stream: streamOf(payload.id), payload }
    }
    await time.pass(random.between(20, 1_000))
  }
  return undefined
}

async function attempt(
  { mutation, input, coordination }: Asked,
  { gateway, time, wrong }: Surroundings,
): Promise<Payload | undefined> {
  const running = gateway.running()
  if (!running) return undefined
  const { service, life } = running
  const answer = life.asks(() =>
    mutations[mutation](undefined, { input }, { bus: service.bus, prices: service.bus, coordination }),
  )
  try {
    return await Promise.race([answer, time.pass(GIVES_UP_AFTER).then(() => undefined)])
  } catch (error) {
    const mayTryAgain = error instanceof GraphQLError && error.extensions.code === 'UNAVAILABLE'
    if (!mayTryAgain) wrong(`${mutation} failed: ${error}`)
    return undefined
  }
}

/** The id of what is parked begins with the name of its saga. */
function streamOf(id: string): string {
  return /^(cus|ord|prd)_/.test(id) ? `${entityOf(id)}-${id}` : `parked-${id.split('-')[0]}`
}

function entityOf(id: string): 'customer' | 'order' | 'product' {
  return id.startsWith('cus_') ? 'customer' : id.startsWith('ord_') ? 'order' : 'product'
}

const viewOf: Record<string, Projection<ViewDocument>> = { customer: customers, order: orders, product: products }

/** A client that waits until the views have reached the position of the receipt sees what was done. */
async function look({ id, receipt }: Payload, { mutation }: Asked, { gateway, wrong }: Surroundings): Promise<void> {
  const running = gateway.running()
  const view = viewOf[entityOf(id)]
  if (!receipt || !running || !view) return
  const { feed, views } = running.service.reads
  try {
    if (!(await feed.reached(receipt.position, 2_000))) return
    const [document] = await views.get(view, [id])
    const version = document && 'version' in document ? Number(document.version) : 0
    if (version < receipt.version) wrong(`after ${mutation} the view shows ${id} at ${version}, not ${receipt.version}`)
  } catch {
    // The views are away.
  }
}
