import { describe, expect, test } from 'vitest'
import { BadArguments } from '../client/command-line.ts'
import { parseArguments } from './arguments.ts'

describe('the command line of the import', () => {
  test('a file is enough', () => {
    expect(parseArguments(['orders.csv'])).toEqual({
      file: 'orders.csv',
      url: 'http://127.0.0.1:4000/graphql',
      creditLimit: 10_000_000,
      stock: 1_000_000,
      concurrency: 32,
      timeZone: 'UTC',
      exactPrices: false,
      json: false,
    })
  })

  test('everything can be said, in any order', () => {
    const args =
      '--json --url https://desk.example/graphql --stock=0 orders.csv --credit-limit 500 --concurrency 1 ' +
      '--time-zone Europe/London --exact-prices'
    expect(parseArguments(args.split(' '))).toEqual({
      file: 'orders.csv',
      url: 'https://desk.example/graphql',
      creditLimit: 50_000,
      stock: 0,
      concurrency: 1,
      timeZone: 'Europe/London',
      exactPrices: true,
      json: true,
    })
  })

  test('help may be requested', () => {
    expect(parseArguments(['--help'])).toBe('help')
  })

  test.each([
    ['', /name of a CSV file is missing/],
    ['a.csv b.csv', /Give one file only: remove b\.csv/],
    [
      'a.csv --bogus',
      /^--bogus is not an option\. The options are --url, --json, --help, --credit-limit, --stock, --concurrency, --time-zone, --exact-prices\.$/,
    ],
    ['a.csv --bogus=3', /^--bogus is not an option\./],
    ['a.csv -x', /^-x is not an option\./],
    ['a.csv --no-json', /^--no-json is not an option\./],
    ['a.csv --__proto__', /^--__proto__ is not an option\./],
    ['a.csv --json=yes', /^--json takes no value, but has "yes"\.$/],
    ['a.csv --stock', /^The value of --stock is missing\.$/],
    ['a.csv --stock --json', /^The value of --stock is missing\.$/],
    ['--url --stock=3 a.csv', /^The value of --url is missing\.$/],
    ['a.csv --stock -1', /^--stock must be a whole number from 0 to 2147483647; it is "-1"\.$/],
    ['a.csv --stock --1', /^--stock must be a whole number from 0 to 2147483647; it is "--1"\.$/],
    ['a.csv --stock=', /^--stock must be a whole number from 0 to 2147483647; it is ""\.$/],
    ['a.csv --credit-limit -5', /^--credit-limit must be an amount .*; it is "-5"\.$/],
    ['a.csv --time-zone London', /^--time-zone must be UTC or a name such as Europe\/London; it is "London"\.$/],
    ['a.csv --url localhost:4000', /--url must be an address .* it is "localhost:4000"/],
    ['a.csv --url graphql', /--url must be an address .* it is "graphql"/],
    ['a.csv --credit-limit 12,50', /--credit-limit must be an amount .* it is "12,50"/],
    ['a.csv --credit-limit=-1', /--credit-limit must be an amount .* it is "-1"/],
    ['a.csv --credit-limit 90071992547409.92', /--credit-limit must be an amount/],
    ['a.csv --stock many', /--stock must be a whole number from 0 to 2147483647; it is "many"/],
    ['a.csv --stock 2147483648', /--stock must be a whole number from 0 to 2147483647/],
    ['a.csv --concurrency 0', /--concurrency must be a whole number from 1 to 256; it is "0"/],
  ])('what is wrong is named: %s', (args, sentence) => {
    const parsing = () => parseArguments(args.split(' ').filter(Boolean))
    expect(parsing).toThrow(BadArguments)
    expect(parsing).toThrow(sentence)
  })
})
