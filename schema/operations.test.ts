import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  getOperationAST,
  getVariableValues,
  isInterfaceType,
  isObjectType,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { exampleOperations } from './operations.ts'
import { scalars } from './scalars.ts'
import { typeDefinitions } from './type-definitions.ts'

const schema = makeExecutableSchema({
  typeDefs: typeDefinitions,
  resolvers: scalars('abcdefghijkl'),
  resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
})
const examples = exampleOperations()
const exercised = new Set(examples.flatMap(({ document }) => coordinates(document)))

test('every field of Query, Mutation and Subscription is exercised by an example operation', () => {
  const roots = ['Query', 'Mutation', 'Subscription'].flatMap((type) => declared(type))
  expect(roots.length).toBeGreaterThan(20)
  expect(roots.filter((field) => !exercised.has(field))).toEqual([])
})

test('every field of every other type, and every argument, is exercised by an example operation', () => {
  const all = Object.keys(schema.getTypeMap())
    .filter((type) => !type.startsWith('__'))
    .flatMap((type) => declared(type))
  expect(all.filter((field) => !exercised.has(field))).toEqual([])
})

describe.each(examples)('the example $name', ({ document, variables, title }) => {
  test('is right by the schema', () => {
    expect(validate(schema, parse(document))).toEqual([])
  })

  test('has variables that fit', () => {
    const operation = getOperationAST(parse(document))
    const definitions = operation?.variableDefinitions ?? []
    expect(getVariableValues(schema, definitions, variables).errors).toBeUndefined()
    const names = definitions.map(({ variable }) => variable.name.value)
    expect(Object.keys(variables).filter((name) => !names.includes(name))).toEqual([])
  })

  test('says in a few words what it shows', () => {
    expect(title).toMatch(/^[A-Z].{5,60}[^.]$/)
  })
})

/** `Type.field` of each field of a type, and `Type.field(argument:)` of each argument. */
function declared(typeName: string): string[] {
  const type = schema.getType(typeName)
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap(({ name, args }) => [
    `${typeName}.${name}`,
    ...args.map((arg) => `${typeName}.${name}(${arg.name}:)`),
  ])
}

/** The fields and arguments that a document uses, in the form of `declared`. */
function coordinates(document: string): string[] {
  const types = new TypeInfo(schema)
  const found: string[] = []
  visit(
    parse(document),
    visitWithTypeInfo(types, {
      Field({ name, arguments: args }) {
        const field = `${types.getParentType()?.name}.${name.value}`
        found.push(field, ...(args ?? []).map((arg) => `${field}(${arg.name.value}:)`))
      },
    }),
  )
  return found
}
