// The settings of the desk: what the environment may say, and which sentence answers what it may not.
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Coordination } from '../../events/catalogue.ts'
import { readAllowed } from '../http/host-names.ts'
import { currencyOf, whyNoCurrency } from './currency.ts'
import { misspells } from './misspelt.ts'
import { type Program, readOptions } from './options.ts'

export interface Settings {
  port: number
  host: string
  /** The names of the desk besides those of loopback (default: none on a loopback address, else all). */
  allowedHosts?: readonly string[] | undefined
  /** An absolute path. */
  dataDirectory: string
  logLevel: LogLevel
  /** Instead of the embedded log. */
  eventstoreUrl?: string | undefined
  /** Instead of the embedded views. */
  mongodbUrl?: string | undefined
  /** Where commands and hints travel between processes; without it the desk is one process. */
  natsUrl?: string | undefined
  /** Names the desk's own part of servers that it shares with others (default `creditline`). */
  namespace?: string | undefined
  /** The parts of the desk that run in this process (default: all). */
  roles?: readonly Role[] | undefined
  /** How long the placement of an order may take before it is rejected as TIMED_OUT (default 60,000). */
  placementTimeoutMs?: number | undefined
  /** How orders that are placed here are coordinated (default: orchestration). */
  coordination?: Coordination | undefined
  /** The ISO 4217 code of the currency that the log must be in (default: whichever it is in, and EUR for a new one). */
  currency?: string | undefined
  /** Whether the views that are there are dropped at the start, and built anew from the log (default: no). */
  rebuildViews?: boolean | undefined
  /** Whether the desk begins with orders, as the demo does: the playground shows them first. */
  filled?: boolean | undefined
}

export const roles = ['gateway', 'command', 'saga', 'projector'] as const
export type Role = (typeof roles)[number]

export type LogLevel = z.infer<typeof logLevel>

const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])

const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((number) => number <= 65_535)

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
const host = z.string().refine((text) => isIP(text) !== 0 || (hostName.test(text) && !/^[\d.]+$/.test(text)))

const hostList = z
  .string()
  .transform((text) => (text === '' ? undefined : text.split(',').map((name) => name.trim())))
  .refine((listed) => listed?.every((name) => readAllowed(name) !== undefined) ?? true)

const directory = z
  .string()
  .refine((path) => path.trim() !== '' && !path.includes('\0'))
  .transform((path) => resolve(path))

/** Empty is none: what is embedded is used. Whether a server answers there is found out at the start. */
const url = (form: RegExp) =>
  z
    .string()
    .refine((text) => text === '' || form.test(text))
    .transform((text) => (text === '' ? undefined : text))

const rolesList = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(roles)).nonempty())
  .refine((listed) => new Set(listed).size === listed.length)

const MOST_SECONDS = 86_400
const seconds = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((number) => number >= 1 && number <= MOST_SECONDS)

const coordination = z.enum(['orchestration', 'choreography'] satisfies Coordination[])

/** Empty is none, as with an address. */
const currency = z
  .string()
  .refine((text) => text === '' || currencyOf(text) !== undefined)
  .transform(currencyOf)

/** Part of stream and database names: without a hyphen, which ends the category of a stream. */
const namespace = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)

const shapes = z.object({
  PORT: port,
  HOST: host,
  ALLOWED_HOSTS: hostList,
  DATA_DIR: directory,
  LOG_LEVEL: logLevel,
  EVENTSTORE_URL: url(/^esdb(\+discover)?:\/\/\S+$/),
  MONGODB_URL: url(/^mongodb(\+srv)?:\/\/\S+$/),
  NATS_URL: url(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/),
  NAMESPACE: namespace,
  ROLES: rolesList,
  PLACEMENT_TIMEOUT: seconds,
  SAGA: coordination,
  CURRENCY: currency,
})

/** The name of a setting. */
export type Setting = keyof typeof shapes.shape

interface Known {
  usual: string
  right: string
  meaning: string
  /** Returns a further reason why a value is wrong, as a sentence. */
  why?(value: string): string
}

const known: Record<Setting, Known> = {
  PORT: { usual: '4000', right: 'a whole number from 0 to 65535', meaning: 'TCP port; 0 takes a free one' },
  HOST: { usual: '127.0.0.1', right: 'an IP address or a host name', meaning: 'address to listen on' },
  ALLOWED_HOSTS: {
    usual: '',
    right: 'host names or IP addresses such as desk.example or *.desk.example, separated by commas',
    meaning: 'host names of the desk besides localhost; requests for other hosts are refused',
  },
  DATA_DIR: { usual: './data', right: 'a path', meaning: 'directory of the event log and the views' },
  LOG_LEVEL: {
    usual: 'info',
    right: `one of ${logLevel.options.join(', ')}`,
    meaning: `lowest severity that is logged: ${logLevel.options.join(', ')}`,
  },
  EVENTSTORE_URL: {
    usual: '',
    right: 'an EventStoreDB connection string such as esdb://127.0.0.1:2113?tls=false',
    meaning: 'an EventStoreDB to use instead of the embedded log',
  },
  MONGODB_URL: {
    usual: '',
    right: 'a MongoDB connection string such as mongodb://127.0.0.1:27017',
    meaning: 'a MongoDB to use instead of the embedded views',
  },
  NATS_URL: {
    usual: '',
    right: 'a NATS address such as nats://127.0.0.1:4222, or several, separated by commas',
    meaning: 'NATS servers that carry commands and hints between processes',
  },
  NAMESPACE: {
    usual: 'creditline',
    right: 'one of a-z followed by up to 39 of a-z 0-9 _',
    meaning: 'name that separates the desk from others on the same servers',
  },
  ROLES: {
    usual: roles.join(','),
    right: `one or more of ${roles.join(', ')}, each once, separated by commas`,
    meaning: 'roles of the desk that run in this process',
  },
  PLACEMENT_TIMEOUT: {
    usual: '60',
    right: `a whole number of seconds from 1 to ${MOST_SECONDS}`,
    meaning: 'seconds to reserve the credit and stock of an order; after that it is rejected',
  },
  SAGA: {
    usual: 'orchestration',
    right: `one of ${coordination.options.join(', ')}`,
    meaning: 'how new orders are coordinated: by a saga, or by policies and the order itself',
  },
  CURRENCY: {
    usual: 'EUR',
    right: 'the ISO 4217 code of a currency with two minor digits, such as EUR or GBP',
    meaning: 'ISO 4217 code of the currency of all amounts; the first start records it, and it never changes',
    why: whyNoCurrency,
  },
}

const names = Object.keys(known) as Setting[]

export const settingsNames: readonly Setting[] = names

/**
 * Reads the settings.
 *
 * @param env the environment, as in `process.env`
 * @param argv the arguments after the name of the program, of which every one must be an option: see options.ts
 * @returns the settings, or one sentence for everything that is wrong, each naming it and what would be right
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  program: Program = 'start',
): Settings | string[] {
  const read = shapes.safeParse(Object.fromEntries(names.map((name) => [name, env[name] ?? known[name].usual])))
  const malformed = names.filter((name) => read.error?.issues.some((issue) => issue.path[0] === name))
  const options = readOptions(argv, program)
  const complaints = [
    ...options.unknown.map(unknownArgument),
    ...Object.keys(env).flatMap((name) => unknownVariable(name, env)),
    ...malformed.map((name) => malformation(name, env[name])),
  ]
  if (complaints.length > 0 || !read.success) return complaints
  const {
    PORT,
    HOST,
    ALLOWED_HOSTS,
    DATA_DIR,
    LOG_LEVEL,
    EVENTSTORE_URL,
    MONGODB_URL,
    NATS_URL,
    NAMESPACE,
    ROLES,
    PLACEMENT_TIMEOUT,
    SAGA,
    CURRENCY,
  } = read.data
  if (NATS_URL === undefined && ROLES.length < roles.length) return [aloneWithoutNats(ROLES)]
  return {
    port: PORT,
    host: HOST,
    allowedHosts: ALLOWED_HOSTS,
    dataDirectory: DATA_DIR,
    logLevel: LOG_LEVEL,
    eventstoreUrl: EVENTSTORE_URL,
    mongodbUrl: MONGODB_URL,
    natsUrl: NATS_URL,
    namespace: NAMESPACE,
    roles: ROLES,
    placementTimeoutMs: PLACEMENT_TIMEOUT * 1_000,
    coordination: SAGA,
    // Without the setting, the desk takes the currency that the log has.
    currency: env.CURRENCY === undefined ? undefined : CURRENCY,
    ...(options.given.has('rebuild-views') && { rebuildViews: true }),
  }
}

function aloneWithoutNats(listed: readonly Role[]): string {
  const missing = roles.filter((role) => !listed.includes(role)).join(', ')
  return `ROLES omits ${missing}, so NATS_URL must be set: commands and hints travel over NATS to the processes with those roles.`
}

/** Settings with their defaults and meanings, one a line, for people. */
export function settingsHelp(listed: readonly Setting[] = names): string {
  const width = Math.max(...listed.map((name) => name.length))
  const usualWidth = Math.max(...listed.map((name) => known[name].usual.length))
  return listed
    .map((name) => `${name.padEnd(width)}  ${known[name].usual.padEnd(usualWidth)}  ${known[name].meaning}`)
    .join('\n')
}

function malformation(name: Setting, value: string | undefined): string {
  const { right, why } = known[name]
  // A connection string may hold a password.
  if (name.endsWith('_URL')) return `${name} must be ${right}.`
  const sentence = `${name} is ${JSON.stringify(value)}, but must be ${right}.`
  return why && value !== undefined ? `${sentence} ${why(value)}` : sentence
}

function unknownArgument(argument: string): string {
  const sentence = `The argument ${JSON.stringify(argument)} is not known.`
  const meant = names.find((name) =>
    misspells(argument.replace(/^-+/, '').replace(/=.*$/s, '').replaceAll('-', '_'), name),
  )
  return meant === undefined ? sentence : `${sentence} ${meant} is a setting: set the environment variable ${meant}.`
}

/** Kubernetes gives each container the addresses of the services in its namespace, in variables that begin with the service's name. */
function isOfService(name: string, value = ''): boolean {
  return /^CREDITLINE_(\w+_)?(SERVICE_(HOST|PORT)|PORT_\d+_)/.test(name) || /^(tcp|udp|sctp):/.test(value)
}

function unknownVariable(name: string, env: Readonly<Record<string, string | undefined>>): string[] {
  if (name in known || isOfService(name, env[name])) return []
  const prefixed = /^CREDITLINE_?(.*)$/i.exec(name)
  const meant =
    names.find((setting) => misspells(prefixed?.[1] ?? name, setting)) ??
    // Of another program, maybe, where the setting itself is there.
    names.find((setting) => otherNames[setting]?.includes(name) && !(setting in env))
  if (meant !== undefined) return [`${name} is not a setting: did you mean ${meant}?`]
  return prefixed?.[0].includes('_') ? [`${name} is not a setting. The settings are ${names.join(', ')}.`] : []
}

/** As others call the same thing. Passed over, a desk would keep its books in an embedded store that is thought to be elsewhere. */
const otherNames: Partial<Record<Setting, readonly string[]>> = {
  EVENTSTORE_URL: ['EVENTSTORE', 'EVENTSTOREDB', 'EVENTSTOREDB_URL', 'EVENTSTORE_URI', 'EVENTSTORE_CONNECTION_STRING'],
  MONGODB_URL: ['MONGO', 'MONGODB', 'MONGO_URL', 'MONGO_URI', 'MONGODB_URI', 'MONGODB_CONNECTION_STRING'],
  NATS_URL: ['NATS', 'NATS_URI', 'NATS_SERVERS'],
  DATA_DIR: ['DATA_DIRECTORY', 'DATA_PATH'],
  PLACEMENT_TIMEOUT: ['PLACEMENT_TIMEOUT_MS', 'PLACEMENT_TIMEOUT_SECONDS'],
  SAGA: ['SAGAS', 'SAGA_STYLE', 'COORDINATION'],
  CURRENCY: ['CURRENCY_CODE', 'DEFAULT_CURRENCY'],
}
