// Requests for hosts that are not this desk are refused: a page may let its own name lead to this machine (DNS rebinding).
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { type HostName, isLoopback, isLoopbackAddress, readAllowed, readHost } from './host-names.ts'
import type { Address } from './listen.ts'

/** Whether the desk answers a request, by the host that it names. */
export type HostCheck = (request: IncomingMessage) => boolean

/**
 * Answers 421 to requests that name a host that is not this desk. On a loopback address, the desk is a loopback name, and the names in
 * `allowedHosts`. On another address it is also, to those who ask for its health, any IP address; without `allowedHosts` it is
 * everything there, which is logged at the start.
 *
 * A request without a host is answered: no browser sends one, and the health checks of some proxies do.
 *
 * @returns the same check, for requests that no route sees
 */
export function refuseOtherHosts(app: FastifyInstance, { host, allowedHosts }: Address, log: Logger): HostCheck {
  const allowed = [host, ...(allowedHosts ?? [])].flatMap((name) => readAllowed(name) ?? [])
  let onLoopback = true
  app.server.once('listening', () => {
    const address = app.server.address()
    onLoopback = address === null || typeof address === 'string' || isLoopbackAddress(address.address)
    if (!onLoopback && allowedHosts === undefined) log.warn({ address }, ANSWERS_EVERYTHING)
  })

  function isAnswered({ headers, url = '' }: IncomingMessage): boolean {
    if (!onLoopback && allowedHosts === undefined) return true
    const [, authority, path = ''] = /^(?:[a-z]+:\/\/([^/?#]*))?([^?#]*)/i.exec(url) ?? []
    const forHealth = !onLoopback && (path.startsWith('/health/') || path === '/metrics')
    return [headers.host, authority].every((text) => text === undefined || isOwn(readHost(text), forHealth))
  }

  // No name of a page leads to an IP address, and the health checks of an orchestrator know nothing else of a process.
  function isOwn(named: HostName | undefined, forHealth: boolean): boolean {
    if (named === undefined) return false
    return isLoopback(named) || allowed.some((means) => means(named)) || (forHealth && isIP(named.name) !== 0)
  }

  app.addHook('onRequest', async (request, reply) => {
    if (!isAnswered(request.raw)) return reply.code(421).send(refusal)
  })
  return isAnswered
}

const ANSWERS_EVERYTHING =
  'Requests for any host name are answered. Set ALLOWED_HOSTS to the names of this desk, to protect it from web pages that reach it under another name'

const refusal = {
  error: 'The request is for another host. Use a loopback name such as localhost, or a name in ALLOWED_HOSTS.',
}
