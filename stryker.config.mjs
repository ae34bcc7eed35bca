// Mutation testing: would the tests of deciders, sagas and projections notice a wrong rule? test/mutation/main.ts names the files.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // A mutant in code that runs when a module is loaded, such as a name or a table, takes a run of all tests: a tenth of the mutants, and
  // most of the time. docs/mutation-testing.md names the tests of these definitions.
  ignoreStatic: true,
  concurrency: 2,
  plugins: ['@stryker-mutator/*'],
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'node_modules/.cache/mutation.json' },
  clearTextReporter: { allowColor: false, allowEmojis: false, reportTests: false },
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  ignorePatterns: [
    '/.*',
    '/bench',
    '/data',
    '/docs',
    '/schema',
    '/server',
    '/simulator',
    '/test/*.ts',
    '/test/upgrade',
  ],
}
