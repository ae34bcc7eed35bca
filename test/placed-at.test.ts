// An order that was placed before the desk got it keeps its own date, in both styles of coordination and over a restart.
import { describe, expect, test } from 'vitest'
import { ask } from './client.ts'
import { accepted, mutate, refused } from './mutate.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()

describe.each(['orchestration', 'choreography'] as const)('by %s', (coordination) => {
  const customerId = `cus_${coordination}`
  const placed = (name: string, placedAt?: string) =>
    accepted(desk.url(), 'placeOrder', {
      commandId: `place ${coordination} ${name}`,
      orderId: `ord_${coordination}_${name}`,
      customerId,
      content: { total: '1.00' },
      placedAt,
    })

  test('orders are shown, found and listed by their own dates; one without has the time at which it was recorded', async () => {
    await desk.start({ coordination })
    await accepted(desk.url(), 'registerCustomer', { customerId, name: 'Ada', creditLimit: '100.00' })
    await placed('now')
    await placed('christmas', '2010-12-24T18:00:00+01:00')
    const { position } = await placed('advent', '2010-12-01T08:26:00Z')
    await expect
      .poll(async () => (await listed(position)).map(({ status }) => status))
      .toEqual(Array(3).fill('APPROVED'))

    const before = await listed(position)
    expect(before).toMatchObject([
      { id: `ord_${coordination}_now` },
      { id: `ord_${coordination}_christmas`, placedAt: '2010-12-24T17:00:00.000Z' },
      { id: `ord_${coordination}_advent`, placedAt: '2010-12-01T08:26:00.000Z' },
    ])
    expect(before[0]?.placedAt).toBe(before[0]?.createdAt)
    expect(await listed(position, { lt: '2010-12-24T00:00:00Z' })).toEqual(before.slice(2))
    expect(await recentDates(position)).toEqual(before.map(({ placedAt }) => placedAt).sort())

    await desk.start({ coordination })
    expect(await listed(position)).toEqual(before)
  })

  test('a repeat is the same order, with any offset in its date; another date is another command', async () => {
    expect(await placed('christmas', '2010-12-24T17:00:00.000Z')).toMatchObject({ duplicate: true })
    expect(await placed('now')).toMatchObject({ duplicate: true })
    const input = { orderId: `ord_${coordination}_now`, customerId, content: { total: '1.00' } }
    const redated = { ...input, commandId: `place ${coordination} now`, placedAt: '2010-12-24T17:00:00Z' }
    expect(await mutate(desk.url(), 'placeOrder', redated)).toMatchObject({
      userErrors: [{ code: 'COMMAND_ID_REUSED' }],
    })
  })

  test('an order of the future is refused', async () => {
    const placedAt = new Date(Date.now() + 60_000).toISOString()
    const refusal = await refused(desk.url(), 'placeOrder', { customerId, content: { total: '1.00' }, placedAt })
    expect(refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['input', 'placedAt'] })
    expect(refusal.message).toBe('placedAt must not be in the future.')
  })

  interface Listed {
    id: string
    status: string
    placedAt: string
    createdAt: string
  }

  async function listed(atLeast: string, placedAt?: object): Promise<Listed[]> {
    const query = `query ($filter: OrderFilter, $atLeast: Position) {
      orders(filter: $filter, orderBy: { field: PLACED_AT }, atLeast: $atLeast) { nodes { id status placedAt createdAt } }
    }`
    const variables = { filter: { customerId, placedAt }, atLeast }
    return (await ask<{ orders: { nodes: Listed[] } }>(desk.url(), query, variables)).orders.nodes
  }

  async function recentDates(atLeast: string): Promise<string[]> {
    const query = `query ($id: ID!, $atLeast: Position) {
      customer(id: $id, atLeast: $atLeast) { recentOrders { placedAt } }
    }`
    const { customer } = await ask<{ customer: { recentOrders: { placedAt: string }[] } }>(desk.url(), query, {
      id: customerId,
      atLeast,
    })
    return customer.recentOrders.map(({ placedAt }) => placedAt).sort()
  }
})
