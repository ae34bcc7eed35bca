// The client of EventStoreDB: the calls that the adapter needs, and one client for all stores of a process with the
// same address.
import { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client'
import { withTimeout } from '../../failures/with-timeout.ts'

export type Client = Pick<
  EventStoreDBClient,
  'appendToStream' | 'setStreamMetadata' | 'readStream' | 'readAll' | 'subscribeToAll'
>

export interface SharedClient {
  client: Client
  /** Checks that the client can append. Throws when it cannot yet, and then nothing was sent. */
  ready(): Promise<void>
  /** Call it once, when this user has no call in flight. The last user's call closes the connection. */
  release(): Promise<void>
}

const clients = new Map<string, { client: EventStoreDBClient; users: number }>()
let disposed: Promise<void> = Promise.resolve()

/**
 * A client for a connection string (esdb://…). It is shared, because the appends of all clients of a process wait in
 * one table of the client library (6.2.1). When the connection of one client ends, the appends of all others fail with
 * it, and a later answer to one of them is an exception that nobody can catch.
 * @throws Error when the text is no connection string, or prefers followers; it does not repeat the text, which may
 * contain a password
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

/**
 * Names and values in lower case. The client (6.2.1) accepts them in any case, with hyphens and underscores anywhere.
 */
function parametersOf(url: string): [name: string, value: string][] {
  const flat = (text = '') => text.replace(/[\s_-]|\/+$/g, '').toLowerCase()
  const parameters = url.trim().split(/[?&]/).slice(1)
  return parameters.map((parameter) => parameter.split('=')).map(([name, value]) => [flat(name), flat(value)])
}

/**
 * A server that hangs keeps its connections open. With these values the client leaves such a connection after four
 * seconds at most, and a node that hangs delays the search for the leader by two more seconds at most. The defaults of
 * the client (6.2.1) are 10 s, 10 s and 5 s. The server answers a ping within milliseconds while the event loop of this
 * process is free, so a loop that is busy for seconds seldom has a ping in flight.
 */
const PATIENCE = { keepAliveInterval: 1_000, keepAliveTimeout: 3_000, gossipTimeout: 2 }

/** The client for a connection string. The timeouts above apply unless the string sets them. */
function clientFor(url: string): EventStoreDBClient {
  const named = new Set(parametersOf(url).map(([name]) => name))
  const added = Object.entries(PATIENCE).filter(([name]) => !named.has(name.toLowerCase()))
  const parameters = added.map(([name, value]) => `${name}=${value}`).join('&')
  if (named.has('keepaliveinterval')) return EventStoreDBClient.connectionString(withParameters(url, parameters))
  // The client (6.2.1) prints on the console that it recommends a longer interval. Nobody has to act on that.
  const { warn } = console
  console.warn = () => {}
  try {
    return EventStoreDBClient.connectionString(withParameters(url, parameters))
  } finally {
    console.warn = warn
  }
}

/** The parameters go before the existing ones: the client accepts a slash after the last one. */
function withParameters(url: string, parameters: string): string {
  if (parameters === '') return url
  return url.includes('?') ? url.replace('?', `?${parameters}&`) : `${url.trim()}?${parameters}`
}

/**
 * The number of checks after which a new connection is given up. The limit counts checks, because a busy event loop
 * makes few of them.
 */
const LOOKS = 6
const LOOK_EVERY_MS = 500

/**
 * The keep-alive only watches over established connections. Without this limit a connection to a node that hangs would
 * keep callers waiting: the transport (grpc-js 1.14) for 20 seconds, some calls of the client (6.2.1) without end. The
 * connection is given up, so that the client searches for the leader again.
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
  /** The numbers that all implementations of gRPC give to the states of a channel. */
  getConnectivityState(tryToConnect: boolean): number
}

const CONNECTING = 1

function isConnecting(connection: Connection): boolean {
  return connection.getConnectivityState(false) === CONNECTING
}

/**
 * The client (6.2.1) reconnects when a node reports that another one is the leader, or that it is not ready. Calls in
 * flight on the old connection stay there. A subscription would not notice the change. If that node stops later, the
 * appends on the new connection fail with those of the old one, and the answers to them end the process (see
 * `sharedClient`). So all calls on the old connection end, with the same reason.
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
      // A cancelled read would end as if it were complete. Appends are the only calls in both directions, and they fail
      // by it.
      if (!(call instanceof Duplex)) call.destroy(error)
      // An immediate cancel, while the connection breaks, may never return (grpc-js 1.14).
      setImmediate(() => call.cancel())
    }
  }
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
  return client
}

/**
 * Before its first append the client (6.2.1) requests the server's features. It keeps the answer, and also a failure,
 * unless the failure was "unavailable": from then on all appends would fail. An "unavailable" error makes it forget the
 * failure and reconnect.
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
 * The client's own `dispose` ends its calls and leaves the connection open. It waits for the end of each call, which
 * some cancelled calls never report; closing the connection ends them in any case.
 */
async function dispose(client: EventStoreDBClient): Promise<void> {
  await withTimeout(CALLS_END_WITHIN_MS, client.dispose(), () => {})
  try {
    // biome-ignore lint/complexity/useLiteralKeys: it is protected, and there is no other way to close the connection.
    const channel = await client['getChannel']()
    channel.close()
  } catch {
    // There was no connection.
  }
}
