import { makeExecutableSchema } from '@graphql-tools/schema'
import fc from 'fast-check'
import { type ExecutionResult, graphql, isScalarType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { scalars } from './scalars.ts'
import { typeDefinitions } from './type-definitions.ts'

const LOG = 'abcdefghijkl'

test('money goes in and out as text and is whole cents inside', () => {
  const { Money } = scalars(LOG)
  expect(Money.parseValue('1234.5')).toBe(123450)
  expect(Money.serialize(123450)).toBe('1234.50')
})

test.each([
  [12.5, 'Money must be a decimal string with at most two fraction digits, such as "1234.00", not 12.5.'],
  ['12.345', 'Money must be a decimal string with at most two fraction digits, such as "1234.00", not "12.345".'],
  ['1e3', 'Money must be a decimal string with at most two fraction digits, such as "1234.00", not "1e3".'],
  [['1'], 'Money must be a decimal string with at most two fraction digits, such as "1234.00", not ["1"].'],
  [`${'9'.repeat(99)}.999`, `not "${'9'.repeat(56)}....`],
])('%j is not money, and the error says what is', async (amount, message) => {
  expect(await errorOf({ money: amount })).toContain(message)
})

test('a number literal is not money either, and the error points at it', async () => {
  const { errors } = await ask('{ echo(money: 12.5) }')
  expect(errors?.[0]?.message).toBe(
    'Money must be a decimal string with at most two fraction digits, such as "1234.00", not 12.5.',
  )
  expect(errors?.[0]?.locations).toEqual([{ line: 1, column: 15 }])
})

test.each([
  ['-12.00', -1200],
  ['90071992547409.91', Number.MAX_SAFE_INTEGER],
  ['90071992547409.92', Number.POSITIVE_INFINITY],
  ['-90071992547409.92', Number.NEGATIVE_INFINITY],
])('money %s is left to the check of the field that it is for', async (text, cents) => {
  expect(await received({ money: text })).toEqual({ money: cents })
})

test('a default amount of the schema is cents inside, as a given one is', async () => {
  expect(await received({})).toEqual({})
  const { data } = await ask('{ withDefault }')
  expect(data?.withDefault).toBe('10000000')
})

test.each([
  ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
  ['2026-01-02t03:04:05z', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02T03:04:05.6789Z', '2026-01-02T03:04:05.678Z'],
  ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
  ['2024-02-29T23:30:00-00:45', '2024-03-01T00:15:00.000Z'],
  ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  // Leap seconds, the first two as RFC 3339 writes them:
  ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
  ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
  ['2015-06-30T23:59:60.75Z', '2015-07-01T00:00:00.750Z'],
  ['2017-01-01T05:29:60+05:30', '2017-01-01T00:00:00.000Z'],
])('the instant %s is %s', async (text, utc) => {
  expect(await received({ time: text })).toEqual({ time: utc })
})

test.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-02T24:00:00Z',
  '2026-01-02T03:04:60Z',
  '2026-01-02T23:59:60Z',
  '2016-12-31T22:59:60Z',
  '2016-12-31T23:58:60Z',
  '2016-12-31T23:59:60+01:00',
  '2016-12-31T23:59:61Z',
  '10000-01-01T00:00:00Z',
  '2026-01-02T03:04:05+24:00',
  '2026-01-02T03:04:05',
  '2026-01-02 03:04:05Z',
  '2026-01-02',
  '',
  1767323045678,
])('%j is not an instant, and the error says what is', async (instant) => {
  expect(await errorOf({ time: instant })).toContain(
    `DateTime must be an instant as RFC 3339 text with an offset, such as "2026-01-02T03:04:05.678Z", not ${JSON.stringify(instant)}.`,
  )
})

test.each([
  '0000-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '9999-12-31T23:59:59-01:00',
  '9999-12-31T23:59:60Z',
])('the instant %s is out of range, not malformed', async (instant) => {
  const message = `DateTime must be in the years 0000 to 9999 in UTC, not "${instant}".`
  expect(await errorOf({ time: instant })).toContain(message)
  const { errors } = await ask(`{ echo(time: "${instant}") }`)
  expect(errors).toMatchObject([{ message, locations: [{ line: 1, column: 14 }] }])
})

test('every instant of the calendar is read as it was written, with any offset', () => {
  const { DateTime } = scalars(LOG)
  const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9998-12-31T00:00:00Z'), noInvalidDate: true }
  fc.assert(
    fc.property(fc.date(years), fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
      const two = (n: number) => String(n).padStart(2, '0')
      const written = `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
      expect(DateTime.parseValue(written)).toBe(date.toISOString())
    }),
  )
})

describe('a position', () => {
  test('is text outside and a number inside', async () => {
    const { Position } = scalars(LOG)
    expect(Position.serialize(42)).toBe(`${LOG}-42`)
    expect(await received({ position: `${LOG}-42` })).toEqual({ position: 42 })
  })

  test.each(['42', '', `${LOG}-`, `${LOG}-99999999999999999`, 42])('cannot be %j', async (text) => {
    expect(await errorOf({ position: text })).toContain(
      'Position must be text that this API returned, such as the position of a receipt, not ',
    )
  })

  test('of another log is distinguished by its code, as a variable', async () => {
    const { errors } = await ask('query ($position: Position) { echo(position: $position) }', {
      position: 'zzzzzzzzzzzz-1',
    })
    expect(errors?.[0]?.extensions.code).toBe('POSITION_OF_ANOTHER_LOG')
    expect(errors?.[0]?.message).toContain('Start again without it.')
  })

  test('of another log is distinguished by its code, inside an input object and as a literal', async () => {
    const inside = await ask('query ($in: Places) { echo(places: $in) }', { in: { position: 'zzzzzzzzzzzz-1' } })
    expect(inside.errors?.[0]?.extensions.code).toBe('POSITION_OF_ANOTHER_LOG')
    const literal = await ask('{ echo(position: "zzzzzzzzzzzz-1") }')
    expect(literal.errors?.[0]?.extensions.code).toBe('POSITION_OF_ANOTHER_LOG')
  })
})

test('JSON is given out as it is and cannot be an input', async () => {
  const { JSON: json } = scalars(LOG)
  expect(json.serialize({ a: [1, null] })).toEqual({ a: [1, null] })
  expect(() => json.parseValue({})).toThrow('JSON is an output type')
})

test('the scalars keep the descriptions and specifications of the schema', () => {
  const schema = makeExecutableSchema({ typeDefs: typeDefinitions, resolvers: scalars(LOG), ...tolerant })
  for (const name of ['DateTime', 'Money', 'Position', 'JSON']) {
    const type = schema.getType(name)
    expect(isScalarType(type) && type.description, name).toBeTruthy()
  }
  expect(schema.getType('DateTime')).toHaveProperty('specifiedByURL', 'https://www.rfc-editor.org/rfc/rfc3339')
})

// The interfaces and unions have no resolvers here.
const tolerant = { resolverValidationOptions: { requireResolversForResolveType: 'ignore' } } as const

const echo = makeExecutableSchema({
  typeDefs: `
    scalar DateTime scalar Money scalar Position scalar JSON
    input Places { position: Position }
    type Query {
      echo(money: Money, time: DateTime, position: Position, places: Places): String
      withDefault(money: Money = "100000.00"): String
      given: JSON
    }`,
  resolvers: {
    ...scalars(LOG),
    Query: {
      echo: (_: unknown, args: object) => {
        inputs.push(args)
        return 'received'
      },
      withDefault: (_: unknown, { money }: { money: number }) => String(money),
    },
  },
})

const inputs: object[] = []

function ask(source: string, variableValues: Record<string, unknown> = {}): Promise<ExecutionResult> {
  return graphql({ schema: echo, source, variableValues })
}

function echoed(args: Record<string, unknown>): Promise<ExecutionResult> {
  return ask(
    `query ($money: Money, $time: DateTime, $position: Position) { echo(money: $money, time: $time, position: $position) }`,
    args,
  )
}

/** The arguments that the resolver received when variables gave them. */
async function received(args: Record<string, unknown>): Promise<object | undefined> {
  const { errors } = await echoed(args)
  expect(errors).toBeUndefined()
  return inputs.at(-1)
}

/** The message of the error that the arguments lead to. */
async function errorOf(args: Record<string, unknown>): Promise<string | undefined> {
  const { errors } = await echoed(args)
  return errors?.[0]?.message
}
