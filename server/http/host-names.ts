// The names that a desk answers to: host names as requests and settings have them, and whether they are the same.
import { BlockList, isIP } from 'node:net'

export interface HostName {
  /** As browsers write it: in lower case, international names in ASCII, an IPv6 address without brackets. */
  name: string
  /** Empty for the usual one. */
  port: string
}

/** Reads a `Host` header, or what goes before the path of a URL. @returns undefined when it is malformed */
export function readHost(text: string): HostName | undefined {
  // The zone of an IPv6 address has a meaning for the client alone, and URLs have none.
  const url = `http://${text.replace(/^\[([^\]%]*)%[^\]]*\]/, '[$1]')}`
  if (/[\s/\\?#@]/.test(text) || !URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  const name = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return name === '' ? undefined : { name, port: port === '443' ? '' : port }
}

/** Whether it can only be meant for the machine that sent the request: `localhost`, names below it, and loopback addresses. */
export function isLoopback({ name }: HostName): boolean {
  return name === 'localhost' || /[^.]\.localhost$/.test(name) || isLoopbackAddress(name)
}

/** @param address an IP address, or anything else, which is none */
export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address)
  return version !== 0 && loopbackAddresses.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

const loopbackAddresses = new BlockList()
loopbackAddresses.addSubnet('127.0.0.0', 8, 'ipv4')
loopbackAddresses.addAddress('::1', 'ipv6')

/**
 * Reads one of the names of ALLOWED_HOSTS.
 * @param text a host name or an IP address, with a port or for all ports; `*.` before a name stands for all names below it, `*` alone for every name
 * @returns whether a host is meant by it, or undefined when it is malformed
 */
export function readAllowed(text: string): ((host: HostName) => boolean) | undefined {
  if (text === '*') return () => true
  const below = text.startsWith('*.')
  const bare = below ? text.slice(2) : text
  const allowed = bare.includes('*') ? undefined : readHost(isIP(bare) === 6 ? `[${bare}]` : bare)
  if (!allowed || (below && isIP(allowed.name) !== 0)) return undefined
  const forAllPorts = !/:\d+$/.test(bare) || isIP(bare) === 6
  return ({ name, port }) =>
    (forAllPorts || port === allowed.port) && (below ? name.endsWith(`.${allowed.name}`) : name === allowed.name)
}
