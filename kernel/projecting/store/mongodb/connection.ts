// The connection to MongoDB: majority reads and writes. Each read sees at least the state of the read before.
import { type ClientSession, type Db, MongoClient, ReadConcern, type Timestamp } from 'mongodb'
import { unreachableServerMessage } from '../../../failures/advice.ts'
import { messageOf } from '../../../failures/message-of.ts'
import { withTimeout } from '../../../failures/with-timeout.ts'
import { StoreUnavailable } from '../../../store/event-store.ts'
import { asThrown, cannotBeUsed, isAway } from './errors.ts'

/** Reads and writes of which each sees what those before it have seen and written. */
export interface Ordered {
  /**
   * Reads with the session: each read sees at least the state of this and earlier work, on every server. So a read
   * after the checkpoint is never older than the checkpoint.
   * @throws StoreUnavailable while the server cannot be reached, or when it has not answered for four seconds
   */
  reading<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result>
  /**
   * Writes with the session: later reads see it. A majority alone does not guarantee that: a new primary may answer for
   * a moment from a state before the old one's last confirmed write.
   * @throws StoreUnavailable while the server cannot be reached
   */
  writing<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result>
}

export interface Connection extends Ordered {
  database: Db
  /** The name of the database for people: its name and the servers, without user and password. */
  place: string
  close(): Promise<void>
}

/** The limits of operations that can hang, unless the URL sets others. */
const PATIENCE_MS = {
  // Long enough for a primary that steps down, and no longer than a read may take. After a crash an election may take
  // 12 s: the projector, and a start, retry until it is over.
  serverSelectionTimeoutMS: 4_000,
  connectTimeoutMS: 5_000,
  // A server that accepts a request and never answers is given up.
  socketTimeoutMS: 60_000,
  // Readers have left by then.
  waitQueueTimeoutMS: 10_000,
}

/** A caller waits for a read. The client (7.8) has no limit for a read on a server that hangs. */
const READ_WITHIN_MS = 4_000

/** Set on the database: on the client, some of it would yield to the URL. */
const SAFE = {
  // The journal: otherwise a standalone server would confirm writes that it loses in a crash.
  writeConcern: { w: 'majority', journal: true },
  readConcern: new ReadConcern('majority'),
} as const

/** MongoDB's own: the content of `local`, for example, exists on no other member of a replica set. */
const RESERVED: readonly string[] = ['admin', 'config', 'local']

/**
 * Connects to the database with this name.
 * @param url a MongoDB connection string; `MONGODB_URL`
 * @throws Error when the name is one of MongoDB's own databases
 * @throws Error that names the servers, not the password, when they cannot be reached or refuse
 */
export async function connect(url: string, name: string): Promise<Connection> {
  if (RESERVED.includes(name))
    throw new Error(`NAMESPACE cannot be ${name}: MongoDB has a database of its own by that name.`)
  const client = makeClient(url)
  const { hosts, srvHost } = client.options
  const servers = srvHost ?? hosts.map(String).join(', ')
  try {
    await client.connect()
  } catch (error) {
    await client.close()
    const Failure = isAway(error) ? StoreUnavailable : Error
    throw new Failure(unreachableServerMessage(cannotBeUsed(servers, error), 'MONGODB_URL'), { cause: error })
  }
  return {
    ...ordered(client, servers),
    database: client.db(name, SAFE),
    place: `${name} at ${servers}`,
    close: () => client.close(),
  }
}

function makeClient(url: string): MongoClient {
  // Options given here would override those of the URL, where case does not matter.
  const isSaid = (option: string) => url.toLowerCase().includes(`${option.toLowerCase()}=`)
  const patience = Object.fromEntries(Object.entries(PATIENCE_MS).filter(([option]) => !isSaid(option)))
  try {
    return new MongoClient(url, {
      appName: 'creditline',
      readPreference: 'primary',
      ignoreUndefined: true,
      ...patience,
    })
  } catch (error) {
    // Without the cause: it may contain the whole URL, and with it the password.
    const reason = messageOf(error).replaceAll(url, 'it')
    throw new Error(`MONGODB_URL is not a connection string such as mongodb://127.0.0.1:27017: ${reason}`)
  }
}

function ordered(client: MongoClient, servers: string): Ordered {
  let seen: Timestamp | undefined

  async function inSession<Result>(after: Timestamp | undefined, work: (session: ClientSession) => Promise<Result>) {
    const session = client.startSession({ causalConsistency: true })
    try {
      if (after) session.advanceOperationTime(after)
      return await work(session)
    } catch (error) {
      throw asThrown(error, servers)
    } finally {
      // A standalone server reports no time.
      const { operationTime } = session
      if (operationTime && (!seen || operationTime.greaterThan(seen))) seen = operationTime
      await session.endSession()
    }
  }
  return {
    reading: (work) =>
      withTimeout(READ_WITHIN_MS, inSession(seen, work), () => {
        throw new StoreUnavailable(cannotBeUsed(servers, `no answer for ${READ_WITHIN_MS / 1_000} seconds`))
      }),
    writing: (work) => inSession(undefined, work),
  }
}
