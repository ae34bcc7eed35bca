// Refusals of values that a client sent, with the code BAD_USER_INPUT: they name the variable or the argument.
import {
  type DirectiveNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  type ValueNode,
  visit,
} from 'graphql'
import { coded } from './errors.ts'
import { limits } from './limits.ts'

type Values = Readonly<Record<string, unknown>>

/** The variables of an operation as execution will see them, or the errors of the values that the client sent. */
export function coercedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: Values,
): { values: Values } | { errors: readonly GraphQLError[] } {
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, sent, { maxErrors: limits.errors })
  if (coerced !== undefined) return { values: coerced }
  return { errors: errors.map((error) => coded('BAD_USER_INPUT', error)) }
}

/**
 * An argument that has no right value, although its document and its variables are each right: a variable that has no
 * value or null stands where a value is required.
 *
 * @param problem as `getArgumentValues` throws it; its node is the value, or the field where the argument is missing
 * @param of the field or directive that has the argument
 */
export function badArgument(problem: GraphQLError, of: FieldNode | DirectiveNode, variables: Values): GraphQLError {
  const argument = of.arguments?.find(({ value }) => problem.nodes?.includes(value))
  const names = argument === undefined ? [] : variablesWithoutValue(argument.value, variables)
  const reason =
    names.length > 0 && argument?.value.kind !== 'Variable' ? ` No value is given for ${names.join(', ')}.` : ''
  const { message, nodes, extensions } = problem
  return new GraphQLError(message + reason, {
    nodes: nodes ?? of,
    extensions: { ...extensions, code: 'BAD_USER_INPUT', ...(argument && { argument: argument.name.value }) },
  })
}

function variablesWithoutValue(value: ValueNode, variables: Values): string[] {
  const names = new Set<string>()
  visit(value, {
    Variable({ name }) {
      if (variables[name.value] === undefined || variables[name.value] === null) names.add(`$${name.value}`)
    },
  })
  return [...names]
}
