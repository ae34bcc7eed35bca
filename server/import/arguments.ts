// The command line of the import.
import { parseMoney } from '../../events/money.ts'
import { BadArguments, endpoint, parsed, usualOptions } from '../client/command-line.ts'
import { isTimeZone } from './dates.ts'
import type { ImportOptions } from './import.ts'

export const USAGE = `Usage: creditline import FILE.csv [options]
   or: npm run import -- FILE.csv [options]

Sends the orders of a wholesaler's CSV file to a running desk. Its columns are those of the UCI data sets Online Retail and Online Retail II.
Characters that ids cannot have become _, and an invoice is one order, of its first customer and with its first date.
Rows that are skipped or rounded, what comes to share an id or an order so, and orders that the desk has otherwise or refuses, are named
on standard error: the first few of each kind.

  --url URL             the desk, or its GraphQL endpoint (http://127.0.0.1:4000)
  --credit-limit MONEY  of every customer (100000.00)
  --stock NUMBER        of every product (1000000)
  --concurrency NUMBER  requests under way at once (32)
  --time-zone ZONE      of the dates in the file, such as Europe/London (UTC)
  --exact-prices        skip rows whose price has more than two digits, instead of rounding it
  --json                the summary as one JSON object, on the last line of standard output
  -h, --help            this text`

export interface Arguments extends ImportOptions {
  file: string
  timeZone: string
  exactPrices: boolean
  json: boolean
}

const options = {
  ...usualOptions,
  'credit-limit': { type: 'string', default: '100000.00' },
  stock: { type: 'string', default: '1000000' },
  concurrency: { type: 'string', default: '32' },
  'time-zone': { type: 'string', default: 'UTC' },
  'exact-prices': { type: 'boolean', default: false },
} as const

const MAX_STOCK = 2 ** 31 - 1
const MAX_CONCURRENCY = 256

/**
 * Reads the arguments after the program's name.
 * @returns the arguments, or `help` when the command line requests it
 * @throws BadArguments
 */
export function parseArguments(args: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parsed(args, options)
  if (values.help) return 'help'
  const [file, ...more] = positionals
  if (!file) throw new BadArguments('The name of a CSV file is missing.')
  if (more.length > 0) throw new BadArguments(`Give one file only: remove ${more.join(' ')}.`)
  return {
    file,
    url: endpoint(values.url),
    creditLimit: money('--credit-limit', values['credit-limit']),
    stock: wholeNumber('--stock', values.stock, 0, MAX_STOCK),
    concurrency: wholeNumber('--concurrency', values.concurrency, 1, MAX_CONCURRENCY),
    timeZone: timeZone(values['time-zone']),
    exactPrices: values['exact-prices'],
    json: values.json,
  }
}

function timeZone(text: string): string {
  if (isTimeZone(text)) return text
  throw new BadArguments(`--time-zone must be UTC or a name such as Europe/London; it is "${text}".`)
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
