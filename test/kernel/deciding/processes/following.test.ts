// The log is followed until the end, each event once, regardless of what becomes of the subscription in between.

import { expect, test } from 'vitest'
import { openLog } from '../../../../command/log.given.ts'
import type { EventStore } from '../../../../events/catalogue.ts'
import { SCHEMA_VERSION } from '../../../../events/upcasters.ts'
import { followLog } from '../../../../kernel/deciding/processes/following.ts'
import { NO_EVENTS } from '../../../../kernel/store/event-store.ts'
import { type Position, START } from '../../../../kernel/store/position.ts'

async function logOf(count: number): Promise<EventStore> {
  const store = await openLog()
  for (let number = 1; number <= count; number++) {
    const data = { orderId: `ord_${number}`, customerId: 'cus_1', lines: [], total: number }
    const metadata = { schemaVersion: SCHEMA_VERSION }
    const event = { type: 'OrderPlaced' as const, data, id: crypto.randomUUID(), metadata }
    await store.append(`order-ord_${number}`, [event], NO_EVENTS)
  }
  return store
}

test('a subscription that breaks off is begun again behind the last event that was taken', async () => {
  const store = await logOf(4)
  const began: Position[] = []
  const breaking: EventStore = {
    ...store,
    async *subscribe(after, options) {
      began.push(after)
      if (began.length === 2) return
      for await (const { events, position } of store.subscribe(after, options)) {
        yield { events: events.slice(0, 2), position: events[1]?.position ?? position }
        if (began.length === 1) throw new Error('the connection broke')
        yield { events: events.slice(2), position }
      }
    },
  }
  const taken: string[] = []
  const lost: string[] = []
  const stopping = new AbortController()
  const following = followLog(breaking, {
    after: START,
    categories: ['order'],
    signal: stopping.signal,
    take: async ({ stream }) => void taken.push(stream),
    read: async () => {},
    lost: (error) => void lost.push(error),
  })
  await expect.poll(() => taken).toHaveLength(4)
  expect(following.trouble()).toBeUndefined()
  stopping.abort()
  await following.stopped

  expect(taken).toEqual(['order-ord_1', 'order-ord_2', 'order-ord_3', 'order-ord_4'])
  expect(lost).toEqual(['the connection broke', 'the subscription ended'])
  expect(began[1]).toBe(began[2])
})

test('an event that cannot be taken is taken again', async () => {
  const store = await logOf(2)
  const taken: string[] = []
  const stopping = new AbortController()
  const following = followLog(store, {
    after: START,
    categories: ['order'],
    signal: stopping.signal,
    async take({ stream }) {
      taken.push(stream)
      if (taken.length === 2) throw new Error('not now')
    },
    read: async () => {},
    lost: () => expect(following.trouble()).toBe('not now'),
  })
  await expect.poll(() => taken).toHaveLength(3)
  stopping.abort()
  await following.stopped
  expect(taken).toEqual(['order-ord_1', 'order-ord_2', 'order-ord_2'])
})
