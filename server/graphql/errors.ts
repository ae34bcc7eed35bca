// Errors as clients see them: everything that a client can act on, and nothing of the desk's inside.
import { randomUUID } from 'node:crypto'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { StoreUnavailable } from '../../kernel/store/event-store.ts'

/**
 * The error as a client sees it. One without a code is a bug or broken machinery: it is logged under an id, and the client
 * learns the id only. A store that is away is neither: its outage is logged once, by the code that follows the store.
 *
 * @param error the error in the form of the response
 * @param thrown what was thrown, for the log
 */
export function clientError(error: GraphQLFormattedError, thrown: unknown, log: Logger): GraphQLFormattedError {
  const code = error.extensions?.code ?? 'INTERNAL_SERVER_ERROR'
  if (code !== 'INTERNAL_SERVER_ERROR') return { ...error, extensions: { ...error.extensions, code } }
  const cause = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown
  if (cause instanceof StoreUnavailable) return unavailable(error)
  const errorId = randomUUID()
  log.error({ errorId, path: error.path, err: cause }, 'an operation failed unexpectedly')
  return {
    message: 'The desk failed to process this operation. Its log has the details under the errorId.',
    ...(error.locations !== undefined && { locations: error.locations }),
    ...(error.path !== undefined && { path: error.path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
  }
}

function unavailable({ locations, path }: GraphQLFormattedError): GraphQLFormattedError {
  return {
    message: 'The desk cannot read its data at the moment. Ask again in a moment.',
    ...(locations !== undefined && { locations }),
    ...(path !== undefined && { path }),
    extensions: { code: 'UNAVAILABLE', retryable: true },
  }
}

/**
 * An error of a request that is not executed. It keeps the places in the document, and a code of its own, such as that of a scalar.
 *
 * @param code for an error that has none
 * @param problem anything that was thrown
 */
export function coded(code: string, problem: unknown): GraphQLError {
  const { message, nodes, source, positions, extensions } = asGraphQLError(problem)
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source,
    positions,
    extensions: { ...extensions, code: extensions.code ?? code },
  })
}

export function asGraphQLError(problem: unknown): GraphQLError {
  if (problem instanceof GraphQLError) return problem
  const originalError = problem instanceof Error ? problem : new Error(String(problem))
  return new GraphQLError(originalError.message, { originalError })
}
