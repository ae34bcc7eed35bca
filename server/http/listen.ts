// Takes an address, and says where that is; or why it cannot be had.
import type { FastifyInstance } from 'fastify'

export interface Address {
  host: string
  /** 0 takes a free one. */
  port: number
  /** The names that requests may give to this host besides those of loopback; without them, see host-check.ts. */
  allowedHosts?: readonly string[] | undefined
}

export interface Listening {
  /** Without a slash at the end, e.g. `http://127.0.0.1:4000`. */
  url: string
  port: number
}

/** @throws Error that says why the address cannot be listened on, and what to do */
export async function listen(app: FastifyInstance, { host, port }: Address): Promise<Listening> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    const mend = reason === 'EADDRINUSE' ? ' Another program listens there: stop it, or set PORT to another port.' : ''
    throw new Error(`Cannot listen on ${host}, port ${port}: ${reason}.${mend}`, { cause })
  }
  const address = app.server.address()
  const taken = address !== null && typeof address === 'object' ? address.port : port
  const anyAddress = host === '0.0.0.0' || host === '::'
  const name = anyAddress ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${taken}`, port: taken }
}
