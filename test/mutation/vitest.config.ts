// The tests that mutants are shown to: those of the rules, which need neither a store nor a process nor a clock.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'command/*.test.ts',
      'command/{customer,product,order,parking}/*.test.ts',
      'command/{placement/{placement,asked,asked-by-policies},revision/revision}.test.ts',
      'command/saga/saga.test.ts',
      'query/views/*.test.ts',
    ],
  },
})
