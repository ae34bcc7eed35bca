// Mutation testing: would the tests of deciders, sagas and projections notice if a rule were wrong?
import { areOutdated, RESULTS } from './test/mutation/results.mjs'

/** A run over some files only leaves the results that are kept alone. */
const isPartial = process.argv.some((argument) => /^(-m$|--mutate)/.test(argument))

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [
    'command/{customer,product,order,parking}/*.ts',
    'command/{placement/{placement,policies},revision/revision}.ts',
    'command/saga/saga.ts',
    'query/views/*.ts',
    '!**/*.test.ts',
    '!**/{given,*.given}.ts',
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // What is evaluated when a module is loaded, such as a name or a table, takes a run of all tests for each mutant: a tenth of the mutants, and
  // most of the time. docs/mutation-testing.md says which tests look at these definitions.
  ignoreStatic: true,
  thresholds: { high: 95, low: 90, break: 90 },
  concurrency: 2,

  incremental: !isPartial,
  incrementalFile: RESULTS,
  force: areOutdated(),

  plugins: ['@stryker-mutator/*', './test/mutation/results.mjs'],
  reporters: ['clear-text', 'progress-append-only', ...(isPartial ? [] : ['results'])],
  clearTextReporter: { allowColor: false, allowEmojis: false, reportTests: false },
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  ignorePatterns: ['/.*', '/bench', '/data', '/docs', '/schema', '/server', '/simulator', '/test/*.ts'],
}
