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
      json: false,
    })
  })

  test('everything can be said, in any order', () => {
    const args = '--json --url https://desk.example/graphql --stock=0 orders.csv --credit-limit 500 --concurrency 1'
    expect(parseArguments(args.split(' '))).toEqual({
      file: 'orders.csv',
      url: 'https://desk.example/graphql',
      creditLimit: 50_000,
      stock: 0,
      concurrency: 1,
      json: true,
    })
  })

  test('help may be asked for', () => {
    expect(parseArguments(['--help'])).toBe('help')
  })

  test.each([
    ['', /name of a CSV file is missing/],
    ['a.csv b.csv', /One file at a time: b\.csv/],
    ['a.csv --bogus', /'--bogus'/],
    ['a.csv --json=yes', /'--json'/],
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
