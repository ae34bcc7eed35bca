// Runs operations against the resolvers of the read side, for tests.
import { makeExecutableSchema } from '@graphql-tools/schema'
import { createSourceEventStream, type ExecutionResult, execute, parse } from 'graphql'
import type { Payload } from '../../schema/payload.ts'
import { scalars } from '../../schema/scalars.ts'
import { typeDefinitions } from '../../schema/type-definitions.ts'
import { createLoaders, type QueryContext, type Reads } from '../context.ts'
import { testLogId } from '../test-views.given.ts'
import { queryResolvers } from './index.ts'

/**
 * @param payload what every mutation answers
 */
export function executor(reads: Reads, payload: () => Payload | Promise<Payload> = refuse) {
  const mutations = ['registerCustomer', 'changeCreditLimit', 'addProduct', 'placeOrder']
  const schema = makeExecutableSchema({
    typeDefs: typeDefinitions,
    resolvers: [
      scalars(testLogId),
      queryResolvers,
      { Mutation: Object.fromEntries(mutations.map((name) => [name, payload])) },
    ],
  })
  const context = (): QueryContext => ({ reads, loaders: createLoaders(reads) })
  const plain = (result: ExecutionResult) => JSON.parse(JSON.stringify(result)) as Result

  return {
    async run(source: string, variableValues: Record<string, unknown> = {}): Promise<Result> {
      return plain(await execute({ schema, document: parse(source), variableValues, contextValue: context() }))
    },

    /** The messages of a subscription. @throws Error with the result when it is refused */
    async subscribe(source: string, variableValues: Record<string, unknown> = {}): Promise<Messages> {
      const document = parse(source)
      const events = await createSourceEventStream({ schema, document, variableValues, contextValue: context() })
      if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events))
      const iterator = events[Symbol.asyncIterator]()
      return {
        async next() {
          const { done, value } = await iterator.next()
          if (done) return undefined
          return plain(await execute({ schema, document, rootValue: value, variableValues, contextValue: context() }))
        },
        async stop() {
          await iterator.return?.()
        },
      }
    },
  }
}

interface Result {
  // biome-ignore lint/suspicious/noExplicitAny: the form of an answer follows from its request.
  data?: any
  errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
}

export interface Messages {
  /** The next message; undefined at the end. */
  next(): Promise<Result | undefined>
  stop(): Promise<void>
}

function refuse(): never {
  throw new Error('this test has no mutations')
}
