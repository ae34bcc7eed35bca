// The command line of a script that takes no arguments.
import { BadArguments, parsed } from '../server/client/command-line.ts'

/** Prints the usage for `--help` and ends with exit code 0; refuses any other argument with a sentence and exit code 2. */
export function helpOrRefuse(usage: string): void {
  try {
    const { values, positionals } = parsed(process.argv.slice(2), {
      help: { type: 'boolean', short: 'h', default: false },
    })
    if (positionals.length > 0) throw new BadArguments(`${positionals.join(' ')} is not an argument: there are none.`)
    if (!values.help) return
    console.log(usage)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof BadArguments)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
