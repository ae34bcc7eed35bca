// Operations that are right by the schema, made from it by chance, with arguments from the edges of what they may be.
import { makeExecutableSchema } from '@graphql-tools/schema'
import fc from 'fast-check'
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import { scalars } from '../schema/scalars.ts'
import { typeDefinitions } from '../schema/type-definitions.ts'

/** The log that the positions in these operations belong to, which no desk has. */
export const NO_LOG = 'abcdefghijkl'

export const schema = makeExecutableSchema({
  typeDefs: typeDefinitions,
  resolvers: scalars(NO_LOG),
  resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
})

export interface Operation {
  query: string
  variables: Record<string, unknown>
}

interface Selection {
  /** Undefined for a fragment. */
  field?: string
  /** The type of a fragment. */
  on?: string
  args: { name: string; type: GraphQLInputType; value: unknown; asVariable: boolean }[]
  selections: Selection[]
}

/** A query or a mutation. */
export function validOperation(): fc.Arbitrary<Operation> {
  const of = (kind: 'query' | 'mutation') => {
    const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType()
    if (!root) throw new Error(`The schema has no ${kind}`)
    return selections(root, 4).map((chosen) => printed(kind, chosen))
  }
  return fc.oneof(of('query'), of('mutation'))
}

export function validSubscription(): fc.Arbitrary<Operation> {
  const root = schema.getSubscriptionType()
  if (!root) throw new Error('The schema has no subscription')
  return fc
    .constantFrom(...Object.values(root.getFields()))
    .chain((field) => fieldSelection(field, 3))
    .map((chosen) => printed('subscription', [chosen]))
}

function selections(type: GraphQLCompositeType, depth: number): fc.Arbitrary<Selection[]> {
  const typeName = fc.constant<Selection>({ field: '__typename', args: [], selections: [] })
  const choices: fc.Arbitrary<Selection>[] = [typeName]
  if (!isUnionType(type)) {
    for (const field of Object.values(type.getFields())) {
      if (depth > 0 || !isCompositeType(getNamedType(field.type))) choices.push(fieldSelection(field, depth - 1))
    }
  }
  if (isAbstractType(type) && depth > 0) {
    for (const possible of schema.getPossibleTypes(type)) {
      choices.push(selections(possible, depth - 1).map((inner) => ({ on: possible.name, args: [], selections: inner })))
    }
  }
  return fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 4 })
}

function fieldSelection(field: GraphQLField<unknown, unknown>, depth: number): fc.Arbitrary<Selection> {
  const args = field.args.map((arg) => {
    const given = fc.record({
      name: fc.constant(arg.name),
      type: fc.constant(arg.type),
      value: inputOf(arg.type, arg.name),
      asVariable: fc.boolean(),
    })
    return isRequiredArgument(arg)
      ? given.map((one) => [one])
      : fc.oneof(
          given.map((one) => [one]),
          fc.constant([]),
        )
  })
  const type = getNamedType(field.type)
  const inner: fc.Arbitrary<Selection[]> = isCompositeType(type)
    ? lazily(() => selections(type, depth))
    : fc.constant([])
  return fc
    .tuple(fc.tuple(...args), inner)
    .map(([chosen, chosenInner]) => ({ field: field.name, args: chosen.flat(), selections: chosenInner }))
}

/** The schema goes in circles: what is inside is made only when it is asked for. */
function lazily<Value>(make: () => fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.constant(undefined).chain(make)
}

/** Values that a type takes, those at its edges above all. */
function inputOf(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return presentInputOf(type.ofType, name)
  return fc.oneof({ weight: 6, arbitrary: presentInputOf(type, name) }, { weight: 1, arbitrary: fc.constant(null) })
}

function presentInputOf(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return presentInputOf(type.ofType, name)
  if (isListType(type)) return fc.array(inputOf(type.ofType, name), { maxLength: 5 })
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name))
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    if (type.isOneOf) {
      return fc.oneof(
        ...fields.map((field) => presentInputOf(field.type, field.name).map((value) => ({ [field.name]: value }))),
      )
    }
    return fc.record(Object.fromEntries(fields.map((field) => [field.name, inputOf(field.type, field.name)])), {
      requiredKeys: fields.filter(isRequiredInputField).map((field) => field.name),
    })
  }
  switch (type.name) {
    case 'Int':
      return name === 'first'
        ? fc.constantFrom(0, 1, 2, 5, 10, 100, 101, -1)
        : fc.constantFrom(0, 1, 2, 3, 10, -1, 2 ** 31 - 1, -(2 ** 31))
    case 'ID':
      return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...idsFor(name)) }, { weight: 1, arbitrary: someText })
    case 'String':
      return fc.oneof(
        { weight: 4, arbitrary: someText },
        { weight: 1, arbitrary: fc.constant('x'.repeat(20_000)) },
        { weight: 1, arbitrary: fc.constantFrom('order-ord_a', 'OrderPlaced', '%', "'; DROP TABLE views; --", '\0') },
      )
    case 'Money':
      return fc.constantFrom(
        '0',
        '0.00',
        '1.5',
        '10.00',
        '-1.00',
        '90071992547409.91',
        '90071992547409.92',
        '9'.repeat(400),
      )
    case 'DateTime':
      return fc.constantFrom(
        '2026-01-02T03:04:05.678Z',
        '0000-01-01T00:00:00Z',
        '9999-12-31T23:59:59.999Z',
        '2026-01-02T04:04:05.123456789+01:00',
      )
    case 'Position':
      return fc.constantFrom(`${NO_LOG}-0`, `${NO_LOG}-1`, `${NO_LOG}-2`)
    default:
      throw new Error(`No values are known for ${type.name}`)
  }
}

const someText = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 5, arbitrary: fc.string({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud83d', 'a\udd28') },
)

function idsFor(name: string): string[] {
  if (name === 'commandId' || name === 'correlationId') return ['a', 'b', 'c', 'd', '~e', 'x'.repeat(128)]
  const ids = { customerId: ['cus_a', 'cus_b'], orderId: ['ord_a', 'ord_b'], productId: ['prd_a', 'prd_b'] }
  return (ids as Record<string, string[]>)[name] ?? Object.values(ids).flat()
}

/** As a document: every field has an alias of its own, so that none is in conflict with another. */
function printed(kind: string, chosen: readonly Selection[]): Operation {
  const variables: Record<string, unknown> = {}
  const definitions: string[] = []
  let aliases = 0

  const argument = ({ name, type, value, asVariable }: Selection['args'][number]): string => {
    if (!asVariable && !hasHalfOfAPair(value)) return `${name}: ${literal(value, type)}`
    const variable = `v${definitions.length}`
    definitions.push(`$${variable}: ${type}`)
    variables[variable] = value
    return `${name}: $${variable}`
  }
  const selection = ({ field, on, args, selections: inner }: Selection): string => {
    const head = field === undefined ? `... on ${on}` : `a${aliases++}: ${field}`
    const all = args.map(argument)
    return `${head}${all.length > 0 ? `(${all.join(', ')})` : ''}${inner.length > 0 ? ` { ${inner.map(selection).join(' ')} }` : ''}`
  }

  const body = chosen.map(selection).join('\n')
  return { query: `${kind}${definitions.length > 0 ? ` (${definitions.join(', ')})` : ''} { ${body} }`, variables }
}

/** Half of a surrogate pair: JSON has an escape for it, and GraphQL has none. */
function hasHalfOfAPair(value: unknown): boolean {
  return /\\ud[89a-f]/.test(JSON.stringify(value))
}

function literal(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(value, type.ofType)
  if (value === null) return 'null'
  if (isListType(type) && Array.isArray(value)) return `[${value.map((item) => literal(item, type.ofType)).join(', ')}]`
  if (isEnumType(type)) return String(value)
  if (isInputObjectType(type)) {
    const fields = type.getFields()
    const entries = Object.entries(value as object).flatMap(([name, inner]) => {
      const field = fields[name]
      return field ? [`${name}: ${literal(inner, field.type)}`] : []
    })
    return `{ ${entries.join(', ')} }`
  }
  return JSON.stringify(value)
}
