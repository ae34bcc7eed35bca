// What the command lines of programs that speak to a desk have in common.
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

/** Splits arguments into options and what else there is. @throws BadArguments */
export function parsed<Known extends Options>(args: readonly string[], options: Known) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new BadArguments((error as Error).message)
  }
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
