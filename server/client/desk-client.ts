// GraphQL over HTTP to a desk that may be slow, overloaded or restarting: requests that are safe to repeat are sent again.

import { retry } from '../../kernel/failures/retry.ts'

type Milliseconds = number

export interface DeskClient {
  /**
   * Sends one operation and returns its `data`. Every operation must be safe to repeat: queries, and
   * mutations with a `commandId`.
   * @throws DeskProblem when there is no desk, it stays out of reach, or it answers with an error that repeating does not mend
   */
  send<Data>(operation: string, variables?: Record<string, unknown>): Promise<Data>
}

/** There is no desk, or it does not behave as a desk. The message is a sentence for the person who runs the import. */
export class DeskProblem extends Error {
  override name = 'DeskProblem'
}

/** Another try may succeed. */
class PassingProblem extends DeskProblem {}

interface GraphQLAnswer {
  data?: unknown
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[]
}

const ANSWER_WITHIN: Milliseconds = 30_000
const FIRST_PAUSE: Milliseconds = 50
const LONGEST_PAUSE: Milliseconds = 2_000

/** Overloaded, restarting, or behind a proxy that says so. */
const PASSING_STATUS = new Set([429, 502, 503, 504])
const PASSING_CODES = new Set<unknown>(['OVERLOADED', 'STOPPING'])

/**
 * A client of the desk whose GraphQL endpoint is at `url`. Connections are kept alive. A request that fails for a
 * passing reason (no connection, no answer in time, HTTP 429, 502, 503 or 504, errors that say `retryable`) is retried
 * for `patience` milliseconds, with growing pauses.
 */
export function deskClient(url: string, patience: Milliseconds): DeskClient {
  return {
    send(operation, variables = {}) {
      const body = JSON.stringify({ query: operation, variables })
      return retry(() => post(url, body), {
        isRetryable: (error) => error instanceof PassingProblem,
        firstPauseMs: FIRST_PAUSE,
        longestPauseMs: LONGEST_PAUSE,
        withinMs: patience,
      })
    },
  }
}

/** @throws PassingProblem, or DeskProblem where another try does not help */
async function post<Data>(url: string, body: string): Promise<Data> {
  let response: { status: number; text: string }
  try {
    response = await answerOf(url, body)
  } catch (error) {
    throw new PassingProblem(`No desk answers at ${url}: ${reasonOf(error)}. Start the desk, or correct --url.`)
  }
  const { status, text } = response
  if (PASSING_STATUS.has(status)) {
    throw new PassingProblem(`The desk at ${url} is not ready: it answers with HTTP ${status}.`)
  }
  const answer = parsed(text)
  if (!answer) throw new DeskProblem(`The server at ${url} is not a desk: it answers HTTP ${status} without GraphQL.`)
  const error = answer.errors?.[0]
  if (!error) return answer.data as Data
  const Problem = isPassing(error.extensions ?? {}) ? PassingProblem : DeskProblem
  throw new Problem(`The desk at ${url} answers with an error: ${error.message}`)
}

async function answerOf(url: string, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' },
    body,
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  })
  return { status: response.status, text: await response.text() }
}

function isPassing({ retryable, code }: Record<string, unknown>): boolean {
  return retryable === true || PASSING_CODES.has(code)
}

function parsed(text: string): GraphQLAnswer | undefined {
  try {
    const answer = JSON.parse(text) as GraphQLAnswer | null
    return answer?.data !== undefined || answer?.errors !== undefined ? answer : undefined
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } }
  return cause?.code ?? cause?.message ?? message
}
