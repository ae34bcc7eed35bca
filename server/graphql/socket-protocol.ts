// GraphQL on a WebSocket (graphql-transport-ws): what is checked, executed and answered is the same as over HTTP.
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Admission } from './admission.ts'
import { clientError } from './errors.ts'
import { limits } from './limits.ts'
import { refuseNesting } from './nesting.ts'
import { refuseExpensive } from './price.ts'
import type { RequestInfo } from './request.ts'

export interface ProtocolOptions<Context extends object> {
  schema: GraphQLSchema
  /** Called for every operation and for every message of a subscription: what a context caches must not outlive one. */
  context: (request: RequestInfo) => Context
  /** Counts queries and mutations; subscriptions are bounded per socket. */
  admission: Admission
  log: Logger
}

/** The protocol of one server: its `opened` is to be called with every new socket and with what is known of its request. */
export function graphqlProtocol<Context extends object>(options: ProtocolOptions<Context>): Server<RequestInfo> {
  const { schema, admission, log } = options
  const prepare = preparation(schema)
  const present = (error: GraphQLError) => clientError(error.toJSON(), error, log)
  // The context of an operation, as this protocol hands it on, is a function that makes one.
  const newContext = ({ contextValue }: ExecutionArgs) => (contextValue as () => Context)()

  return makeServer<Record<string, unknown>, RequestInfo>({
    onSubscribe(socket, _id, payload) {
      if (Object.keys(socket.subscriptions).length <= limits.operationsPerSocket) return prepare(payload)
      return [coded('OVERLOADED', `A socket carries at most ${limits.operationsPerSocket} operations at a time.`)]
    },
    context: (socket) => () => options.context(socket.extra),
    async execute(args) {
      const refusal = admission.enter()
      if (refusal !== undefined) return { errors: [refusal] }
      try {
        return await execute({ ...args, contextValue: newContext(args) })
      } catch (error) {
        return { errors: [asGraphQLError(error)] }
      } finally {
        admission.leave()
      }
    },
    async subscribe(args) {
      try {
        const source = await createSourceEventStream({ ...args, contextValue: newContext(args) })
        if (!(Symbol.asyncIterator in source)) return source
        return mapped(source, (event) => execute({ ...args, rootValue: event, contextValue: newContext(args) }))
      } catch (error) {
        return { errors: [asGraphQLError(error)] }
      }
    },
    onNext: (_socket, _id, _payload, _args, { errors, data }) =>
      errors === undefined ? undefined : { errors: errors.map(present), ...(data !== undefined && { data }) },
    onError: (_socket, _id, _payload, errors) => errors.map(present),
  })
}

/** Everything that is checked before an operation is executed, with the outcome for valid documents remembered. */
function preparation(schema: GraphQLSchema): (payload: SubscribePayload) => ExecutionArgs | readonly GraphQLError[] {
  const documents = new LRUCache<string, DocumentNode>({
    max: 1_000,
    maxSize: 4 * limits.messageBytes,
    sizeCalculation: (_document, source) => source.length,
  })
  return ({ query, operationName, variables }) => {
    const document = documents.get(query) ?? validDocument(schema, query)
    if (!('kind' in document)) return document
    documents.set(query, document)
    const operation = getOperationAST(document, operationName)
    if (!operation) {
      return [coded('OPERATION_RESOLUTION_FAILURE', 'The document has no operation of this name, or more than one.')]
    }
    const values = variables ?? {}
    const invalid = invalidVariables(schema, operation, values)
    if (invalid.length > 0) return invalid
    const expensive = refuseExpensive(schema, document, operation, values)
    if (expensive !== undefined) return [expensive]
    return { schema, document, operationName, variableValues: values }
  }
}

function validDocument(schema: GraphQLSchema, source: string): DocumentNode | readonly GraphQLError[] {
  const nested = refuseNesting(source)
  if (nested !== undefined) return [nested]
  let document: DocumentNode
  try {
    document = parse(source, { maxTokens: limits.tokens })
  } catch (error) {
    const located = asGraphQLError(error)
    return [coded('GRAPHQL_PARSE_FAILED', located.message, located)]
  }
  const errors = validate(schema, document)
  return errors.length === 0
    ? document
    : errors.map((error) => coded('GRAPHQL_VALIDATION_FAILED', error.message, error))
}

function invalidVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly GraphQLError[] {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 50 })
  return errors?.map((error) => coded('BAD_USER_INPUT', error.message, error)) ?? []
}

/**
 * The source with every event turned into a result. `return` goes straight to the source, which may be waiting for its next
 * event: an async generator here would keep the subscription alive until that event comes.
 */
function mapped(
  source: AsyncIterable<unknown>,
  result: (event: unknown) => ExecutionResult | Promise<ExecutionResult>,
): AsyncGenerator<ExecutionResult, undefined, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const ended = { value: undefined, done: true } as const
  return {
    async next() {
      const event = await iterator.next()
      if (event.done) return ended
      try {
        return { value: await result(event.value), done: false }
      } catch (error) {
        await iterator.return?.()
        throw error
      }
    },
    async return() {
      await iterator.return?.()
      return ended
    },
    async throw(error: unknown) {
      await iterator.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** @param error what it is made of; a code of its own, such as a scalar's, stays */
function coded(code: string, message: string, error?: GraphQLError): GraphQLError {
  const { nodes = null, source, positions, extensions } = error ?? {}
  return new GraphQLError(message, { nodes, source, positions, extensions: { code: extensions?.code ?? code } })
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error
  const originalError = error instanceof Error ? error : new Error(String(error))
  return new GraphQLError(originalError.message, { originalError })
}
