// The one way from the text of an operation to its results, for HTTP and WebSocket: parse, validate, check variables and price, execute.
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql'
import type { Logger } from 'pino'
import type { Admission } from './admission.ts'
import { coercedVariables } from './bad-input.ts'
import { operationChecks } from './checks.ts'
import { validDocuments } from './documents.ts'
import { asGraphQLError, clientError } from './errors.ts'
import { mapped } from './mapped.ts'
import type { RequestInfo } from './request.ts'

export interface PipelineOptions<Context extends object> {
  schema: GraphQLSchema
  /** Makes the context of one operation, or of one message of a subscription. Nothing that it caches is shared or kept. */
  context: (request: RequestInfo) => Context
  /** Counts queries and mutations. Subscriptions are bounded for each socket. */
  admission: Admission
  log: Logger
}

export interface OperationText {
  query: string
  operationName?: string | null | undefined
  variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that has passed every check. */
export interface Prepared {
  document: DocumentNode
  operation: OperationDefinitionNode
  /** As the client sent them. */
  variables: Readonly<Record<string, unknown>>
}

/** The operation is not executed. Its errors are as the client sees them. */
export interface Refused {
  refused: readonly GraphQLFormattedError[]
}

/** A result as the client sees it. */
export interface Result {
  data?: ExecutionResult['data']
  errors?: readonly GraphQLFormattedError[]
}

export interface Pipeline {
  /** Checks everything that can be checked before execution. It never throws. */
  prepare(text: OperationText): Prepared | Refused
  /** Executes a query or a mutation. It never rejects. */
  execute(prepared: Prepared, request: RequestInfo): Promise<Result | Refused>
  /**
   * Begins a subscription. It never rejects.
   *
   * @returns the results, one for each event, until the reader calls `return`, and it fails if the source does; or the one result that says why there are none
   */
  subscribe(prepared: Prepared, request: RequestInfo): Promise<Result | AsyncGenerator<Result, undefined>>
  /** An exception as the client sees it. */
  failed(error: unknown): Refused
}

export function operationPipeline<Context extends object>(options: PipelineOptions<Context>): Pipeline {
  const { schema, context, admission, log } = options
  const validDocument = validDocuments(schema)
  const check = operationChecks(schema, log)

  function prepared({ query, operationName, variables }: OperationText): Prepared | readonly GraphQLError[] {
    const document = validDocument(query)
    if (!('kind' in document)) return document
    const operation = getOperationAST(document, operationName)
    if (!operation) return [unknownOperation()]
    const sent = variables ?? {}
    const coerced = coercedVariables(schema, operation, sent)
    if ('errors' in coerced) return coerced.errors
    const errors = check(document, operation, coerced.values)
    return errors.length > 0 ? errors : { document, operation, variables: sent }
  }

  function argsOf({ document, operation, variables }: Prepared): ExecutionArgs {
    return { schema, document, operationName: operation.name?.value, variableValues: variables }
  }

  const refuse = (errors: readonly GraphQLError[]): Refused => ({ refused: errors.map(present) })
  const present = (error: GraphQLError) => clientError(error.toJSON(), error, log)
  const presented = ({ errors, data }: ExecutionResult): Result => ({
    ...(errors !== undefined && { errors: errors.map(present) }),
    ...(data !== undefined && { data }),
  })

  const failed = (error: unknown) => refuse([asGraphQLError(error)])

  return {
    prepare(text) {
      try {
        const outcome = prepared(text)
        return 'operation' in outcome ? outcome : refuse(outcome)
      } catch (error) {
        return failed(error)
      }
    },
    failed,
    async execute(operation, request) {
      const refusal = admission.enter()
      if (refusal !== undefined) return refuse([refusal])
      try {
        return presented(await execute({ ...argsOf(operation), contextValue: context(request) }))
      } catch (error) {
        return presented({ errors: [asGraphQLError(error)] })
      } finally {
        admission.leave()
      }
    },
    async subscribe(operation, request) {
      const args = argsOf(operation)
      try {
        const source = await createSourceEventStream({ ...args, contextValue: context(request) })
        if (!(Symbol.asyncIterator in source)) return presented(source)
        return mapped(source, async (event) =>
          presented(await execute({ ...args, rootValue: event, contextValue: context(request) })),
        )
      } catch (error) {
        return presented({ errors: [asGraphQLError(error)] })
      }
    },
  }
}

function unknownOperation(): GraphQLError {
  return new GraphQLError(
    'operationName must name one operation of the document. It may be omitted when there is only one.',
    {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
    },
  )
}
