// From the text of a document to a valid document: parsed and validated once, then remembered.
import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getEnterLeaveForKind,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationContext,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { coded } from './errors.ts'
import { limits } from './limits.ts'
import { refuseNesting } from './nesting.ts'

/** Of the memory that all remembered documents take together. */
const MOST_BYTES = 64 * 1024 * 1024
/** A parsed document is far larger than its text: each token of one or two characters becomes nodes and their places. Measured with graphql 16. */
const BYTES_PER_TOKEN = 512

/**
 * Remembers valid documents; an invalid one is checked anew each time.
 *
 * @returns a function that takes the text of a document and returns the document, or the errors of the text. It never throws.
 */
export function validDocuments(schema: GraphQLSchema): (text: string) => DocumentNode | readonly GraphQLError[] {
  const known = new LRUCache<string, DocumentNode>({
    max: 1_000,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ tokenCount = limits.tokens }, text) => text.length + tokenCount * BYTES_PER_TOKEN,
  })
  return (text) => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered
    const nested = refuseNesting(text)
    if (nested !== undefined) return [nested]
    const document = parsed(text)
    if (document instanceof GraphQLError) return [document]
    const errors = validationErrors(schema, document)
    if (errors.length > 0) return errors
    known.set(text, document)
    return document
  }
}

function parsed(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens: limits.tokens })
  } catch (error) {
    return coded('GRAPHQL_PARSE_FAILED', error)
  }
}

function validationErrors(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, rules).map((error) => coded('GRAPHQL_VALIDATION_FAILED', error))
  } catch (error) {
    // A rule that throws has found a document that it was not made for.
    return [coded('GRAPHQL_VALIDATION_FAILED', error)]
  }
}

/** The rule of graphql-js 16 knows no variables, and throws where a condition at the root of a subscription has one. */
function singleField(context: ValidationContext): ASTVisitor {
  const rule = SingleFieldSubscriptionsRule(context)
  return {
    enter(node) {
      const check = getEnterLeaveForKind(rule, node.kind).enter
      if (check === undefined) return
      try {
        check.call(rule, node, undefined, undefined, [], [])
      } catch (error) {
        // The validator ends a validation beyond its limits with a special error, which has no nodes.
        if (!(error instanceof GraphQLError) || error.nodes === undefined) throw error
        context.reportError(new GraphQLError(conditionsAtRoot, { nodes: error.nodes }))
      }
    },
  }
}

const conditionsAtRoot =
  'A subscription must select one field. @include and @skip at its root must have true or false, not a variable.'

const rules = specifiedRules.map((rule) => (rule === SingleFieldSubscriptionsRule ? singleField : rule))
