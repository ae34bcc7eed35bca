// docker-compose.yml as compose reads it: anchors and merge keys resolved, variables put in.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface ComposeService {
  image: string
  build?: string
  command?: string[]
  profiles?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  restart?: string
  stop_grace_period?: string
}

export interface ComposeFile {
  services: Record<string, ComposeService>
  volumes: Record<string, null>
}

/**
 * Reads docker-compose.yml.
 *
 * @param profiles those that are asked for: services of others are left out
 * @param env what takes the place of defaults, as in `${NATS_URL:-nats://nats:4222}`
 */
export function composeFile(profiles: readonly string[] = [], env: Record<string, string> = {}): ComposeFile {
  const text = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8')
  const read = parse(interpolated(text, env), { merge: true }) as ComposeFile
  const isAskedFor = ({ profiles: own }: ComposeService) => !own || own.some((profile) => profiles.includes(profile))
  const services = Object.entries(read.services).filter(([, service]) => isAskedFor(service))
  return { ...read, services: Object.fromEntries(services) }
}

/** The processes of the desk: the services that are built here. */
export function deskServices({ services }: ComposeFile): [string, ComposeService][] {
  return Object.entries(services).filter(([, { build }]) => build !== undefined)
}

function interpolated(text: string, env: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, usual: string) => env[name] || usual)
}
