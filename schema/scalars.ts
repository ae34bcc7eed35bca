// The scalars of the schema: how DateTime, Money, Position and JSON are read from requests and written to answers.
import { buildSchema, GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql'
import { formatMoney, parseMoney } from '../events/money.ts'
import { formatPosition, parsePosition } from '../kernel/store/position.ts'
import { typeDefinitions } from './type-definitions.ts'

/**
 * Resolvers for the scalars. Inside, a DateTime is RFC 3339 text in UTC with milliseconds, Money is integer cents (±Infinity for an
 * input that is too large, so that the check of the field can name it), a Position is a number.
 * @param logId the log whose positions are accepted; one of another log is an error with the code POSITION_OF_ANOTHER_LOG
 */
export function scalars(logId: string) {
  return {
    DateTime: textScalar<string>({
      name: 'DateTime',
      expected: 'an instant as RFC 3339 text with an offset, such as "2026-01-02T03:04:05.678Z"',
      read: readInstant,
      write: (instant) => instant,
    }),
    Money: textScalar<number>({
      name: 'Money',
      expected: 'a decimal string with at most two fraction digits, such as "1234.00"',
      read: parseMoney,
      write: formatMoney,
    }),
    Position: textScalar<number>({
      name: 'Position',
      expected: 'text that this API returned, such as the position of a receipt',
      read: (text, node) => readPosition(logId, text, node),
      write: (position) => formatPosition(logId, position),
    }),
    JSON: new GraphQLScalarType({ ...declared('JSON'), parseValue: refuseJson, parseLiteral: refuseJson }),
  }
}

interface TextScalar<Internal> {
  name: string
  /** Describes valid input; it follows "Money must be". */
  expected: string
  /** `undefined` for text that is not as expected. @throws GraphQLError for text that has the form and cannot be used */
  read(text: string, node: ValueNode | null): Internal | undefined
  write(value: Internal): string
}

function textScalar<Internal>({ name, expected, read, write }: TextScalar<Internal>) {
  const readOrRefuse = (text: unknown, shown: () => string | undefined, node: ValueNode | null): Internal => {
    const value = typeof text === 'string' ? read(text, node) : undefined
    if (value !== undefined) return value
    throw new GraphQLError(`${name} must be ${expected}, not ${shortened(shown() ?? typeof text)}.`, { nodes: node })
  }
  return new GraphQLScalarType<Internal, string>({
    ...declared(name),
    serialize: (value) => write(value as Internal),
    parseValue: (value) => readOrRefuse(value, () => JSON.stringify(value), null),
    parseLiteral: (node) => readOrRefuse(node.kind === Kind.STRING ? node.value : undefined, () => print(node), node),
  })
}

const schema = buildSchema(typeDefinitions)

/** The declaration of a scalar in the schema: makeExecutableSchema of @graphql-tools/schema 10.1 would lose it. */
function declared(name: string) {
  const { description, specifiedByURL } = schema.getType(name) as GraphQLScalarType
  return { name, description, specifiedByURL }
}

const RFC_3339 = /^(\d{4}-\d\d-\d\dt\d\d:\d\d):(\d\d)(?:\.(\d+))?(?:z|([+-])(\d\d):(\d\d))$/i

function readInstant(text: string, node: ValueNode | null): string | undefined {
  const match = RFC_3339.exec(text)
  if (!match) return undefined
  const [, minute = '', second = '', fraction = '', sign, hours = '00', minutes = '00'] = match
  if (hours > '23' || minutes > '59') return undefined
  const isLeap = second === '60'
  const local = `${minute.toUpperCase()}:${isLeap ? '59' : second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const instant = Date.parse(local)
  // Date.parse makes 2 March of 30 February: only a result that is the same as the input is a date of the calendar.
  if (Number.isNaN(instant) || new Date(instant).toISOString() !== local) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  // POSIX time has no leap seconds: it counts one as the second that follows.
  const utc = new Date(instant - offset + (isLeap ? 1_000 : 0))
  if (isLeap && !beginsMonth(utc)) return undefined
  // A year beyond 0000 to 9999 is written with more digits.
  if (utc.toISOString().length === local.length) return utc.toISOString()
  throw new GraphQLError(`DateTime must be in the years 0000 to 9999 in UTC, not ${JSON.stringify(shortened(text))}.`, {
    nodes: node,
  })
}

/** Leap seconds are added at the end of a month in UTC, and nowhere else. */
function beginsMonth(utc: Date): boolean {
  return utc.getUTCDate() === 1 && utc.getUTCHours() === 0 && utc.getUTCMinutes() === 0 && utc.getUTCSeconds() === 0
}

function readPosition(logId: string, text: string, node: ValueNode | null): number | undefined {
  const position = parsePosition(logId, text)
  if (position === 'malformed') return undefined
  if (position !== 'another-log') return position
  throw new GraphQLError(`Position ${JSON.stringify(text)} belongs to another event log. Start again without it.`, {
    nodes: node,
    extensions: { code: 'POSITION_OF_ANOTHER_LOG' },
  })
}

function refuseJson(): never {
  throw new GraphQLError('JSON is an output type and cannot be an input.')
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
