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
  const code = ownCode(thrown) ?? error.extensions?.code ?? 'INTERNAL_SERVER_ERROR'
  if (code !== 'INTERNAL_SERVER_ERROR') return { ...error, extensions: { ...error.extensions, code } }
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

/** The code that an error had before Apollo gave it the one of all invalid documents: a scalar's own says more. */
function ownCode(thrown: unknown): unknown {
  const original = thrown instanceof GraphQLError ? thrown.originalError : undefined
  return original instanceof GraphQLError ? original.extensions.code : undefined
}
