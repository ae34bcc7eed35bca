// The price of a field, so that one request cannot ask for a million documents.
import {
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql'
import { limits } from './limits.ts'

const longestPage = 100
const usualListLength = 10
/** The validator bounds the depth of introspection. A full one has to pass. */
const introspectionListLength = 5

/**
 * A field costs 1, and its contents cost as often as they may come: in a page as often as `first` says, in another list ten times.
 *
 * @param args the values of its arguments
 * @param inside the price of its contents, once
 */
export function priceOfField(
  field: GraphQLField<unknown, unknown>,
  parent: GraphQLObjectType,
  args: Readonly<Record<string, unknown>>,
  inside: number,
): number {
  if (inside === 0) return 1
  if (field.args.some(({ name }) => name === 'first')) {
    const { first } = args
    return 1 + inside * (typeof first === 'number' ? Math.max(first, 1) : longestPage)
  }
  const isInPage = isObjectType(parent) && 'pageInfo' in parent.getFields()
  const isList = isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type))
  const length = parent.name.startsWith('__') ? introspectionListLength : usualListLength
  return 1 + inside * (isList && !isInPage ? length : 1)
}

/** @returns an error with the code QUERY_TOO_COMPLEX for a price above `limits.price`, and for one that is not a number */
export function refuseExpensive(price: number): GraphQLError | undefined {
  if (price <= limits.price) return undefined
  const excess = Number.isFinite(price)
    ? `its price is ${price}, and the maximum is ${limits.price}`
    : `it is nested more than ${limits.nesting} levels deep, or has too many fields`
  return new GraphQLError(`The operation is too complex: ${excess}. Request smaller pages or fewer fields.`, {
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  })
}
