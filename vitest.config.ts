import { defineConfig } from 'vitest/config'

// The slow suites start processes, browsers and long loads; `npm test` leaves them to `npm run test:slow`.
const slow = '**/*.slow.test.ts'

// Packages, and the copies in which mutation testing changes the code.
const elsewhere = ['node_modules/**', '.stryker-tmp/**']

export default defineConfig({
  // Vite would take graphql's ES module and the libraries around it take its CommonJS: two copies that refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // As many as there are cores: by itself one of them would be left alone, which is every other one of two.
    maxWorkers: '100%',
    // What is polled for comes at once, as a rule; a machine that has other things to do may take its time. So it is with whole tests:
    // the limits are for what hangs.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['**/*.test.ts'],
          exclude: [...elsewhere, slow],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [slow],
          exclude: elsewhere,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
