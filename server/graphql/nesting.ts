// Refuses documents whose brackets nest so deeply that the parser and the validator would use up the stack.
import { GraphQLError, Lexer, Source, TokenKind } from 'graphql'
import { limits } from './limits.ts'

/** Refuses a document whose brackets nest deeper than `limits.nesting`. The parser refuses text that is no document. */
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
        return refusal('QUERY_TOO_COMPLEX', `The document must not be nested more than ${limits.nesting} levels deep.`)
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
