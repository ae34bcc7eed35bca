// The client of EventStoreDB: the calls that the adapter needs, and one client for all stores of a process with the same address.
import { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client'
import { within } from '../../failures/with-timeout.ts'

export type Client = Pick<
  EventStoreDBClient,
  'appendToStream' | 'setStreamMetadata' | 'readStream' | 'readAll' | 'subscribeToAll'
>

export interface SharedClient {
  client: Client
  /** Sees to it that the client can append: throws where it cannot yet, and then nothing was sent. */
  ready(): Promise<void>
  /** To be called once, when nothing of this user is under way; the last one closes the connection. */
  release(): Promise<void>
}

const clients = new Map<string, { client: EventStoreDBClient; users: number }>()
let disposed: Promise<void> = Promise.resolve()

/**
 * A client for a connection string (esdb://…). It is shared, because the appends of all clients of a process wait in one table of the
 * client library (6.2.1): when the connection of one ends, the appends of all others fail with it, and an answer that comes for one of
 * them afterwards is an exception that nobody can catch.
 * @throws Error when the text is no connection string, or prefers followers; it does not repeat the text, which may hold a password
 */
export async function sharedClient(url: string): Promise<SharedClient> {
  await disposed
  const shared = clients.get(url) ?? { client: connectionTo(url), users: 0 }
  shared.users++
  clients.set(url, shared)
  return {
    client: shared.client,
    ready: () => ready(shared.client),
    async release() {
      if (--shared.users > 0) return
      clients.delete(url)
      disposed = dispose(shared.client)
      await disposed
    },
  }
}

function connectionTo(url: string): EventStoreDBClient {
  if (prefersFollowers(url)) {
    throw new Error(
      'EVENTSTORE_URL cannot be used: its nodePreference has to be leader, or left out. All reads require the leader: other nodes may not have yet what was just appended.',
    )
  }
  try {
    return connectingInTime(leavingNothingBehind(clientFor(url)))
  } catch {
    throw new Error(
      'EVENTSTORE_URL cannot be used: it has to be like esdb://localhost:2113?tls=false, or esdb://a:2113,b:2113,c:2113 for a cluster, with names of files that are there.',
    )
  }
}

function prefersFollowers(url: string): boolean {
  return parametersOf(url).some(([name, value]) => name === 'nodepreference' && value !== 'leader')
}

/** Names and values in lower case. The client (6.2.1) takes them in any case, with hyphens and underscores anywhere. */
function parametersOf(url: string): [name: string, value: string][] {
  const flat = (text = '') => text.replace(/[\s_-]|\/+$/g, '').toLowerCase()
  const parameters = url.trim().split(/[?&]/).slice(1)
  return parameters.map((parameter) => parameter.split('=')).map(([name, value]) => [flat(name), flat(value)])
}

/**
 * A server that hangs keeps its connections open. By these values one is left after four seconds at most, and a node that hangs holds up
 * the search for the leader for two more at most. Usual for the client (6.2.1) are 10 s, 10 s and 5 s. A ping that is sent while the event
 * loop of this process is free is answered within milliseconds, so a loop that is busy for seconds seldom has one under way.
 */
const PATIENCE = { keepAliveInterval: 1_000, keepAliveTimeout: 3_000, gossipTimeout: 2 }

/** The client for a connection string; what the string does not say of patience is as above. */
function clientFor(url: string): EventStoreDBClient {
  const named = new Set(parametersOf(url).map(([name]) => name))
  const added = Object.entries(PATIENCE).filter(([name]) => !named.has(name.toLowerCase()))
  const parameters = added.map(([name, value]) => `${name}=${value}`).join('&')
  if (named.has('keepaliveinterval')) return EventStoreDBClient.connectionString(withParameters(url, parameters))
  // The client (6.2.1) says on the console that it would recommend a longer interval: nobody has to do anything about that.
  const { warn } = console
  console.warn = () => {}
  try {
    return EventStoreDBClient.connectionString(withParameters(url, parameters))
  } finally {
    console.warn = warn
  }
}

/** The parameters go before those that are there: the client takes a slash behind the last one. */
function withParameters(url: string, parameters: string): string {
  if (parameters === '') return url
  return url.includes('?') ? url.replace('?', `?${parameters}&`) : `${url.trim()}?${parameters}`
}

/** A new connection is given up when it is not there after so many looks. Looks are counted: a busy event loop makes few of them. */
const LOOKS = 6
const LOOK_EVERY_MS = 500

/**
 * The keep-alive watches over connections that are there. One that is being made to a node that hangs would be waited for without it: by
 * the transport (grpc-js 1.14) for 20 seconds, by some calls of the client (6.2.1) without end. It is given up, so that the leader
 * is looked for again.
 */
function connectingInTime(client: EventStoreDBClient): EventStoreDBClient {
  // biome-ignore-start lint/complexity/useLiteralKeys: they are private or protected, and there is no other way.
  const createChannel = client['createChannel']
  client['createChannel'] = async () => {
    const channel = await createChannel()
    void watch(channel)
    return channel
  }

  async function watch(channel: Connection): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks++) {
      await pause(LOOK_EVERY_MS, undefined, { ref: false })
      if (!isConnecting(channel)) return
    }
    await client['handleError']({ getChannel: () => channel } as never, new UnavailableError())
  }
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
  return client
}

interface Connection {
  /** As all implementations of gRPC number the states of a channel. */
  getConnectivityState(tryToConnect: boolean): number
}

const CONNECTING = 1

function isConnecting(connection: Connection): boolean {
  return connection.getConnectivityState(false) === CONNECTING
}

/**
 * The client (6.2.1) connects anew when a node says that another one is the leader, or that it is not ready. What is under way on the old
 * connection stays there: a subscription would not notice the change, and if that node goes away later, the appends on the new
 * connection fail with its own, and the answers to them end the process (see `sharedClient`). So all of it ends, with the same reason.
 */
function leavingNothingBehind(client: EventStoreDBClient): EventStoreDBClient {
  // biome-ignore-start lint/complexity/useLiteralKeys: they are protected, and there is no other way.
  const handleError = client['handleError']
  const left = new WeakSet<object>()
  client['handleError'] = async (caller, error) => {
    const connection = caller.getChannel()
    const [goes] = client['shouldReconnect'](error)
    await handleError(caller, error)
    if (!goes || left.has(connection)) return
    left.add(connection)
    for (const call of client['disposableStreams']) {
      // A read that is cancelled would end as if it were complete; appends, the only calls that go both ways, fail by it.
      if (!(call instanceof Duplex)) call.destroy(error)
      // At once, while the connection breaks, a cancel may never return (grpc-js 1.14).
      setImmediate(() => call.cancel())
    }
  }
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
  return client
}

/**
 * Before its first append the client (6.2.1) asks what the server can do. It keeps the answer, and a failure too, unless that was
 * "unavailable": from then on all appends would fail. Told that the server is unavailable, it forgets and connects anew.
 */
async function ready(client: EventStoreDBClient): Promise<void> {
  // biome-ignore-start lint/complexity/useLiteralKeys: they are protected, and there is no other way.
  const channel = await client['getChannel']()
  try {
    await client['capabilities']
  } catch (error) {
    await client['handleError']({ getChannel: () => channel } as never, new UnavailableError())
    throw error
  }
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
}

const CALLS_END_WITHIN_MS = 1_000

/**
 * The client's own `dispose` ends its calls and leaves the connection open. It waits for the end of each, which some that were
 * cancelled never tell; closing the connection ends them in any case.
 */
async function dispose(client: EventStoreDBClient): Promise<void> {
  await within(CALLS_END_WITHIN_MS, client.dispose(), () => {})
  try {
    // biome-ignore lint/complexity/useLiteralKeys: it is protected, and there is no other way to close the connection.
    const channel = await client['getChannel']()
    channel.close()
  } catch {
    // There was no connection.
  }
}
