// What clients are told of errors: all of what they can act on, nothing of what went wrong inside.
import { randomUUID } from 'node:crypto'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'

/**
 * The error as a client sees it. One without a code is a bug or broken machinery: it is logged under an id, and the client
 * learns the id only.
 *
 * @param error the error in the form of the response
 * @param thrown what was thrown, for the log
 */
export function clientError(error: GraphQLFormattedError, thrown: unknown, log: Logger): GraphQLFormattedError {
  const code = error.extensions?.code ?? 'INTERNAL_SERVER_ERROR'
  if (code !== 'INTERNAL_SERVER_ERROR') return error
  const errorId = randomUUID()
  const cause = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown
  log.error({ errorId, path: error.path, err: cause }, 'an operation failed unexpectedly')
  return {
    message: 'Something went wrong inside the desk. Its log has the details under the error id.',
    ...(error.locations !== undefined && { locations: error.locations }),
    ...(error.path !== undefined && { path: error.path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
  }
}
