import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { DeskProblem, deskClient } from './desk-client.ts'

const PATIENT = 10_000
const ANSWER = '{"data":{"desk":{"currency":"EUR"}}}'

let server: Server | undefined
afterEach(async () => {
  const closing = server
  server = undefined
  if (closing) await new Promise((resolve) => closing.close(resolve))
})

type Answer = Parameters<RequestListener>[1]

describe('a request that failed for a passing reason is sent again', () => {
  test.each<[why: string, fail: (response: Answer) => void]>([
    ['the connection breaks', (response) => response.destroy()],
    ['the connection breaks within the answer', (response) => response.write('{"da', () => response.destroy())],
    ['the desk is not ready', (response) => response.writeHead(503).end('<h1>restarting</h1>')],
    ['too many ask', (response) => response.writeHead(429).end()],
    [
      'an error says that it can be repeated',
      (response) => response.end('{"data":null,"errors":[{"message":"later","extensions":{"retryable":true}}]}'),
    ],
    [
      'the desk has too much to do',
      (response) => response.end('{"errors":[{"message":"later","extensions":{"code":"OVERLOADED"}}]}'),
    ],
  ])('%s', async (_, fail) => {
    const bodies: string[] = []
    const url = await serve((body, response) => {
      if (bodies.push(body) <= 2) fail(response)
      else response.end(ANSWER)
    })
    expect(await deskClient(url, PATIENT).send('query ($a: Int) { desk }', { a: 1 })).toEqual({
      desk: { currency: 'EUR' },
    })
    expect(bodies).toHaveLength(3)
    expect(new Set(bodies)).toEqual(new Set(['{"query":"query ($a: Int) { desk }","variables":{"a":1}}']))
  })
})

describe('an error that a retry does not mend is reported at once', () => {
  test.each<[why: string, status: number, text: string, sentence: RegExp]>([
    [
      'an error of the operation',
      400,
      '{"errors":[{"message":"Cannot query field x"}]}',
      /error: Cannot query field x$/,
    ],
    ['an error besides data', 200, '{"data":{},"errors":[{"message":"broken"}]}', /answers with an error: broken$/],
    [
      'something else at the address',
      200,
      '<h1>Hello</h1>',
      /^The server at .* is not a desk: it answers HTTP 200 without GraphQL/,
    ],
    ['nothing at the path', 404, '{"message":"Not Found"}', /^The server at .* is not a desk: it answers HTTP 404/],
  ])('%s', async (_, status, text, sentence) => {
    let requests = 0
    const url = await serve((_body, response) => {
      requests += 1
      response.writeHead(status).end(text)
    })
    const sending = deskClient(url, PATIENT).send('{ desk }')
    await expect(sending).rejects.toThrow(DeskProblem)
    await expect(sending).rejects.toThrow(sentence)
    expect(requests).toBe(1)
  })
})

test('when the patience has passed, the reason is reported', async () => {
  let requests = 0
  const url = await serve((_body, response) => {
    requests += 1
    response.writeHead(503).end()
  })
  await expect(deskClient(url, 200).send('{ desk }')).rejects.toThrow(/^The desk at .* is not ready: .* HTTP 503\.$/)
  expect(requests).toBeGreaterThan(1)
})

test('the error for a missing desk names the address and what to check', async () => {
  const url = await serve(() => {})
  await new Promise((resolve) => server?.close(resolve))
  server = undefined
  const sending = deskClient(url, 0).send('{ desk }')
  await expect(sending).rejects.toThrow(`No desk answers at ${url}: ECONNREFUSED. Start the desk, or correct --url.`)
})

/** A server that is no desk: the test sets its answers, so failures come when the test wants them. */
async function serve(answer: (body: string, response: Answer) => void): Promise<string> {
  const started = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    answer(body, response)
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/graphql`
}
