// The command line of the measurements, which take no options besides --help.
import { parseArgs } from 'node:util'

/** Ends the process when there are arguments: with code 0 and the usage for `--help`, with code 2 for any other. */
export function refuseArguments(script: string, purpose: string): void {
  const usage = `Usage: npm run ${script}\n\n${purpose}`
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h', default: false } } })
    if (!values.help) return
    console.log(usage)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}
