// Whether the desk lives, whether it is ready, and what it counts, over HTTP.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Health } from './health.ts'
import { METRICS_TYPE, metricsOf } from './metrics.ts'

/**
 * Adds `/health/live`, which answers 200 as long as the process runs; `/health/ready`, which answers 200 or 503 and names
 * the parts; and `/metrics`, which answers 200 with the same as metrics, also while the desk is not ready.
 *
 * @param stopping whether the desk is being closed: it is not ready then, even when all of its parts are ok
 */
export function serveHealth(
  app: FastifyInstance,
  health: () => Health | Promise<Health>,
  stopping: () => boolean,
): void {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (request, reply) => {
    const { ready, parts } = await told(request)
    const status = ready ? 'ready' : stopping() ? 'stopping' : 'not ready'
    return reply.code(ready ? 200 : 503).send({ status, parts })
  })
  app.get('/metrics', async (request, reply) => reply.type(METRICS_TYPE).send(metricsOf(await told(request))))

  async function told({ log }: FastifyRequest): Promise<Health> {
    if (stopping()) return nothingKnown
    try {
      return await health()
    } catch (err) {
      log.error({ err }, 'the health of the desk could not be determined')
      return nothingKnown
    }
  }
}

const nothingKnown: Health = { ready: false, parts: {} }
