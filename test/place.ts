// Where a desk under test keeps its data and talks: embedded in its data directory, or on the servers that the environment names, in a
// namespace of its own.
import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import type { StorePlaces } from '../server/desk/stores.ts'
import type { Settings } from '../server/settings/settings.ts'

export interface Place {
  /** For a desk in this process. */
  settings: Pick<Settings, 'dataDirectory' | 'eventstoreUrl' | 'mongodbUrl' | 'natsUrl' | 'namespace'>
  /** For a desk in a process of its own. */
  env: Record<string, string>
  /** For who looks at the data himself. */
  stores: StorePlaces
}

/** No server at all, regardless of the environment. */
export const embedded = { EVENTSTORE_URL: '', MONGODB_URL: '', NATS_URL: '' }

const run = randomUUID()

/** The same directory is the same place, and another run of the tests has other places. */
export function placeOf(
  dataDirectory: string,
  servers: Readonly<Record<string, string | undefined>> = process.env,
): Place {
  const namespace = `t${createHash('sha1').update(`${run} ${dataDirectory}`).digest('hex').slice(0, 16)}`
  const [eventstoreUrl, mongodbUrl, natsUrl] = [servers.EVENTSTORE_URL, servers.MONGODB_URL, servers.NATS_URL].map(
    (url) => url || undefined,
  )
  const files = { events: join(dataDirectory, 'events.db'), views: join(dataDirectory, 'views.db') }
  return {
    settings: { dataDirectory, eventstoreUrl, mongodbUrl, natsUrl, namespace },
    env: {
      DATA_DIR: dataDirectory,
      EVENTSTORE_URL: eventstoreUrl ?? '',
      MONGODB_URL: mongodbUrl ?? '',
      NATS_URL: natsUrl ?? '',
      NAMESPACE: namespace,
    },
    stores: { eventstoreUrl, mongodbUrl, namespace, files },
  }
}

/** Drops the views that a place has on a server. Its events stay: a log forgets nothing. */
export async function clear({ stores: { mongodbUrl, namespace } }: Place): Promise<void> {
  if (mongodbUrl === undefined || namespace === undefined) return
  const client = await MongoClient.connect(mongodbUrl)
  await client.db(namespace).dropDatabase()
  await client.close()
}
