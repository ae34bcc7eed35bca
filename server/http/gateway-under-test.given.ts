// A gateway with a schema of a few fields, for the tests beside it.
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError, GraphQLScalarType } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Health } from '../health/health.ts'
import { type Gateway, type GatewayOptions, startGateway } from './http.ts'

export interface GatewayUnderTest extends Gateway {
  /** The lines of the log, the newest last. */
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
  /** How many sources of `endless` subscriptions have begun and not ended. */
  openSources(): number
}

export interface Answer {
  data?: Record<string, unknown> | null
  errors?: { message: string; path?: string[]; extensions: { code: string; errorId?: string; argument?: string } }[]
}

interface Context {
  id: number
}

/** Starts a gateway on a free port, to be closed when the test has ended. */
export async function gatewayUnderTest(
  options: Partial<Pick<GatewayOptions<Context>, 'operations' | 'health' | 'port' | 'host' | 'allowedHosts'>> = {},
): Promise<GatewayUnderTest> {
  const logged: Record<string, unknown>[] = []
  const released = signal()
  const reached = signal()
  const ended = signal()
  const open = new Set<unknown>()
  let contexts = 0
  const gateway = await startGateway<Context>({
    host: '127.0.0.1',
    port: 0,
    schema: schema(reached.fire, released.promise, ended.fire, open),
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
    openSources: () => open.size,
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

function schema(reach: () => void, released: Promise<void>, end: () => void, open: Set<unknown>) {
  let placed = 0
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
        one(id: ID!): Query!
        any(of: [ID!], is: FlagInput): Node
        at(level: Level): String
      }
      scalar Level
      interface Node { self: Query! }
      type Leaf implements Node { self: Query! leaf(size: Int!): Int! }
      input FlagInput { on: Boolean! = true }
      type Page { nodes: [Query!]! pageInfo: PageInfo! }
      type PageInfo { hasNextPage: Boolean! }
      input LineInput { product: ID! quantity: Int! }
      input ContentInput @oneOf { total: Int lines: [LineInput!] }
      input PlaceInput { customer: ID! content: ContentInput! }
      type Mutation { order(lines: [LineInput!]!): Int! slow: String! place(input: PlaceInput!): Int! }
      type Subscription { count(to: Int!): Int! contexts: Int! endless(id: ID): Int! pages(id: ID!): Query! broken: Int brokenLater: Int brokenMessage: Int }
    `,
    resolvers: {
      Level: new GraphQLScalarType<string, string>({
        name: 'Level',
        parseValue(value) {
          if (value === 'high' || value === 'low') return value
          throw new Error('Level is high or low.')
        },
      }),
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
        one: () => ({}),
        any: () => null,
        at: (_: unknown, { level }: { level: string }) => level,
      },
      Mutation: {
        order: (_: unknown, { lines }: { lines: unknown[] }) => lines.length,
        place: () => ++placed,
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
          subscribe() {
            const source = {
              [Symbol.asyncIterator]: () => source,
              next() {
                reach()
                return new Promise(() => {})
              },
              async return() {
                open.delete(source)
                end()
                return { value: undefined, done: true }
              },
            }
            open.add(source)
            return source
          },
        },
        pages: {
          async *subscribe() {
            yield { pages: {} }
          },
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
