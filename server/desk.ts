// The whole desk in one process, put together in the order in which data flows. Whoever reads this file knows the system.
import { createRequire } from 'node:module'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { openCommandHandler } from '../command/handling/command-handler.ts'
import { mutations } from '../command/mutations/index.ts'
import { placement } from '../command/placement/placement.ts'
import { startSagas } from '../command/saga/runner.ts'
import { logIdentity } from '../events/log-identity.ts'
import { createLoaders } from '../query/context.ts'
import { openFeed } from '../query/feed/feed.ts'
import { queryResolvers } from '../query/resolvers/index.ts'
import { exampleOperations } from '../schema/operations.ts'
import { scalars } from '../schema/scalars.ts'
import { typeDefinitions } from '../schema/type-definitions.ts'
import { closeBackwards } from './close-backwards.ts'
import { openDataDirectory } from './data-directory.ts'
import { deskHealth } from './desk-health.ts'
import { startGateway } from './http.ts'
import { openLog } from './log.ts'
import { startProjectorThread } from './projector-thread.ts'
import type { Settings } from './settings.ts'
import { assertNotAhead, openEventStore, openViewStore, type StorePlaces } from './stores.ts'

const packageJson = createRequire(import.meta.url)('../package.json') as { version: string }

export interface Desk {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  url: string
  /** Lets commands that are under way finish, ends subscriptions properly, and closes everything. */
  close(): Promise<void>
}

/**
 * Starts a desk: everything embedded, but for what the settings name a server for.
 * @throws DataDirectoryUnusable, ViewsOfAnotherLog, or when the address is taken
 */
export async function startDesk(settings: Settings): Promise<Desk> {
  const log = openLog(settings.logLevel)
  const opened = closeBackwards()
  try {
    const directory = await openDataDirectory(settings.dataDirectory)
    opened.push(() => directory.release())

    const { eventstoreUrl, mongodbUrl, namespace } = settings
    const files = { events: directory.events, views: directory.views }
    const places: StorePlaces = { eventstoreUrl, mongodbUrl, namespace, files }
    const store = await openEventStore(places, log)
    opened.push(() => store.close())
    const logId = await logIdentity(store)
    const startedAt = await store.head()

    const views = await openViewStore(places, logId)
    opened.push(() => views.close())
    await assertNotAhead(views, store, places)

    const feed = await openFeed({ views, log })
    opened.push(() => feed.close())

    const projector = startProjectorThread({ places, logId, logLevel: settings.logLevel }, feed.look, log)
    opened.push(() => projector.stop())

    const bus = openCommandHandler(store)

    const sagas = await startSagas({ saga: placement, store, bus, log })
    opened.push(() => sagas.stop())

    const reads = { views, feed, currency: 'EUR', version: packageJson.version }
    const gateway = await startGateway({
      host: settings.host,
      port: settings.port,
      schema: makeExecutableSchema({
        typeDefs: typeDefinitions,
        resolvers: [scalars(logId), queryResolvers, { Mutation: mutations }],
      }),
      context: () => ({ reads, bus, loaders: createLoaders(views) }),
      operations: exampleOperations(),
      health: () => deskHealth({ store, projector, feed, sagas, startedAt }),
      log,
    })
    opened.push(() => gateway.close())
    return { url: gateway.url, close: opened.close }
  } catch (error) {
    await opened.close()
    throw error
  }
}
