// The promises of a desk for anything that it is sent: it answers, it never fails inside, and it goes on.
import fc from 'fast-check'
import { parse, validate } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask } from './client.ts'
import { type SocketMessage, type Step, socketMessage, steps, wrongRequest } from './generated-nonsense.ts'
import { NO_LOG, schema, validOperation } from './generated-operations.ts'

/**
 * Declares the tests: that a desk answers everything, and goes on.
 * @param url of a desk that has started, once the first test begins
 * @param runs how many requests of each kind
 */
export function testGeneratedRequests(url: () => string, runs: number): void {
  let logId = ''

  beforeAll(async () => {
    const { desk } = await ask<{ desk: { position: string } }>(url(), '{ desk { position } }')
    logId = desk.position.split('-')[0] ?? ''
  })

  const stillAnswers = async () => {
    const { desk } = await ask<{ desk: { currency: string } }>(url(), '{ desk { currency } }')
    expect(desk.currency).toBe('EUR')
  }
  const always = <Value>(values: fc.Arbitrary<Value>, promise: (value: Value) => Promise<void>) =>
    fc.assert(fc.asyncProperty(values, promise), { numRuns: runs, endOnFailure: true })

  test('operations that are right by the schema are executed, or refused with a word on why', async () => {
    let executed = 0
    await always(validOperation(), async ({ query, variables }) => {
      const own = JSON.parse(JSON.stringify({ query, variables }).replaceAll(`${NO_LOG}-`, `${logId}-`))
      expect(validate(schema, parse(query)), query).toEqual([])
      const { status, text } = await post(url(), JSON.stringify(own))
      expect(status, text).toBe(200)
      const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] }
      for (const { extensions } of errors) {
        expect(['BAD_USER_INPUT', 'QUERY_TOO_COMPLEX', 'NOT_YET_VISIBLE'], `${text} for ${query}`).toContain(
          extensions.code,
        )
      }
      if (errors.length === 0) executed += 1
    })
    expect(executed).toBeGreaterThan(runs / 4)
    await stillAnswers()
  })

  test('requests that are wrong in any way are refused, and never an internal error', async () => {
    await always(wrongRequest(), async ({ path, ...request }) => {
      const response = await fetch(url() + path, request as RequestInit)
      const text = await response.text()
      expect(response.status, text).toBeLessThan(500)
      expect(text).not.toContain('INTERNAL_SERVER_ERROR')
    })
    await stillAnswers()
  })

  test('any message over a WebSocket ends at most that socket, and never with an internal error', async () => {
    await always(fc.array(socketMessage(), { minLength: 1, maxLength: 8 }), async (messages) => {
      const { code, received } = await conversation(url(), messages)
      expect(code, received.join('\n')).not.toBe(4500)
      expect(received.join('\n')).not.toContain('INTERNAL_SERVER_ERROR')
    })
    await stillAnswers()
    await expect.poll(() => openSubscriptions(url())).toBe(0)
  })

  test('nothing comes of an operation that was completed, and everything ends with its socket', async () => {
    await always(steps(), async (conversation) => {
      const { late, codes } = await converse(url(), conversation, logId)
      expect(codes).toEqual([])
      expect(late).toEqual([])
    })
    await expect.poll(() => openSubscriptions(url())).toBe(0)
  })
}

async function openSubscriptions(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^creditline_views_subscriptions (\d+)$/m.exec(metrics)?.[1])
}

/**
 * Plays the part of a client that completes an id before it uses it again.
 * @returns what came for an id that was completed, after the answer to a ping that followed; and how the desk closed the socket, if it did
 */
async function converse(
  url: string,
  conversation: readonly Step[],
  logId: string,
): Promise<{ late: string[]; codes: number[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const send = (message: object) => socket.send(JSON.stringify(message).replaceAll(`${NO_LOG}-`, `${logId}-`))
  const completed = new Set<string>()
  let silent: ReadonlySet<string> = new Set()
  const late: string[] = []
  const codes: number[] = []
  let answered = () => {}
  socket.on('message', (data) => {
    const { type, id } = JSON.parse(String(data))
    if (type === 'pong') answered()
    if (silent.has(id)) late.push(String(data))
  })
  socket.on('close', (code) => {
    codes.push(code)
    answered()
  })
  await new Promise((resolve) => socket.once('open', resolve))
  send({ type: 'connection_init' })
  const wait = async () => {
    const pong = new Promise<void>((resolve) => (answered = resolve))
    send({ type: 'ping' })
    await pong
    silent = new Set(completed)
  }
  for (const step of conversation) {
    if (step.does === 'wait') {
      await wait()
      continue
    }
    const { id } = step
    send({ type: 'complete', id })
    completed.add(id)
    if (step.does === 'complete') continue
    completed.delete(id)
    silent = new Set([...silent].filter((other) => other !== id))
    send({ type: 'subscribe', id, payload: step.operation })
  }
  await wait()
  const found = { late, codes: [...codes] }
  socket.terminate()
  return found
}

async function post(url: string, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return { status: response.status, text: await response.text() }
}

/** Sends messages over a socket of its own and a ping after them, and waits for the answer to that, or for the end. */
async function conversation(
  url: string,
  messages: readonly SocketMessage[],
): Promise<{ code: number | undefined; received: string[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const received: string[] = []
  let code: number | undefined
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data) => {
      received.push(String(data))
      // The answers to the pings among the messages come with them: its payload distinguishes the last one.
      if (/"type":"pong".*"last"|"last".*"type":"pong"/.test(String(data))) resolve()
    })
    socket.on('close', (closeCode) => {
      code = closeCode
      resolve()
    })
    socket.on('open', () => {
      for (const message of messages) socket.send(message)
      socket.send(JSON.stringify({ type: 'ping', payload: { is: 'last' } }))
    })
  })
  socket.terminate()
  return { code, received }
}
