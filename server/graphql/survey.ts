// Walks an operation before it is executed: checks its arguments against its variables, and adds up its price.
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLDirective,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import { badArgument } from './bad-input.ts'
import { limits } from './limits.ts'
import { priceOfField } from './price.ts'
import { fragmentsOf, type Scope, selectedFields } from './selection.ts'

export interface Survey {
  /** Infinite for an operation that is nested too deeply or has too many fields. */
  price: number
  /** How many fields are selected of the root. */
  rootFields: number
  /** One for each field or directive with a wrong argument, at most `limits.errors`. With errors, the price means nothing. */
  errors: readonly GraphQLError[]
}

interface Cost {
  price: number
  /** Levels of fields within fields, through fragments too. */
  depth: number
}

type Arguments = Readonly<Record<string, unknown>>

const free: Cost = { price: 0, depth: 0 }
const beyondLimits: Cost = { price: Number.POSITIVE_INFINITY, depth: 0 }

/**
 * Reaches every field that execution may reach. A selection set is walked once for each type of object that it may select
 * from, however often fragments repeat it.
 *
 * @param document a valid document, `operation` one of its operations
 * @param variables coerced
 */
export function survey(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Arguments,
): Survey {
  const errors = new Map<FieldNode | DirectiveNode, GraphQLError>()
  const costs = new Map<SelectionSetNode, Map<GraphQLObjectType, Cost>>()
  const scope: Scope = {
    schema,
    fragments: fragmentsOf(document),
    budget: { left: limits.selections },
    condition: (node, directive) => argumentsOf(directive, node).if === true,
  }

  function argumentsOf(
    definition: GraphQLField<unknown, unknown> | GraphQLDirective,
    node: FieldNode | DirectiveNode,
  ): Arguments {
    if (definition.args.length === 0) return {}
    try {
      return getArgumentValues(definition, node, variables)
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      if (errors.size < limits.errors) errors.set(node, badArgument(error, node, variables))
      return {}
    }
  }

  function costOf(selectionSet: SelectionSetNode, type: GraphQLObjectType, level: number): Cost {
    const known = costs.get(selectionSet) ?? new Map<GraphQLObjectType, Cost>()
    costs.set(selectionSet, known)
    const remembered = known.get(type)
    if (remembered !== undefined) return remembered
    let { price, depth } = free
    for (const node of selectedFields(scope, selectionSet, type)) {
      const cost = costOfField(node, type, level)
      price += cost.price
      depth = Math.max(depth, cost.depth)
    }
    known.set(type, { price, depth })
    return { price, depth }
  }

  function costOfField(node: FieldNode, parent: GraphQLObjectType, level: number): Cost {
    if (level > limits.nesting) return beyondLimits
    const field = fieldOf(parent, node.name.value)
    const args = argumentsOf(field, node)
    const inside = costInside(node, field, level + 1)
    // The level bounds the recursion. The depth also counts where a remembered cost is used again at a deeper level.
    if (inside.depth >= limits.nesting) return beyondLimits
    return { price: priceOfField(field, parent, args, inside.price), depth: inside.depth + 1 }
  }

  function costInside({ selectionSet }: FieldNode, field: GraphQLField<unknown, unknown>, level: number): Cost {
    if (selectionSet === undefined) return free
    const type = getNamedType(field.type)
    const objects = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : []
    const each = objects.map((object) => costOf(selectionSet, object, level))
    return {
      price: Math.max(0, ...each.map(({ price }) => price)),
      depth: Math.max(0, ...each.map(({ depth }) => depth)),
    }
  }

  const root = schema.getRootType(operation.operation)
  if (!root) throw new Error(`The schema has no ${operation.operation}`)
  const rootFields = selectedFields(scope, operation.selectionSet, root).length
  const { price } = costOf(operation.selectionSet, root, 1)
  const isWhole = scope.budget.left >= 0
  return { price: isWhole ? price : Number.POSITIVE_INFINITY, rootFields, errors: [...errors.values()] }
}

function fieldOf(parent: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  const field = parent.getFields()[name] ?? metaFields.get(name)
  if (field === undefined) throw new Error(`${parent.name} has no field ${name}`)
  return field
}

const metaFields = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
)
