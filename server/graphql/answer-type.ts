// The content type of an answer, and the status that follows from it.
import Negotiator from 'negotiator'

export type AnswerType = 'application/json; charset=utf-8' | 'application/graphql-response+json; charset=utf-8'

/** For answers to requests that accept nothing which the desk can give, and for those without `Accept`. */
export const USUAL_TYPE: AnswerType = 'application/json; charset=utf-8'

/** Of equal ones, the first is preferred. */
const answerTypes: readonly AnswerType[] = [USUAL_TYPE, 'application/graphql-response+json; charset=utf-8']

/** The type that a client prefers. @param accept its `Accept` header @returns undefined when it takes none */
export function answerType(accept: string | undefined): AnswerType | undefined {
  return preferred(accept, answerTypes)
}

/** Whether a client prefers a page to the answer of an operation, as browsers do for an address that a person visits. */
export function prefersPage(accept: string | undefined): boolean {
  return preferred(accept, [...answerTypes, 'text/html']) === 'text/html'
}

/** The status of a refused operation. In `application/json`, by the GraphQL over HTTP draft, a refusal is an answer like any other. */
export function refusalStatus(accept: string | undefined): 200 | 400 {
  return answerType(accept) === USUAL_TYPE ? 200 : 400
}

function preferred<Type extends string>(accept: string | undefined, types: readonly Type[]): Type | undefined {
  // An empty header is none, to Apollo as well.
  if (!accept) return types[0]
  return new Negotiator({ headers: { accept } }).mediaType([...types]) as Type | undefined
}
