// Opens the log and the views: the embedded ones, or a server where the settings name one. The projector's thread opens its own.

import type { EventStore } from '../../events/catalogue.ts'
import { openEventStoreDB, openLogOf, openSqliteEventStore } from '../../events/open-log.ts'
import { whileStarting } from '../../kernel/failures/at-start.ts'
import { messageOf } from '../../kernel/failures/message-of.ts'
import type { Logger } from '../../kernel/logger.ts'
import { assertSameHistory as assertKernelHistory } from '../../kernel/projecting/projector/same-history.ts'
import {
  logOfSqliteViews,
  openSqliteViewStore,
  type SqliteViewStoreOptions,
} from '../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import { type ViewStore, ViewsOfAnotherLog } from '../../kernel/projecting/store/view-store.ts'
import { recordedIdentity } from '../../kernel/store/log-identity.ts'
import { viewSet } from '../../query/views/index.ts'

/** Where log and views are: plain data, so that it can be handed to a thread. */
export interface StorePlaces {
  /** Instead of the embedded log, e.g. `esdb://127.0.0.1:2113?tls=false`. */
  eventstoreUrl?: string | undefined
  /** Instead of the embedded views, e.g. `mongodb://127.0.0.1:27017`. */
  mongodbUrl?: string | undefined
  /** Names the desk's own part of servers that it shares with others. */
  namespace?: string | undefined
  /** The files of the embedded stores. */
  files: { events: string; views: string }
}

export const USUAL_NAMESPACE = 'creditline'

/**
 * The log, begun where there is none yet. The clients of servers are loaded only where they are used: they are large.
 * @throws ViewsOfAnotherLog when there is no log, but there are views of one
 */
export async function openEventStore(places: StorePlaces, log: Logger): Promise<EventStore> {
  if (places.eventstoreUrl === undefined) return openLogOf(places.files.events, () => assertNoViews(places))
  const store = await connectEventStore(places.eventstoreUrl, places, log)
  try {
    if ((await recordedIdentity(store)) === undefined) await assertNoViews(places)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The log once more, for a thread of a process that has it open. */
export function joinEventStore(places: StorePlaces, log: Logger): Promise<EventStore> {
  return places.eventstoreUrl === undefined
    ? openSqliteEventStore({ file: places.files.events, joins: true })
    : connectEventStore(places.eventstoreUrl, places, log)
}

async function connectEventStore(
  eventstoreUrl: string,
  { namespace = USUAL_NAMESPACE }: StorePlaces,
  log: Logger,
): Promise<EventStore> {
  return openEventStoreDB({ url: eventstoreUrl, namespace, log })
}

/**
 * @param logId the identity of the log that the views are folded from
 * @param options see `SqliteViewStoreOptions`
 * @throws ViewsOfAnotherLog
 */
export async function openViewStore(
  { mongodbUrl, namespace = USUAL_NAMESPACE, files }: StorePlaces,
  logId: string,
  options: Pick<SqliteViewStoreOptions, 'anew' | 'lost' | 'checked' | 'onDamaged'> = {},
): Promise<ViewStore> {
  if (mongodbUrl === undefined) return openSqliteViewStore({ file: files.views, logId, ...viewSet, ...options })
  const { anew = false } = options
  const { openMongoViewStore } = await import('../../kernel/projecting/store/mongodb/mongodb-view-store.ts')
  return openMongoViewStore({ url: mongodbUrl, namespace, logId, ...viewSet, anew })
}

/**
 * How the steps of a start wait for servers that are away: `patiently(() => store.head())`. An embedded store is present
 * or damaged, so nothing waits for it.
 */
export function waitingForServers({ eventstoreUrl, mongodbUrl }: StorePlaces, log: Logger) {
  const servers = [eventstoreUrl && 'EventStoreDB (EVENTSTORE_URL)', mongodbUrl && 'MongoDB (MONGODB_URL)'].filter(
    Boolean,
  )
  return <Result>(step: () => Promise<Result>): Promise<Result> =>
    servers.length === 0 ? step() : whileStarting(step, { server: servers.join(' or '), log })
}

/**
 * Views without their log: it was moved, or its disk is not mounted. A new log would be taken for the right one.
 * @throws ViewsOfAnotherLog also when there is something in their place that does not show that it has no events behind it
 */
async function assertNoViews(places: StorePlaces) {
  const { eventstoreUrl, mongodbUrl, namespace = USUAL_NAMESPACE, files } = places
  const found = await foundInPlaceOfViews(places)
  if (found === undefined) return
  const [where, elsewhere] =
    eventstoreUrl === undefined
      ? [files.events, 'DATA_DIR to another directory']
      : [`the namespace ${namespace} of EventStoreDB`, 'NAMESPACE to another one']
  const which = mongodbUrl === undefined ? files.views : `the MongoDB database ${namespace}`
  throw new ViewsOfAnotherLog(
    `There is no log in ${where}, but the views in ${which} ${found}. Put the log back. To start a new one, set ${elsewhere}.`,
  )
}

/** A phrase for a message about the log of the views; `undefined` when there are no views. */
async function foundInPlaceOfViews({ mongodbUrl, namespace = USUAL_NAMESPACE, files }: StorePlaces) {
  try {
    const logId =
      mongodbUrl === undefined
        ? await logOfSqliteViews(files.views)
        : await (await import('../../kernel/projecting/store/mongodb/mongodb-view-store.ts')).logOfMongoViews({
            url: mongodbUrl,
            namespace,
          })
    return logId && `were folded from the log ${logId}`
  } catch (error) {
    if (mongodbUrl !== undefined) throw error
    return `cannot be read (${messageOf(error)}), and may have been folded from a log`
  }
}

/** Compares the views with the log. See the function of the kernel. */
export function assertSameHistory(views: ViewStore, store: EventStore, places: StorePlaces): Promise<void> {
  const which =
    places.mongodbUrl === undefined ? places.files.views : `the MongoDB database ${places.namespace ?? USUAL_NAMESPACE}`
  return assertKernelHistory(views, store, which)
}
