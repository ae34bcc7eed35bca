// The fields that an operation selects of an object, collected before execution in the way in which execution collects them.
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLDirective,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'

export interface Scope {
  /** How many more selections may be looked at. Below zero, fields are missing. */
  budget: { left: number }
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Decides whether a condition such as `@skip(if: $short)` holds. */
  condition(node: DirectiveNode, directive: GraphQLDirective): boolean
}

export function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return fragments
}

/** The fields that a selection set selects of an object of that type, also through fragments, each of which counts once. */
export function selectedFields(scope: Scope, from: SelectionSetNode, type: GraphQLObjectType): FieldNode[] {
  const { schema, fragments } = scope
  const fields: FieldNode[] = []
  const spread = new Set<string>()

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (--scope.budget.left < 0) return
      if (!isIncluded(scope, selection)) continue
      if (selection.kind === Kind.FIELD) fields.push(selection)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collectFragment(selection)
      else {
        const { value: name } = selection.name
        const fragment = spread.has(name) ? undefined : fragments.get(name)
        spread.add(name)
        if (fragment !== undefined) collectFragment(fragment)
      }
    }
  }

  function collectFragment({ typeCondition, selectionSet }: InlineFragmentNode | FragmentDefinitionNode): void {
    const condition = typeCondition === undefined ? type : typeFromAST(schema, typeCondition)
    if (condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))) collect(selectionSet)
  }

  collect(from)
  return fields
}

function isIncluded({ condition }: Scope, { directives = [] }: SelectionNode): boolean {
  const holds = (directive: GraphQLDirective) => {
    const node = directives.find(({ name }) => name.value === directive.name)
    return node && condition(node, directive)
  }
  return holds(GraphQLSkipDirective) !== true && holds(GraphQLIncludeDirective) !== false
}
