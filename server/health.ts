// Whether the desk lives, and whether it is ready: for those who start, stop and route to it.
import type { FastifyInstance } from 'fastify'

export interface Health {
  /** Whether operations can be served now. */
  ready: boolean
  /** What the answer rests on, part by part, e.g. `{ projector: { ok: false, detail: '120 events behind' } }`. */
  parts: Readonly<Record<string, Part>>
}

export interface Part {
  ok: boolean
  detail: string
}

/** A part of the desk in one process. */
export interface RoleHealth extends Part {
  /** How many shares of its work this process does: 0 for a standby. */
  active: number
}

/**
 * Adds `/health/live`, which answers 200 as long as the process runs, and `/health/ready`, which answers 200 or 503 and names
 * the parts.
 *
 * @param stopping whether the desk is being closed: it is not ready then, whatever its parts say
 */
export function serveHealth(
  app: FastifyInstance,
  health: () => Health | Promise<Health>,
  stopping: () => boolean,
): void {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (request, reply) => {
    if (stopping()) return reply.code(503).send({ status: 'stopping', parts: {} })
    try {
      const { ready, parts } = await health()
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', parts })
    } catch (err) {
      request.log.error({ err }, 'the health of the desk could not be told')
      return reply.code(503).send({ status: 'not ready', parts: {} })
    }
  })
}
