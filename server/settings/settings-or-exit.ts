// The settings of a program that cannot go on without them.
import { optionsHelp, type Program, readOptions } from './options.ts'
import { readSettings, type Setting, type Settings, settingsHelp, settingsNames } from './settings.ts'

/** `settings` are those that the program obeys. */
const programs: Record<Program, { usage: string; purpose: string; settings: readonly Setting[] }> = {
  start: {
    usage: 'npm start -- [options]',
    purpose: 'Runs a desk until SIGINT (Control-C) or SIGTERM.',
    settings: settingsNames,
  },
  demo: {
    usage: 'npm run demo -- [options]',
    purpose: 'Runs a desk with customers, products and orders, which are deleted when it stops.',
    settings: ['PORT', 'HOST', 'ALLOWED_HOSTS', 'LOG_LEVEL', 'CURRENCY'],
  },
}

/**
 * The settings of this process. With `--help` the process prints them and ends with exit code 0; with a wrong setting or argument
 * it says on stderr which, and ends with exit code 2.
 */
export function settingsOrExit(program: Program): Settings {
  const argv = process.argv.slice(2)
  if (readOptions(argv, program).given.has('help')) {
    console.log(usage(program))
    process.exit(0)
  }
  const settings = readSettings(process.env, argv, program)
  if (!Array.isArray(settings)) return settings
  const complaints = settings.map((complaint) => `- ${complaint}`).join('\n')
  console.error(`The desk cannot start.\n${complaints}\n\n${usage(program)}`)
  process.exit(2)
}

function usage(program: Program): string {
  const { usage, purpose, settings } = programs[program]
  return `Usage: ${usage}

${purpose}

Options:
${indented(optionsHelp(program))}

Settings are environment variables. Their defaults and meanings:
${indented(settingsHelp(settings))}`
}

function indented(lines: string): string {
  return lines.replaceAll(/^/gm, '  ')
}
