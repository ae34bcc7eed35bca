// Orders are seen through in the way in which they were placed, regardless of the setting when the desk is started again.
import { describe, expect, test } from 'vitest'
import { ask } from './client.ts'
import { accepted } from './mutate.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()

describe.each([
  ['choreography', 'orchestration'],
  ['orchestration', 'choreography'],
] as const)('an order that was placed by %s', (before, after) => {
  test(`is approved, shipped and paid so after a restart with ${after}; new orders are placed by that`, async () => {
    await desk.start({ coordination: before })
    const old = await placed(`ord_by_${before}`)
    await desk.start({ coordination: after })
    await seenThrough(old)
    const young = await placed(`ord_after_${before}`)
    await seenThrough(young)
    expect(await coordinationOf(old)).toBe(before)
    expect(await coordinationOf(young)).toBe(after)
  })
})

async function placed(orderId: string): Promise<string> {
  const id = orderId.slice('ord_'.length)
  await accepted(desk.url(), 'registerCustomer', { customerId: `cus_${id}`, name: 'Ada', creditLimit: '100.00' })
  await accepted(desk.url(), 'addProduct', { productId: `prd_${id}`, name: 'Lamp', price: '10.00', stock: 10 })
  const lines = [{ productId: `prd_${id}`, quantity: 1 }]
  await accepted(desk.url(), 'placeOrder', { orderId, customerId: `cus_${id}`, content: { lines } })
  return orderId
}

async function seenThrough(orderId: string): Promise<void> {
  const order = async () => {
    const query = 'query ($orderId: ID!) { order(id: $orderId) { status placement { endedAt } } }'
    return (
      await ask<{ order: { status: string; placement: { endedAt: string | null } } }>(desk.url(), query, { orderId })
    ).order
  }
  await expect.poll(order).toMatchObject({ status: 'APPROVED' })
  await accepted(desk.url(), 'shipOrder', { orderId })
  await accepted(desk.url(), 'recordPayment', { orderId })
  await expect.poll(order).toEqual({ status: 'PAID', placement: { endedAt: expect.any(String) } })
}

/** The coordination that has kept the books of an order. */
async function coordinationOf(orderId: string): Promise<string> {
  const count = 'query ($stream: String) { events(filter: { stream: $stream }) { nodes { type } } }'
  const types = async (stream: string) => {
    const { events } = await ask<{ events: { nodes: { type: string }[] } }>(desk.url(), count, { stream })
    return events.nodes.map(({ type }) => type)
  }
  const sagas = (await types(`placement-${orderId}`)).includes('PlacementEnded')
  const notes = (await types(`order-${orderId}`)).includes('ReservationNoted')
  return sagas && notes ? 'both' : sagas ? 'orchestration' : notes ? 'choreography' : 'nobody'
}
