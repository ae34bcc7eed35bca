// Errors that a client can act on: each has a code, and says what would be right.
import { GraphQLError } from 'graphql'
import { DocumentBroken, InvalidCursor } from '../../kernel/projecting/store/view-store.ts'

/** @param problem goes on where the argument's name ends: `badArgument('first', 'must be 0 to 100')` */
export function badArgument(argument: string, problem: string): GraphQLError {
  return new GraphQLError(`${argument} ${problem}`, { extensions: { code: 'BAD_USER_INPUT', argument } })
}

/** The views, or the log, have not reached what the client has seen already, with the code NOT_YET_VISIBLE; it may ask again. */
export function notYetVisible(argument: 'atLeast' | 'since'): GraphQLError {
  const what = argument === 'atLeast' ? 'The read models' : 'The log'
  return new GraphQLError(`${what} did not reach the position of ${argument} in time. Retry in a moment.`, {
    extensions: { code: 'NOT_YET_VISIBLE', retryable: true },
  })
}

/** The message for clients about an error of the view store; the error itself when a client can do nothing about it. */
export function shownToClient(error: unknown): unknown {
  if (error instanceof InvalidCursor) return badArgument('after', `must be a cursor of this list: ${error.message}`)
  if (error instanceof DocumentBroken) {
    return new GraphQLError(
      `The document ${error.id} of the view ${error.view} could not be built. The audit log has all of its events.`,
      {
        extensions: { code: 'VIEW_BROKEN', view: error.view, id: error.id },
      },
    )
  }
  return error
}

/** Whether an error is the one that a client gets in place of a broken document. */
export function isOfBroken(error: unknown): boolean {
  return error instanceof GraphQLError && error.extensions.code === 'VIEW_BROKEN'
}
