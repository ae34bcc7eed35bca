// The facts about a request, over HTTP or WebSocket, that are known when the context of its operation is made.
import type { IncomingHttpHeaders } from 'node:http'

export interface RequestInfo {
  transport: 'http' | 'websocket'
  /** As in the log: one for each HTTP request, one for all operations of a WebSocket. */
  requestId: string
  headers: IncomingHttpHeaders
}
