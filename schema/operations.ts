// The example operations in operations/: some are tabs of the playground, and tests run all of them against a desk.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Kind, parse } from 'graphql'

export interface ExampleOperation {
  /** The name of the operation, e.g. `PlaceOrder`. */
  name: string
  /** The first line of the file's leading comment. */
  title: string
  /** The whole file. */
  document: string
  /** The content of the `.json` file beside it; empty where there is none. */
  variables: Record<string, unknown>
  kind: 'query' | 'mutation' | 'subscription'
}

/**
 * All example operations, in the order of a story: each can be run after those before it, on a desk that was empty.
 * Run twice, they change nothing the second time, because their commands have fixed ids.
 */
export function exampleOperations(): ExampleOperation[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map(readExample)
}

const folder = new URL('./operations/', import.meta.url)

function readExample(file: string): ExampleOperation {
  const document = readFileSync(new URL(file, folder), 'utf8')
  const [definition, ...others] = parse(document).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION || !definition.name || others.length > 0) {
    throw new Error(`schema/operations/${file} must contain one named operation.`)
  }
  const title = /^# (.+)$/m.exec(document)
  if (!title?.[1] || title.index !== 0) {
    throw new Error(`schema/operations/${file} must begin with a comment that says what it shows.`)
  }
  const variables = new URL(file.replace(/graphql$/, 'json'), folder)
  return {
    name: definition.name.value,
    title: title[1],
    document,
    variables: existsSync(variables) ? JSON.parse(readFileSync(variables, 'utf8')) : {},
    kind: definition.operation,
  }
}
