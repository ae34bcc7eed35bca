// The options of one start, given as arguments. A value for every start is a setting, in the environment: see settings.ts.

/** A new option is one entry here: from then on it is read, listed by `--help`, and refused by programs that it is not of. */
const known = {
  help: { letter: 'h', of: ['start', 'demo'], meaning: 'print this text and exit' },
  'rebuild-views': { of: ['start'], meaning: 'delete the views and rebuild them from the log' },
} as const satisfies Record<string, Known>

interface Known {
  letter?: string
  of: readonly Program[]
  meaning: string
}

/** The programs that run a desk, by the name of their npm script. */
export type Program = 'start' | 'demo'

export type Option = keyof typeof known

const names = Object.keys(known) as Option[]

export interface ReadOptions {
  given: ReadonlySet<Option>
  /** The arguments that are no option of the program, as they were given. */
  unknown: readonly string[]
}

/** Reads the arguments after the name of the program. */
export function readOptions(argv: readonly string[], program: Program): ReadOptions {
  const read = argv.map((argument) => optionsOf(program).find((name) => forms(name).includes(argument)) ?? { argument })
  return {
    given: new Set(read.filter((option) => typeof option === 'string')),
    unknown: read.flatMap((option) => (typeof option === 'string' ? [] : [option.argument])),
  }
}

/** Every option of the program with its meaning, one a line, for people. */
export function optionsHelp(program: Program): string {
  return optionsOf(program)
    .map((name) => `${forms(name).reverse().join(', ').padEnd(17)}  ${known[name].meaning}`)
    .join('\n')
}

function optionsOf(program: Program): Option[] {
  return names.filter((name) => (known[name].of as readonly Program[]).includes(program))
}

function forms(name: Option): string[] {
  const { letter }: Known = known[name]
  return letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`]
}
