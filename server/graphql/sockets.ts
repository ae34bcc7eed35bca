// The WebSockets of the desk: who may open one, how dead ones are found, and how all of them are closed.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { CloseCode, handleProtocols } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { readHost } from '../http/host-names.ts'
import { limits } from './limits.ts'
import type { Pipeline } from './pipeline.ts'
import { converse } from './socket-protocol.ts'

const keepAliveEvery = 12_000
const closingTakesAtMost = 1_000
/** Of the reason in a close frame, RFC 6455 section 5.5; `ws` throws at a longer one. */
const longestReasonBytes = 123

interface SocketOptions {
  server: Server
  path: string
  /** Whether the host that a request names is this one. */
  isAnswered: (request: IncomingMessage) => boolean
  pipeline: Pipeline
  log: Logger
}

export interface Sockets {
  /**
   * Refuses new sockets, closes every open one with 1001, and settles when all are gone. No subscription is completed, since a client
   * takes `complete` for the end of the stream, but comes back after 1001 and resumes.
   */
  close(): Promise<void>
}

/** Serves GraphQL on the WebSockets of an HTTP server. */
export function serveSockets({ server, path, isAnswered, pipeline, log }: SocketOptions): Sockets {
  // `ws` compresses nothing unless asked to, which keeps a socket small.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes, handleProtocols })
  const stopKeepingAlive = keepAlive(sockets)
  let closing = false
  let opened = 0

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    if (!isAnswered(request)) refuse(stream, '421 Misdirected Request')
    else if (request.url?.split('?', 1)[0] !== path) refuse(stream, '404 Not Found')
    else if (!fromOwnPage(request)) refuse(stream, '403 Forbidden')
    else if (closing || sockets.clients.size >= limits.sockets) refuse(stream, '503 Service Unavailable')
    else sockets.handleUpgrade(request, stream, head, (socket) => connect(socket, request))
  })

  function connect(socket: WebSocket, { headers }: IncomingMessage): void {
    const requestId = `socket-${++opened}`
    // `ws` closes a socket whose client breaks the protocol; without a listener that would also end the process.
    socket.on('error', (err) => log.debug({ requestId, err }, 'a client violated the WebSocket protocol'))
    const { receive, closed } = converse(
      {
        protocol: socket.protocol,
        // When sending fails the close of the socket follows, which is all that there is to do.
        send: (text) => new Promise((resolve) => socket.send(text, () => resolve())),
        close: (code, reason) => socket.close(code, fitting(reason)),
      },
      { transport: 'websocket', requestId, headers },
      pipeline,
    )
    socket.on('message', (data, isBinary) => {
      if (socket.bufferedAmount > limits.unreadBytes) socket.terminate()
      // `ws` checks the bytes of text messages only.
      else if (isBinary && !isUtf8(data as Buffer)) {
        // Messages may still come until the client has closed its side, and none of them may begin anything.
        closed()
        socket.close(CloseCode.BadRequest, 'The message is not UTF-8')
      } else receive(String(data))
    })
    socket.once('close', (code) => {
      log.debug({ requestId, code }, 'a WebSocket is closed')
      closed()
    })
  }

  return {
    async close() {
      closing = true
      stopKeepingAlive()
      // Results that are about to be sent go first.
      await setImmediate()
      await Promise.all([...sockets.clients].map(goAway))
    },
  }
}

/** The beginning of a reason: some quote the client, such as an id that is in use already. */
function fitting(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(longestReasonBytes))
  return reason.slice(0, read)
}

/**
 * Browsers open a WebSocket to any address from any page, so a page of another origin has to be refused here. A proxy may have written the
 * host in another way than the browser, with a default port or in capitals.
 */
function fromOwnPage({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true
  const [page, desk] = [readHost(origin.replace(/^https?:\/\//i, '')), readHost(host ?? '')]
  return page !== undefined && page.name === desk?.name && page.port === desk.port
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Pings every socket and cuts those that did not answer the ping before. @returns how to stop */
function keepAlive(sockets: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate()
      } else {
        silent.add(socket)
        socket.once('pong', () => silent.delete(socket))
        socket.ping()
      }
    }
  }, keepAliveEvery)
  return () => clearInterval(timer)
}

function goAway(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closingTakesAtMost)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.close(1001, 'Going away')
  })
}
