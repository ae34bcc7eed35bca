// The command line of the import.
import { parseArgs } from 'node:util'
import { parseMoney } from '../../events/money.ts'
import type { ImportOptions } from './import.ts'

export const USAGE = `Usage: npm run import -- FILE.csv [options]

Sends the orders of a wholesaler's CSV file (columns of the UCI Online Retail data set) to a running desk.

  --url URL             the desk's GraphQL endpoint (http://127.0.0.1:4000/graphql)
  --credit-limit MONEY  of every customer (100000.00)
  --stock NUMBER        of every product (1000000)
  --concurrency NUMBER  requests under way at once (32)
  --json                the summary as one JSON object, on the last line of standard output
  --help                this text`

export interface Arguments extends ImportOptions {
  file: string
  json: boolean
}

/** The command line is wrong; the message is a sentence that names the argument and what would be right. */
export class BadArguments extends Error {
  override name = 'BadArguments'
}

const MAX_STOCK = 2 ** 31 - 1
const MAX_CONCURRENCY = 256

/**
 * Reads the arguments after the program's name.
 * @returns the arguments, or `help` when that is what was asked for
 * @throws BadArguments
 */
export function parseArguments(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  const [file, ...more] = positionals
  if (!file) throw new BadArguments('The name of a CSV file is missing.')
  if (more.length > 0) throw new BadArguments(`One file at a time: ${more.join(' ')} is too much.`)
  return {
    file,
    url: endpoint(values.url),
    creditLimit: money('--credit-limit', values['credit-limit']),
    stock: wholeNumber('--stock', values.stock, 0, MAX_STOCK),
    concurrency: wholeNumber('--concurrency', values.concurrency, 1, MAX_CONCURRENCY),
    json: values.json,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
        'credit-limit': { type: 'string', default: '100000.00' },
        stock: { type: 'string', default: '1000000' },
        concurrency: { type: 'string', default: '32' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new BadArguments((error as Error).message)
  }
}

function endpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new BadArguments(`--url must be an address such as http://127.0.0.1:4000/graphql; it is "${text}".`)
}

function money(option: string, text: string): number {
  const cents = parseMoney(text)
  if (cents !== undefined && cents >= 0 && Number.isFinite(cents)) return cents
  throw new BadArguments(`${option} must be an amount such as 100000.00, zero or more; it is "${text}".`)
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new BadArguments(`${option} must be a whole number from ${least} to ${most}; it is "${text}".`)
}
