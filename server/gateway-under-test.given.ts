// A gateway with a schema of a few fields, for the tests beside it.
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Health } from './health.ts'
import { type Gateway, type GatewayOptions, startGateway } from './http.ts'

export interface GatewayUnderTest extends Gateway {
  /** What was logged, the newest last. */
  logged: Record<string, unknown>[]
  /** Posts to `/graphql`. A string is sent as it is. */
  post(body: unknown, headers?: Record<string, string>): Promise<{ status: number; headers: Headers; body: Answer }>
  /** A WebSocket client that does not reconnect. */
  client(): Client
  /** Lets the `slow` fields go on. */
  release(): void
  /** Settles when a `slow` field or the source of an `endless` subscription was reached. */
  reached: Promise<void>
  /** Settles when the source of an `endless` subscription was ended. */
  ended: Promise<void>
}

export interface Answer {
  data?: Record<string, unknown> | null
  errors?: { message: string; path?: string[]; extensions: { code: string; errorId?: string } }[]
}

interface Context {
  id: number
}

/** Starts a gateway on a free port, to be closed when the test has ended. */
export async function gatewayUnderTest(
  options: Partial<Pick<GatewayOptions<Context>, 'operations' | 'health' | 'port'>> = {},
): Promise<GatewayUnderTest> {
  const logged: Record<string, unknown>[] = []
  const released = signal()
  const reached = signal()
  const ended = signal()
  let contexts = 0
  const gateway = await startGateway<Context>({
    host: '127.0.0.1',
    port: 0,
    schema: schema(reached.fire, released.promise, ended.fire),
    context: () => ({ id: ++contexts }),
    health: (): Health => ({ ready: true, parts: { store: { ok: true, detail: 'at hand' } } }),
    operations: [],
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(JSON.parse(line)) }),
    ...options,
  })
  onTestFinished(() => {
    released.fire()
    return gateway.close()
  })
  return {
    ...gateway,
    logged,
    release: released.fire,
    reached: reached.promise,
    ended: ended.promise,
    async post(body, headers = {}) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      return { status: response.status, headers: response.headers, body: (await response.json()) as Answer }
    },
    client() {
      const client = createClient({ url: socketUrl(gateway), webSocketImpl: WebSocket, retryAttempts: 0 })
      onTestFinished(() => client.dispose())
      return client
    },
  }
}

export function socketUrl({ url }: Pick<Gateway, 'url'>): string {
  return `${url.replace('http', 'ws')}/graphql`
}

function schema(reach: () => void, released: Promise<void>, end: () => void) {
  const text = 'a secret of the house'
  return makeExecutableSchema<Context>({
    typeDefs: `
      type Query {
        hello(name: String = "you"): String!
        slow: String!
        broken: String
        refused: String
        self: Query!
        list: [Query!]!
        page(first: Int = 20): Page!
      }
      type Page { nodes: [Query!]! pageInfo: PageInfo! }
      type PageInfo { hasNextPage: Boolean! }
      input LineInput { product: ID! quantity: Int! }
      type Mutation { order(lines: [LineInput!]!): Int! slow: String! }
      type Subscription { count(to: Int!): Int! contexts: Int! endless: Int! broken: Int brokenLater: Int brokenMessage: Int }
    `,
    resolvers: {
      Query: {
        hello: (_: unknown, { name }: { name: string }) => `Hello ${name}`,
        slow: async () => {
          reach()
          await released
          return 'done'
        },
        broken: () => {
          throw new Error(text)
        },
        refused: () => {
          throw new GraphQLError('Not yet.', { extensions: { code: 'NOT_YET_VISIBLE' } })
        },
        self: () => ({}),
        list: () => [{}, {}],
        page: () => ({ nodes: [{}], pageInfo: { hasNextPage: false } }),
      },
      Mutation: {
        order: (_: unknown, { lines }: { lines: unknown[] }) => lines.length,
        slow: async () => {
          reach()
          await released
          return 'done'
        },
      },
      Subscription: {
        count: {
          async *subscribe(_: unknown, { to }: { to: number }) {
            for (let count = 1; count <= to; count++) yield { count }
          },
        },
        contexts: {
          async *subscribe() {
            yield {}
            yield {}
          },
          resolve: (_: unknown, __: unknown, { id }: Context) => id,
        },
        endless: {
          subscribe: () => ({
            [Symbol.asyncIterator]() {
              return this
            },
            next() {
              reach()
              return new Promise(() => {})
            },
            async return() {
              end()
              return { value: undefined, done: true }
            },
          }),
        },
        broken: {
          subscribe: () => {
            throw new Error(text)
          },
        },
        brokenLater: {
          async *subscribe() {
            yield { brokenLater: 1 }
            throw new Error(text)
          },
        },
        brokenMessage: {
          async *subscribe() {
            yield {}
          },
          resolve: () => {
            throw new Error(text)
          },
        },
      },
    },
  })
}

function signal(): { promise: Promise<void>; fire: () => void } {
  let fire = () => {}
  const promise = new Promise<void>((resolve) => {
    fire = resolve
  })
  return { promise, fire: () => fire() }
}
