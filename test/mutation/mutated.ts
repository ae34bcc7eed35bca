// The files that mutation testing changes, and the tests that must notice.
import { readdirSync } from 'node:fs'

/** Deciders, the rules and definitions of sagas, and projections. */
const MUTATED = [
  /^command\/(customer|product|order)\/[^/]+$/,
  /^command\/placement\/(placement|policies)\.ts$/,
  /^command\/revision\/revision\.ts$/,
  /^kernel\/deciding\/(processes\/parking|saga\/saga)\.ts$/,
  /^query\/views\/[^/]+$/,
]

/** Tests of the rules, which need no store, no process and no clock. */
const TESTS = [
  /^command\/[^/]+$/,
  /^command\/(customer|product|order)\/[^/]+$/,
  /^command\/placement\/(placement|asked|asked-by-policies)\.test\.ts$/,
  /^command\/revision\/revision\.test\.ts$/,
  /^test\/kernel\/deciding\/(processes\/parking|saga\/saga)\.test\.ts$/,
  /^query\/views\/[^/]+$/,
]

const sources = ['kernel', 'command', 'query', 'test/kernel'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
)

/** The files whose code is mutated, sorted. */
export const mutatedFiles = sources
  .filter((file) => file.endsWith('.ts') && !/(^|[./])(test|given)\.ts$/.test(file) && matches(file, MUTATED))
  .sort()

/** The test files that the mutants are shown to, sorted. */
export const mutationTests = sources.filter((file) => file.endsWith('.test.ts') && matches(file, TESTS)).sort()

function matches(file: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => pattern.test(file))
}
