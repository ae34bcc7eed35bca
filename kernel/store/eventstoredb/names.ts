// The names of streams on a server that several desks may share: `<namespace>.<stream>`.
import type { StreamName } from '../event-store.ts'

export interface Names {
  /** The prefix of all stream names of the namespace, and of no others: the filter of its subscriptions. */
  prefix: string
  /** The name on the server. */
  onServer(stream: StreamName): string
  isOurs(serverName: string): boolean
  /** The public name of a stream of the namespace. */
  stream(serverName: string): StreamName
}

const NAMESPACE = /^[a-z][a-z0-9_]{0,39}$/

/**
 * The names of a namespace. The server's own projection by category takes the text before the first hyphen. With a dot
 * as the separator, and no hyphen in a namespace, `$ce-desk.account` contains the accounts of one desk and nothing
 * else.
 * @throws Error when the namespace is not a lower-case letter with up to 39 more of a-z, 0-9 and _
 */
export function namesIn(namespace: string): Names {
  if (!NAMESPACE.test(namespace)) {
    throw new Error(
      `The namespace "${namespace}" cannot be used: it has to be a lower-case letter and up to 39 more of a-z, 0-9 and _.`,
    )
  }
  const prefix = `${namespace}.`
  return {
    prefix,
    onServer: (stream) => `${prefix}${stream}`,
    isOurs: (serverName) => serverName.startsWith(prefix),
    stream: (serverName) => serverName.slice(prefix.length) as StreamName,
  }
}
