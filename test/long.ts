// `npm run test:long`: all tests with ten times as many rounds, then mutation testing of all files.
import { spawnSync } from 'node:child_process'
import { helpOrRefuse } from './help-or-refuse.ts'

const USAGE = `Usage: npm run test:long

Runs all tests with ten times as many rounds, then mutation testing of all files. It takes hours.

  -h, --help this text`

helpOrRefuse(USAGE)
const long = { ...process.env, TEST_LONG: '1' }
const steps: string[][] = [
  ['node_modules/vitest/vitest.mjs', 'run'],
  ['--import', './server/typescript.mjs', 'test/mutation/main.ts', '--all'],
]
const failed = steps.filter((args) => spawnSync(process.execPath, args, { env: long, stdio: 'inherit' }).status !== 0)
console.log(`${steps.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length > 0 ? 1 : 0)
