// Orders through GraphQL over HTTP: a desk with everything on, and clients in a process of their own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startDesk } from '../server/desk/desk.ts'
import { untilReady } from '../test/readiness.ts'

export interface HttpFigures {
  orders: number
  /** How long placeOrder takes to answer, in seconds, its payload's order included. */
  p50: number
  p99: number
}

/** Orders each second, from the first mutation until every order is decided. */
export async function ordersOverHttp(dataDirectory: string): Promise<HttpFigures> {
  const desk = await startDesk({ host: '127.0.0.1', port: 0, dataDirectory, logLevel: 'warn' })
  await untilReady(desk.url)
  const client = fork(fileURLToPath(new URL('./http-clients.ts', import.meta.url)), [desk.url])
  const [figures] = await once(client, 'message')
  await desk.close()
  return figures as HttpFigures
}
