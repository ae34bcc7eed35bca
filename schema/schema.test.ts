// The promises of the schema itself: nothing breaks clients unnoticed, and every part of it is described and named alike.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'
import { Configuration } from 'graphql-schema-linter/lib/configuration.js'
import { validateSchemaDefinition } from 'graphql-schema-linter/lib/validator.js'
import { describe, expect, test } from 'vitest'
import { exampleOperations } from './operations.ts'
import { typeDefinitions } from './type-definitions.ts'

describe('the schema', () => {
  test('breaks no client that was written against the baseline', async () => {
    expect(await breakingChanges(typeDefinitions)).toEqual([])
  })

  test('is found to break clients when a field goes, an argument becomes required or an enum value goes', async () => {
    const broken = typeDefinitions
      .replace(/\n.*\n {2}inStock: Int!/, '')
      .replace('orderTotalOver: Money = "100000.00"', 'orderTotalOver: Money!')
      .replace(/\n.*\n {2}TIMED_OUT/, '')
    expect(await breakingChanges(broken)).toEqual([
      "Enum value 'TIMED_OUT' was removed from enum 'RejectionReason'",
      "Field 'inStock' was removed from object type 'Product'",
      "Type for argument 'orderTotalOver' on field 'Query.recentValuableCustomers' changed from 'Money' to 'Money!'",
    ])
  })

  test('describes and names every part of it by the rules', () => {
    expect(lint(typeDefinitions)).toEqual([])
  })

  test('fails the rules when a description is missing', () => {
    const silent = typeDefinitions.replace('  "The current list price of one piece."\n', '')
    expect(lint(silent)).toEqual([expect.stringContaining('`Product.price` is missing a description')])
  })
})

test('the generated files belong to the schema', async () => {
  const check = promisify(execFile)(process.execPath, [
    '--import',
    './server/typescript.mjs',
    'schema/generate.ts',
    '--check',
  ])
  await expect(check).resolves.toMatchObject({ stderr: '' })
})

/** A change that breaks clients is accepted by `npm run generate -- --accept-baseline`, as a decision of its own. */
async function breakingChanges(sdl: string): Promise<string[]> {
  const baseline = readFileSync(new URL('./baseline.graphql', import.meta.url), 'utf8')
  const changes = await diff(buildSchema(baseline), buildSchema(sdl))
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message)
    .sort()
}

// Off are the rules that want fields and values in alphabetical order: the schema tells what belongs together.
const rules = [
  'arguments-have-descriptions',
  'defined-types-are-used',
  'deprecations-have-a-reason',
  'descriptions-are-capitalized',
  'enum-values-all-caps',
  'enum-values-have-descriptions',
  'fields-are-camel-cased',
  'fields-have-descriptions',
  'input-object-values-are-camel-cased',
  'input-object-values-have-descriptions',
  'relay-connection-arguments-spec',
  'relay-connection-types-spec',
  'relay-page-info-spec',
  'types-are-capitalized',
  'types-have-descriptions',
]

function lint(sdl: string): string[] {
  const definition = { definition: sdl, sourceMap: {} }
  const configuration = new Configuration(definition, { rules })
  return validateSchemaDefinition(definition, configuration.getRules(), configuration).map(
    ({ message, locations }) => `line ${locations?.[0]?.line}: ${message}`,
  )
}

test('the entries of a page come before the same entries with cursors, which few clients need', () => {
  const documents = [typeDefinitions, ...exampleOperations().map(({ document }) => document)]
  for (const document of documents) expect(document).not.toMatch(/^( +)edges\b.*\n(\1 .*\n|\1\}\n|\1".*\n)*\1nodes\b/m)
  expect(typeDefinitions).toMatch(/^( +)nodes\b.*\n\1".*\n\1edges\b/m)
})
