// Decides whether an operation with these variables may be executed, and remembers what does not change from request to request.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { refuseExpensive } from './price.ts'
import { type Survey, survey } from './survey.ts'

type Check = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => readonly GraphQLError[]

interface Known {
  /** Whether a variable without a value may leave an argument without one. If not, arguments cannot be wrong. */
  argumentsDepend: boolean
  /** The variables that the price depends on: those that say how long a page is, or what is included. */
  steering: readonly string[]
  /** A survey costs as much as a small query. It depends on the values of the steering variables only, unless arguments depend too. */
  surveys: LRUCache<string, Survey>
}

/**
 * @returns a function that takes a valid document, one of its operations and its coerced variables, and returns the errors that
 *   forbid its execution: BAD_USER_INPUT, QUERY_TOO_COMPLEX, GRAPHQL_VALIDATION_FAILED. An operation whose survey fails is refused.
 */
export function operationChecks(schema: GraphQLSchema, log: Logger): Check {
  const known = new WeakMap<OperationDefinitionNode, Known>()

  function surveyed(...[document, operation, variables]: Parameters<Check>): Survey {
    const { argumentsDepend, steering, surveys } = knownOf(document, operation)
    if (argumentsDepend) return survey(schema, document, operation, variables)
    const key = JSON.stringify(Object.fromEntries(steering.map((name) => [name, variables[name]])))
    const result = surveys.get(key) ?? survey(schema, document, operation, variables)
    surveys.set(key, result)
    return result
  }

  function knownOf(document: DocumentNode, operation: OperationDefinitionNode): Known {
    const remembered = known.get(operation)
    if (remembered !== undefined) return remembered
    const steering = steeringVariables(document)
    const surveys = new LRUCache<string, Survey>({ max: 20 })
    const fresh = { argumentsDepend: argumentsDepend(schema, document, operation), steering, surveys }
    known.set(operation, fresh)
    return fresh
  }

  return (document, operation, variables) => {
    let result: Survey
    try {
      result = surveyed(document, operation, variables)
    } catch (err) {
      log.error({ err }, 'an operation was refused because its price could not be computed')
      return [
        new GraphQLError('The price of the operation cannot be computed. Request fewer fields.', {
          extensions: { code: 'QUERY_TOO_COMPLEX' },
        }),
      ]
    }
    if (result.errors.length > 0) return result.errors
    if (operation.operation === 'subscription' && result.rootFields !== 1) return [selectsNoField(operation)]
    const expensive = refuseExpensive(result.price)
    return expensive === undefined ? [] : [expensive]
  }
}

/** graphql-js 16 reads the first field of a subscription without a look at whether there is one. */
function selectsNoField(nodes: OperationDefinitionNode): GraphQLError {
  return new GraphQLError('A subscription must select one field. @include and @skip exclude it here.', {
    nodes,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  })
}

function argumentsDepend(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const nullable = new Set<string>()
  for (const { type, variable } of operation.variableDefinitions ?? []) {
    if (type.kind !== Kind.NON_NULL_TYPE) nullable.add(variable.name.value)
  }
  if (nullable.size === 0) return false
  let found = false
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Variable({ name }) {
        const parent = getNullableType(types.getParentInputType())
        const isRequired = isNonNullType(types.getInputType()) || (isInputObjectType(parent) && parent.isOneOf)
        if (isRequired && nullable.has(name.value)) found = true
      },
    }),
  )
  return found
}

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
