// The tour in the README does what it says: each operation is sent, and answered as printed there.
import { readFileSync } from 'node:fs'
import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { ask } from './client.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()

test('every step of the tour gives the answer that the README prints', async () => {
  const steps = tour(readFileSync('README.md', 'utf8'))
  expect(steps.length).toBeGreaterThan(4)
  for (const { operation, answer } of steps) {
    if (operation.startsWith('subscription')) expect(await firstMessage(operation)).toEqual(answer)
    // The decision on an order takes a moment; a mutation is sent once.
    else if (operation.startsWith('query')) {
      const answered = async () => inNoOrder(await ask(desk.url(), operation))
      await expect.poll(answered).toEqual(inNoOrder(answer))
    } else expect(await ask(desk.url(), operation)).toEqual(answer)
  }
})

/** The GraphQL blocks of a text, each with the JSON block that follows it. */
function tour(markdown: string): { operation: string; answer: unknown }[] {
  const blocks = markdown.matchAll(/```graphql\n(.*?)```\s+```json\n(.*?)```/gs)
  return [...blocks].map(([, operation = '', answer = '']) => ({ operation, answer: JSON.parse(answer) }))
}

/** Credit and stock are reserved at the same time: which of them comes first is not told. */
function inNoOrder(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (_, value) =>
    Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value,
  )
}

async function firstMessage(query: string): Promise<unknown> {
  const client = createClient({ url: `${desk.url().replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
  for await (const { data } of client.iterate({ query })) {
    await client.dispose()
    return data
  }
  throw new Error('The subscription ended without a message.')
}
