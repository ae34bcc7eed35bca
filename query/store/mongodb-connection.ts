// The connection to MongoDB: majority reads and writes, and reads of which each sees what the one before has seen.
import { type ClientSession, type Db, MongoClient, type Timestamp } from 'mongodb'
import { messageOf } from '../../events/message-of.ts'

export interface Connection {
  database: Db
  /** Where the database is, for people: its name and the servers, without user and password. */
  place: string
  /**
   * Reads with the session: each read sees at least what this and earlier work has seen, whichever server answers. So what
   * is read after a checkpoint is never older than the checkpoint.
   */
  reading<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** How long what can hang may take, unless the URL says otherwise. */
const PATIENCE_MS = {
  // Long enough for a replica set to elect another primary, short enough for a client that waits for its answer.
  serverSelectionTimeoutMS: 10_000,
  connectTimeoutMS: 5_000,
  // A server that takes a request and never answers is given up.
  socketTimeoutMS: 60_000,
}

/**
 * Connects to the database with this name.
 * @param url a MongoDB connection string; `MONGODB_URL`
 * @throws Error that names the servers, not the password, when they cannot be reached or refuse
 */
export async function connect(url: string, name: string): Promise<Connection> {
  const client = makeClient(url)
  const { hosts, srvHost } = client.options
  const servers = srvHost ?? hosts.map(String).join(', ')
  try {
    await client.connect()
  } catch (error) {
    await client.close()
    throw new Error(`MongoDB at ${servers} (MONGODB_URL) cannot be used: ${messageOf(error)}`, { cause: error })
  }
  return { ...reads(client), database: client.db(name), place: `${name} at ${servers}`, close: () => client.close() }
}

function makeClient(url: string): MongoClient {
  // Options given here would override those of the URL.
  const patience = Object.fromEntries(Object.entries(PATIENCE_MS).filter(([option]) => !url.includes(`${option}=`)))
  try {
    return new MongoClient(url, {
      appName: 'creditline',
      // The journal: a server that stands alone would otherwise confirm what it loses in a crash.
      writeConcern: { w: 'majority', journal: true },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      ignoreUndefined: true,
      ...patience,
    })
  } catch (error) {
    // Without the cause: it may have the whole URL, and with it the password.
    const reason = messageOf(error).replaceAll(url, 'it')
    throw new Error(`MONGODB_URL is not a connection string such as mongodb://127.0.0.1:27017: ${reason}`)
  }
}

function reads(client: MongoClient): Pick<Connection, 'reading'> {
  let seen: Timestamp | undefined
  return {
    async reading(work) {
      const session = client.startSession({ causalConsistency: true })
      try {
        if (seen) session.advanceOperationTime(seen)
        return await work(session)
      } finally {
        // A server that stands alone tells no time.
        const { operationTime } = session
        if (operationTime && (!seen || operationTime.greaterThan(seen))) seen = operationTime
        await session.endSession()
      }
    },
  }
}
