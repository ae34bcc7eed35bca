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
  visit,
} from 'graphql'
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity'
import { limits } from './limits.ts'

const longestPage = 100
const usualListLength = 10

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
  const known = lastingPrices.get(operation)
  if (known !== undefined) return known
  const price = calculate(schema, document, operation, variables)
  if (price !== undefined && !variesWithVariables(document)) lastingPrices.set(operation, price)
  return price
}

/** Prices that no variable changes; an order's many lines are then not looked at once more. */
const lastingPrices = new WeakMap<OperationDefinitionNode, number>()

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
  return 1 + childComplexity * (list && !inPage ? usualListLength : 1)
}

/** Whether a variable decides on the size of a page, or on what is included. */
function variesWithVariables(document: DocumentNode): boolean {
  let varies = false
  visit(document, {
    Argument(argument) {
      if (argument.name.value === 'first' && argument.value.kind === Kind.VARIABLE) varies = true
    },
    Directive(directive) {
      if (directive.arguments?.some(({ value }) => value.kind === Kind.VARIABLE)) varies = true
    },
  })
  return varies
}
