// The tests that mutants are shown to.
import { defineConfig } from 'vitest/config'
import { mutationTests } from './mutated.ts'

export default defineConfig({ test: { include: mutationTests } })
