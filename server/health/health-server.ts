// The HTTP of a process that is no gateway: its health, and what it counts.
import fastify from 'fastify'
import type { Logger } from 'pino'
import { refuseOtherHosts } from '../http/host-check.ts'
import { type Address, type Listening, listen } from '../http/listen.ts'
import { refuseOtherMethods } from '../http/methods.ts'
import type { Health } from './health.ts'
import { serveHealth } from './health-routes.ts'

export interface HealthServer extends Listening {
  /** Readiness is 503 at once; then the port is given back. */
  close(): Promise<void>
}

/** @throws Error when the address cannot be listened on */
export async function startHealthServer(
  address: Address,
  health: () => Promise<Health>,
  log: Logger,
): Promise<HealthServer> {
  const app = fastify({ forceCloseConnections: true })
  let stopping = false
  refuseOtherHosts(app, address, log)
  refuseOtherMethods(app)
  serveHealth(app, health, () => stopping)
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .send({ error: 'This process is not a gateway. It serves /health/live, /health/ready and /metrics.' }),
  )
  const listening = await listen(app, address)
  return {
    ...listening,
    async close() {
      stopping = true
      await app.close()
    },
  }
}
