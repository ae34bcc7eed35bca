// The first look at a desk: the tabs of the playground on an empty desk, and on the demo.
import { describe, expect, test } from 'vitest'
import { exampleOperations } from '../schema/operations.ts'
import { fillDemo } from '../server/desk/demo-orders.ts'
import { playgroundTabs } from '../server/playground/playground-tabs.ts'
import { ask } from './client.ts'
import { sharedDesk } from './shared-desk.ts'

const tabs = playgroundTabs().filter(({ kind }) => kind !== 'subscription')

describe('on an empty desk', () => {
  const desk = sharedDesk()

  test.each(tabs)(
    'the tab $title has its outcome when those before it were sent',
    async ({ name, document, variables }) => {
      if (name === 'ReviseOrder') await expect.poll(() => statusOf(desk.url(), 'ord_demo')).toBe('APPROVED')
      if (name === 'ShipOrder') await revised(desk.url())
      const answer = await ask<Record<string, Answer>>(desk.url(), document, variables)
      expect(missing(answer)).toEqual([])
    },
  )
})

describe('on the demo', () => {
  const desk = sharedDesk()

  test('every example that queries something finds it', async () => {
    await fillDemo(desk.url())
    for (const { name, document, variables } of exampleOperations().filter(({ kind }) => kind === 'query')) {
      // Nothing is parked in a demo where all goes well.
      if (name === 'Parked') continue
      const answer = await ask<Record<string, Answer>>(desk.url(), document, variables)
      expect(missing(answer), name).toEqual([])
    }
  })

  test('the first tab lists orders, of which there are some', async () => {
    await fillDemo(desk.url())
    const [first] = playgroundTabs(true)
    const { orders } = await ask<{ orders: { nodes: unknown[] } }>(desk.url(), first?.document ?? '', first?.variables)
    expect(orders.nodes.length).toBeGreaterThan(3)
  })

  test.each(['ReviseOrder', 'CancelOrder'])('the tab %s does so without those before it', async (name) => {
    await fillDemo(desk.url())
    const { document = '', variables } = tabs.find((tab) => tab.name === name) ?? {}
    expect(missing(await ask<Record<string, Answer>>(desk.url(), document, variables))).toEqual([])
  })

  test('the tabs tell that what is there already was sent before, and the order can be shipped', async () => {
    for (const { name, document, variables } of tabs) {
      if (name === 'ShipOrder') await revised(desk.url())
      const answer = await ask<Record<string, Answer>>(desk.url(), document, variables)
      expect(missing(answer)).toEqual([])
    }
    expect(await statusOf(desk.url(), 'ord_demo')).toBe('SHIPPED')
  })
})

/** An entity, a page or a payload; null when there is none. */
type Answer = { nodes?: unknown[]; userErrors?: unknown[] } | null

/** The fields of an answer that are null, have no nodes, or were refused. */
function missing(answer: Record<string, Answer>): string[] {
  return Object.keys(answer).filter((field) => {
    const value = answer[field]
    return !value || value.nodes?.length === 0 || (value.userErrors?.length ?? 0) > 0
  })
}

/** The revision of the tab is decided: until then the order is not shipped. */
async function revised(url: string): Promise<void> {
  const query = '{ order(id: "ord_demo") { revision { state } } }'
  const state = async () => (await ask<{ order: { revision: { state: string } } }>(url, query)).order.revision.state
  await expect.poll(state).toBe('APPLIED')
}

async function statusOf(url: string, id: string): Promise<string | undefined> {
  const { order } = await ask<{ order: { status: string } | null }>(
    url,
    'query ($id: ID!) { order(id: $id) { status } }',
    { id },
  )
  return order?.status
}
