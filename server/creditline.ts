// The command line `creditline`: the programs for people who operate a desk.
import { readFileSync } from 'node:fs'
import { misspells } from './settings/misspelt.ts'

interface Command {
  /** The ways to call it, without its options. */
  usage: string
  meaning: string
  /** Runs it by loading it: it reads `process.argv` as if it had been started directly. */
  run: () => Promise<unknown>
}

/** A new command is one entry here: it is then found, listed by `--help`, and suggested for a name that is nearly its own. */
const commands: Record<string, Command> = {
  parked: {
    usage: 'parked list | retry ID | discard ID',
    meaning: 'lists, retries or discards the orders that wait for an operator',
    run: () => import('./parked/main.ts'),
  },
  foreign: {
    usage: 'foreign list',
    meaning: 'lists the events in the log of a desk that no desk wrote',
    run: () => import('./foreign/main.ts'),
  },
  backup: {
    usage: 'backup FILE',
    meaning: 'copies the embedded log of a desk, which may be running',
    run: () => import('./backup/backup.ts'),
  },
  restore: {
    usage: 'restore FILE',
    meaning: 'replaces the log of a stopped desk with such a copy',
    run: () => import('./backup/restore.ts'),
  },
  import: {
    usage: 'import FILE.csv',
    meaning: "sends a wholesaler's orders to a running desk",
    run: () => import('./import/main.ts'),
  },
}

/** Commands that people may look for here, and how to run them. */
const elsewhere: Record<string, string> = {
  start: 'npm start starts a desk.',
  demo: 'npm run demo starts a desk with orders in it.',
}

const [, , name, ...args] = process.argv
const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined

if (command) {
  process.argv = [...process.argv.slice(0, 2), ...args]
  await command.run()
} else if (name === '--help' || name === '-h' || name === 'help') {
  console.log(usage())
} else if (name === '--version' || name === '-v') {
  console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version)
} else {
  console.error(`${complaint(name)}\n\n${usage()}`)
  process.exitCode = 2
}

function complaint(name: string | undefined): string {
  if (name === undefined) return 'The name of a command is missing.'
  const meant = Object.keys(commands).find((known) => misspells(name, known))
  const advice = meant ? ` Did you mean ${meant}?` : Object.hasOwn(elsewhere, name) ? ` ${elsewhere[name]}` : ''
  return `The command ${JSON.stringify(name)} is not known.${advice}`
}

function usage(): string {
  const listed = Object.values(commands)
  const width = Math.max(...listed.map(({ usage }) => usage.length))
  return `Usage: creditline COMMAND [options]

Commands:
${listed.map(({ usage, meaning }) => `  ${usage.padEnd(width)}  ${meaning}`).join('\n')}

Options:
  -h, --help     print this text; after a command, its own options
  -v, --version  print the version

npm start starts a desk, and npm start -- --help prints its settings.`
}
