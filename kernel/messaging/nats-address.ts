// Parses NATS_URL: the servers, user and password. The client itself ignores user and password in it.

export interface NatsAddress {
  /** `host` or `host:port` of each server of the cluster. */
  servers: string[]
  user?: string
  pass?: string
  token?: string
  /** Empty: the certificates that the system trusts. */
  tls?: Record<string, never>
}

/**
 * Reads `nats://127.0.0.1:4222`, `nats://user:password@host`, `nats://token@host`, `tls://host`, or several of these
 * with commas between.
 * @throws Error for any other text; it does not repeat the text, which may contain a password
 */
export function natsAddress(url: string): NatsAddress {
  const urls = url.split(',').map((text) => text.trim())
  const parsed = urls.map(parse).filter((one) => one !== undefined)
  const [first] = parsed
  if (!first || parsed.length < urls.length) {
    throw new Error('NATS_URL has to be like nats://127.0.0.1:4222, or nats://a:4222,nats://b:4222 for a cluster.')
  }
  return {
    servers: parsed.map(({ host }) => host),
    ...credentials(parsed.find(({ user }) => user !== '') ?? first),
    ...(parsed.some(({ secure }) => secure) && { tls: {} }),
  }
}

interface Parsed {
  host: string
  user: string
  password: string
  secure: boolean
}

function parse(text: string): Parsed | undefined {
  try {
    const { protocol, host, username, password } = new URL(text)
    if (!['nats:', 'tls:'].includes(protocol) || host === '') return undefined
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)]
    return { host, user, password: secret, secure: protocol === 'tls:' }
  } catch {
    return undefined
  }
}

function credentials({ user, password }: Parsed): Pick<NatsAddress, 'user' | 'pass' | 'token'> {
  if (user === '') return {}
  return password === '' ? { token: user } : { user, pass: password }
}
