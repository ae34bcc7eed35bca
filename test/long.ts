// `npm run test:long`: all tests with ten times as many rounds, then mutation testing of all files.
import { spawnSync } from 'node:child_process'
import { BadArguments, parsed } from '../server/client/command-line.ts'

const USAGE = `Usage: npm run test:long

Runs all tests with ten times as many rounds, then mutation testing of all files. It takes hours.

  -h, --help this text`

readArguments()
const long = { ...process.env, TEST_LONG: '1' }
const steps: string[][] = [
  ['node_modules/vitest/vitest.mjs', 'run'],
  ['--import', './server/typescript.mjs', 'test/mutation/main.ts', '--all'],
]
const failed = steps.filter((args) => spawnSync(process.execPath, args, { env: long, stdio: 'inherit' }).status !== 0)
console.log(`${steps.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length > 0 ? 1 : 0)

function readArguments(): void {
  try {
    const { values, positionals } = parsed(process.argv.slice(2), {
      help: { type: 'boolean', short: 'h', default: false },
    })
    if (positionals.length > 0) throw new BadArguments(`${positionals.join(' ')} is not an argument: there are none.`)
    if (!values.help) return
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof BadArguments)) throw error
    console.error(`${error.message}\n\n${USAGE}`)
    process.exit(2)
  }
}
