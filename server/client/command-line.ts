// The common part of the command lines of programs that speak to a desk.
import { type ParseArgsConfig, parseArgs } from 'node:util'

type Options = NonNullable<ParseArgsConfig['options']>

/** The command line is wrong; the message is a sentence that names the argument and what would be right. */
export class BadArguments extends Error {
  override name = 'BadArguments'
}

export const usualOptions = {
  url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies Options

/** Splits arguments into options and positional arguments. @throws BadArguments */
export function parsed<Known extends Options>(args: readonly string[], options: Known) {
  // Error messages are our own, so this first pass of the parser is not strict.
  const { tokens } = parseArgs({ args: [...args], allowPositionals: true, options, strict: false, tokens: true })
  const given = tokens.filter((token) => token.kind === 'option')
  for (const token of given) assertGood(token, options)
  // The value is tied to its option, so that one that begins with a hyphen is none.
  const rest = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const tied = given.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`))
  return parseArgs({ args: [...tied, '--', ...rest], allowPositionals: true, options })
}

interface Given {
  name: string
  rawName: string
  value?: string | undefined
  inlineValue?: boolean | undefined
}

function assertGood({ name, rawName, value, inlineValue }: Given, options: Options): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (!option) {
    const known = Object.keys(options).map((each) => `--${each}`)
    throw new BadArguments(`${rawName} is not an option. The options are ${known.join(', ')}.`)
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw new BadArguments(`${rawName} takes no value, but has "${value}".`)
  }
  // The name of the next option is a value that was forgotten.
  const isForgotten =
    value === undefined ||
    (!inlineValue && Object.hasOwn(options, value.replace(/^--|=.*$/gs, '')) && value.startsWith('--'))
  if (option.type === 'string' && isForgotten) throw new BadArguments(`The value of ${rawName} is missing.`)
}

/** The address of a desk's GraphQL endpoint, from it or from the address of the desk. @throws BadArguments */
export function endpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    if (url.pathname === '/') url.pathname = '/graphql'
    return url.href
  }
  throw new BadArguments(`--url must be an address such as http://127.0.0.1:4000/graphql; it is "${text}".`)
}
