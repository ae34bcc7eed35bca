// The price of an operation, so that one request cannot ask for a million documents.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  visit,
} from 'graphql'
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity'
import { LRUCache } from 'lru-cache'
import { limits } from './limits.ts'

const longestPage = 100
const usualListLength = 10
/** The validator bounds how deep introspection goes; a full one has to pass. */
const introspectionListLength = 5

/**
 * Refuses an operation whose price is above `limits.complexity`: every field costs 1, what is inside of a page costs as often
 * as `first` says, and what is inside of another list ten times.
 *
 * @param document a valid document, `operation` one of its operations
 * @param variables as the client sent them; when they are invalid there is no price, and execution says what is wrong
 * @returns an error with the code QUERY_TOO_COMPLEX, or undefined
 */
export function refuseExpensive(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): GraphQLError | undefined {
  const price = priceOf(schema, document, operation, variables)
  if (price === undefined || price <= limits.complexity) return undefined
  return new GraphQLError(
    `The operation is too complex: its price is ${price}, at most ${limits.complexity} is allowed. Ask for smaller pages or fewer fields.`,
    { extensions: { code: 'QUERY_TOO_COMPLEX' } },
  )
}

function priceOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number | undefined {
  const known = prices.get(operation) ?? { steering: steeringVariables(document), of: new LRUCache({ max: 20 }) }
  prices.set(operation, known)
  const values = JSON.stringify(Object.fromEntries(known.steering.map((name) => [name, variables[name]])))
  const price = known.of.get(values) ?? calculate(schema, document, operation, variables)
  if (price !== undefined) known.of.set(values, price)
  return price
}

/** A price costs as much as a small query, and the lines of an order need not be looked at once more for it. */
const prices = new WeakMap<OperationDefinitionNode, { steering: string[]; of: LRUCache<string, number> }>()

function calculate(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number | undefined {
  const operationName = operation.name?.value
  try {
    return getComplexity({
      schema,
      query: document,
      variables,
      estimators: [estimate],
      ...(operationName !== undefined && { operationName }),
    })
  } catch (error) {
    // What points to a place is an invalid variable or argument. What does not: fragments spread in fragments, beyond counting.
    return error instanceof GraphQLError && error.nodes !== undefined ? undefined : Number.POSITIVE_INFINITY
  }
}

const estimate: ComplexityEstimator = ({ field, args, type, childComplexity }) => {
  if (field.args.some(({ name }) => name === 'first')) {
    const first: unknown = args.first
    return 1 + childComplexity * (typeof first === 'number' ? Math.max(first, 1) : longestPage)
  }
  const inPage = isObjectType(type) && 'pageInfo' in type.getFields()
  const list = isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type))
  const length = type.name.startsWith('__') ? introspectionListLength : usualListLength
  return 1 + childComplexity * (list && !inPage ? length : 1)
}

/** The variables that a price depends on: those which say how long a page is, or what is included. */
function steeringVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  const add = (value: ValueNode) => value.kind === Kind.VARIABLE && names.add(value.name.value)
  visit(document, {
    Field(field) {
      for (const { name, value } of field.arguments ?? []) if (name.value === 'first') add(value)
    },
    Directive(directive) {
      for (const { value } of directive.arguments ?? []) add(value)
    },
  })
  return [...names]
}
