// The connection to NATS: the first one, which may take several tries, and the pauses before each reconnection.
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type ConnectionOptions, connect, ErrorCode, type NatsConnection, NatsError } from 'nats'
import { unreachableServerMessage } from '../failures/advice.ts'
import { backOff } from '../failures/back-off.ts'
import { messageOf } from '../failures/message-of.ts'
import { withTimeout } from '../failures/with-timeout.ts'
import { natsAddress } from './nats-address.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** A connection attempt without an answer must not outlast a silence for long. */
const CONNECTS_WITHIN_MS = 3_000

/**
 * A silently cut connection is lost when three pings have no answer: after three to four seconds. The ping timer does
 * not count answers that a busy event loop has not read yet, because it runs once for each turn of the loop.
 */
const PING_EVERY_MS = 1_000
const UNANSWERED_PINGS = 3

/** Errors that waiting does not solve. */
const FAULTS_OF_THE_SETTING: readonly string[] = [
  ErrorCode.AuthorizationViolation,
  ErrorCode.BadAuthentication,
  ErrorCode.ServerOptionNotAvailable,
]

export interface ConnectionToNats {
  connection: NatsConnection
  /** The name for people: the servers, without a password. */
  place: string
  /** Call it at each attempt to reconnect. */
  tried(): void
  /** Call it when the connection is there again. */
  reset(): void
  /**
   * Abandons a connection whose server is silent. The client (nats 2.29) itself waits until the system has sent all its
   * data, which a silent server prevents once the buffers are full.
   */
  abandon(): void
}

/**
 * Connects to NATS. A connection that breaks later is made again, for ever.
 * @param url like nats://127.0.0.1:4222; several servers of a cluster have commas between them
 * @param patienceMs how long it tries to reach an unreachable server
 * @throws Error that names the servers, not the password, when the URL is invalid, or the servers cannot be reached or
 * refuse
 */
export async function connectToNats(url: string, patienceMs: number): Promise<ConnectionToNats> {
  const address = natsAddress(url)
  const place = `NATS at ${address.servers.join(', ')}`
  const { delay, tried, reset } = delays()
  const connection = await firstConnection(place, patienceMs, {
    ...address,
    name: 'creditline',
    timeout: CONNECTS_WITHIN_MS,
    reconnectDelayHandler: delay,
    maxReconnectAttempts: -1,
    // A server that comes back before it has loaded its users refuses for a while.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_EVERY_MS,
    maxPingOut: UNANSWERED_PINGS,
    noAsyncTraces: true,
  })
  return { connection, place, tried, reset, abandon: () => socketOf(connection)?.destroy() }
}

/** The client does not show its socket, and has no other way to end a connection at once and to reconnect. */
function socketOf(connection: NatsConnection): Socket | undefined {
  return (connection as unknown as { protocol: { transport: { socket?: Socket } } }).protocol.transport.socket
}

/** The client tries the first connection once; a server that starts together with the desk needs more. */
async function firstConnection(
  place: string,
  patienceMs: number,
  options: ConnectionOptions & { servers: string[] },
): Promise<NatsConnection> {
  const end = performance.now() + patienceMs
  for (;;) {
    try {
      const connection = await connect(options)
      if (options.servers.length < 2) return connection
      await connection.close()
      return await connectionToAny(options, patienceMs)
    } catch (error) {
      const useless = error instanceof NatsError && FAULTS_OF_THE_SETTING.includes(error.code)
      if (useless || performance.now() > end) {
        const problem = `${place} (NATS_URL) cannot be used: ${reasonOf(error)}`
        const message = useless ? `${problem}. Correct NATS_URL.` : unreachableServerMessage(problem, 'NATS_URL')
        throw new Error(message, { cause: error })
      }
      await pause(250)
    }
  }
}

/**
 * A normal connection has removed the servers that did not answer from its list for good. One that waits for its first
 * connection keeps them all, and would wait without end.
 */
async function connectionToAny(options: ConnectionOptions, patienceMs: number): Promise<NatsConnection> {
  const connecting = connect({ ...options, waitOnFirstConnect: true })
  const connection = await withTimeout(patienceMs, connecting, () => undefined)
  if (connection) return connection
  connecting.then((tooLate) => tooLate.close()).catch(() => {})
  throw new Error('the servers that answered do so no more')
}

/** The client asks for the delay repeatedly: it stays the same until there was another try. */
function delays() {
  const pauses = backOff({ firstPauseMs: FIRST_PAUSE_MS, longestPauseMs: LONGEST_PAUSE_MS })
  let delay = FIRST_PAUSE_MS
  return {
    delay: () => delay,
    tried() {
      delay = pauses.next()
    },
    reset() {
      pauses.reset()
      delay = FIRST_PAUSE_MS
    },
  }
}

const REASONS: Record<string, string> = {
  [ErrorCode.ConnectionRefused]: 'it refuses connections',
  [ErrorCode.Timeout]: 'no answer in time',
  [ErrorCode.AuthorizationViolation]: 'it does not know this user and password',
  [ErrorCode.ServerOptionNotAvailable]: 'it offers no TLS',
}

/** Why the client has failed, for people. */
export function reasonOf(error: unknown): string {
  const known = error instanceof NatsError ? REASONS[error.code] : undefined
  return known ?? messageOf(error)
}
