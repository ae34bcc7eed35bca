// The infrastructure of every part of a desk: the log with its identity, the views, and the messages to other processes.

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { EventStore } from '../../events/catalogue.ts'
import { logCurrency } from '../../events/log-currency.ts'
import type { Messaging } from '../../kernel/messaging/messaging.ts'
import { logIdentity } from '../../kernel/store/log-identity.ts'
import type { Position } from '../../kernel/store/position.ts'
import { openLog } from '../process/log.ts'
import { type LogLevel, type Role, roles, type Settings } from '../settings/settings.ts'
import type { Opened } from './close-backwards.ts'
import { openDataDirectory } from './data-directory.ts'
import { openEventStore, type StorePlaces, USUAL_NAMESPACE, waitingForServers } from './stores.ts'

export interface Infrastructure {
  log: Logger
  logLevel: LogLevel
  /** The parts that run in this process. */
  roles: ReadonlySet<Role>
  places: StorePlaces
  store: EventStore
  logId: string
  /** Of all amounts in the log, as an ISO 4217 code. */
  currency: string
  /** The newest event when the desk started: until the views have it, they show the past. */
  startedAt: Position
  /** To the processes that have other parts, or the same ones as standbys; `undefined` when there are none. */
  messaging: Messaging | undefined
  /** The prefix of all subjects. It includes the log, so desks with different logs receive nothing from each other. */
  namespace: string
  /** Nobody else appends to the log: no lease is needed, and what is remembered of a stream is how it is stored. */
  alone: boolean
  /** Distinguishes this process from all others, present and past. */
  holder: string
}

/** The amounts in the log are in another currency than the settings name. */
export class OtherCurrency extends Error {
  override name = 'OtherCurrency'
}

/**
 * Opens what the settings name.
 * @throws DataDirectoryUnusable, OtherCurrency, or an Error that names the server that cannot be reached
 */
export async function openInfrastructure(settings: Settings, opened: Opened): Promise<Infrastructure> {
  const { eventstoreUrl, mongodbUrl, natsUrl, namespace = USUAL_NAMESPACE, logLevel } = settings
  const log = openLog(logLevel)
  const isEmbedded = eventstoreUrl === undefined || mongodbUrl === undefined
  const files = isEmbedded ? await takeFiles(settings, opened) : { events: '', views: '' }
  const places = { eventstoreUrl, mongodbUrl, namespace, files }

  const patiently = waitingForServers(places, log)
  const store = await patiently(() => openEventStore(places, log))
  opened.push(() => store.close())
  const logId = await patiently(() => logIdentity(store))
  const currency = await patiently(() => currencyOf(store, settings, places))
  const startedAt = await patiently(() => store.head())
  const messaging = natsUrl === undefined ? undefined : await connectMessaging(natsUrl, log)
  if (messaging) opened.push(() => messaging.close())

  return {
    log,
    logLevel,
    roles: new Set(settings.roles ?? roles),
    places,
    store,
    logId,
    currency,
    startedAt,
    messaging,
    namespace: `${namespace}.${logId}`,
    alone: eventstoreUrl === undefined && natsUrl === undefined,
    holder: `${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}`,
  }
}

async function currencyOf(store: EventStore, { currency: wanted }: Settings, places: StorePlaces): Promise<string> {
  const currency = await logCurrency(store, wanted)
  if (wanted === undefined || wanted === currency) return currency
  const { eventstoreUrl, namespace, files } = places
  const [log, other] =
    eventstoreUrl === undefined
      ? [`in ${files.events}`, 'DATA_DIR']
      : [`of NAMESPACE ${namespace} on the EventStoreDB`, 'NAMESPACE']
  throw new OtherCurrency(
    `CURRENCY is ${wanted}, but the log ${log} has amounts in ${currency}, and its currency never changes. Set CURRENCY to ${currency}, or omit it. For a desk in ${wanted}, set another ${other}.`,
  )
}

async function takeFiles({ dataDirectory, natsUrl }: Settings, opened: Opened): Promise<StorePlaces['files']> {
  const directory = await openDataDirectory(dataDirectory, natsUrl === undefined ? 'alone' : 'shared')
  opened.push(() => directory.release())
  return { events: directory.events, views: directory.views }
}

/** The client is loaded only where it is used. */
async function connectMessaging(url: string, log: Logger): Promise<Messaging> {
  const { openNats } = await import('../../kernel/messaging/nats.ts')
  return openNats({ url, log })
}
