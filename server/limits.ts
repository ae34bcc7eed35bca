// How much may be asked of the desk at once, and the refusals of what is more.
import { GraphQLError, Lexer, Source, TokenKind } from 'graphql'

export const limits = {
  /** Of an HTTP body and of a WebSocket message: an order of thousands of lines fits. */
  messageBytes: 2 * 1024 * 1024,
  /** Of a document. An order with hundreds of lines written into the document fits; longer ones belong into variables. */
  tokens: 10_000,
  /** Brackets within brackets in a document. Parser and validator recurse, so this keeps their stack small. */
  nesting: 100,
  /** The price of an operation, see complexity.ts. */
  complexity: 60_000,
  /** Queries and mutations being executed, HTTP and WebSocket together. */
  operations: 1_000,
  sockets: 5_000,
  /** Operations of one socket at a time, subscriptions above all. */
  operationsPerSocket: 100,
  /** What may wait to be read by a client before its socket is cut. */
  unreadBytes: 16 * 1024 * 1024,
}

/** Counts the operations that are being executed, so that they can be bounded, and waited for. */
export interface Admission {
  /** Counts one in; or says why not, and then `leave` must not be called. */
  enter(): GraphQLError | undefined
  leave(): void
  /** Lets nobody in any more. @returns a promise that settles when the last one has left */
  stop(): Promise<void>
}

/** @param most how many operations are executed at a time; more are refused with OVERLOADED, and with STOPPING after `stop` */
export function admission(most: number): Admission {
  let count = 0
  let emptied: (() => void) | undefined
  return {
    enter() {
      if (emptied !== undefined) return refusal('STOPPING', 'The desk is stopping: ask again in a moment.')
      if (count >= most) return refusal('OVERLOADED', 'The desk has too much to do: ask again in a moment.')
      count++
      return undefined
    },
    leave() {
      count--
      if (count === 0) emptied?.()
    },
    stop() {
      return new Promise((resolve) => {
        emptied = resolve
        if (count === 0) resolve()
      })
    },
  }
}

/** Refuses a document whose brackets nest deeper than `limits.nesting`. What is no document is left to the parser. */
export function refuseNesting(source: string): GraphQLError | undefined {
  if (!hasManyBrackets(source)) return undefined
  const lexer = new Lexer(new Source(source))
  let depth = 0
  try {
    for (let tokens = 0; tokens <= limits.tokens; tokens++) {
      const { kind } = lexer.advance()
      if (kind === TokenKind.EOF) return undefined
      if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) depth++
      if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) depth--
      if (depth > limits.nesting) {
        return refusal('QUERY_TOO_COMPLEX', `The document is nested more than ${limits.nesting} levels deep.`)
      }
    }
  } catch {
    return undefined
  }
  return undefined
}

function hasManyBrackets(source: string): boolean {
  let opened = 0
  for (let at = 0; at < source.length; at++) {
    const character = source[at]
    if ((character === '{' || character === '[') && ++opened > limits.nesting) return true
  }
  return false
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}
