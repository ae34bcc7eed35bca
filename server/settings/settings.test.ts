import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings, settingsHelp } from './settings.ts'

const usual = {
  port: 4000,
  host: '127.0.0.1',
  allowedHosts: undefined,
  dataDirectory: resolve('data'),
  logLevel: 'info',
  eventstoreUrl: undefined,
  mongodbUrl: undefined,
  natsUrl: undefined,
  namespace: 'creditline',
  roles: ['gateway', 'command', 'saga', 'projector'],
  placementTimeoutMs: 60_000,
  coordination: 'orchestration',
  currency: undefined,
}

describe('settings', () => {
  test('nothing has to be set', () => {
    expect(readSettings({}, [])).toEqual(usual)
  })

  test('an empty ALLOWED_HOSTS is none', () => {
    expect(readSettings({ ALLOWED_HOSTS: '' }, [])).toEqual(usual)
  })

  test('everything can be set', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      ALLOWED_HOSTS: 'desk.example, *.shop.example,10.0.0.7:4000,::1',
      DATA_DIR: '/var/lib/desk',
      LOG_LEVEL: 'debug',
      EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
      MONGODB_URL: 'mongodb://127.0.0.1:27017',
      NATS_URL: 'nats://127.0.0.1:4222,nats://127.0.0.2:4222',
      NAMESPACE: 'desk_2',
      ROLES: 'saga, projector',
      PLACEMENT_TIMEOUT: '86400',
      SAGA: 'choreography',
      CURRENCY: 'GBP',
    }
    expect(readSettings(env, [])).toEqual({
      port: 0,
      host: '::1',
      allowedHosts: ['desk.example', '*.shop.example', '10.0.0.7:4000', '::1'],
      dataDirectory: '/var/lib/desk',
      logLevel: 'debug',
      eventstoreUrl: 'esdb://127.0.0.1:2113?tls=false',
      mongodbUrl: 'mongodb://127.0.0.1:27017',
      natsUrl: 'nats://127.0.0.1:4222,nats://127.0.0.2:4222',
      namespace: 'desk_2',
      roles: ['saga', 'projector'],
      placementTimeoutMs: 86_400_000,
      coordination: 'choreography',
      currency: 'GBP',
    })
  })

  test.each([
    ['PORT', '80a', 'PORT is "80a", but must be a whole number from 0 to 65535.'],
    ['PORT', '65536', 'PORT is "65536", but must be a whole number from 0 to 65535.'],
    ['PORT', '-1', 'PORT is "-1", but must be a whole number from 0 to 65535.'],
    ['PORT', '', 'PORT is "", but must be a whole number from 0 to 65535.'],
    ['HOST', 'http://desk', 'HOST is "http://desk", but must be an IP address or a host name.'],
    ['HOST', '127.0.0.256', 'HOST is "127.0.0.256", but must be an IP address or a host name.'],
    ['DATA_DIR', ' ', 'DATA_DIR is " ", but must be a path.'],
    ['SAGA', 'ballet', 'SAGA is "ballet", but must be one of orchestration, choreography.'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, trace, silent.'],
  ])('a malformed %s (%j) is named, with what would be right', (name, value, sentence) => {
    expect(readSettings({ [name]: value }, [])).toEqual([sentence])
  })

  test.each(['', 'gateway,', 'gateway,gateway', 'clerk', 'gateway;saga'])('%j are no ROLES', (value) => {
    expect(readSettings({ ROLES: value, NATS_URL: 'nats://127.0.0.1' }, [])).toEqual([
      `ROLES is ${JSON.stringify(value)}, but must be one or more of gateway, command, saga, projector, each once, separated by commas.`,
    ])
  })

  test.each([
    '*',
    '*.example',
    'desk',
    'desk:4000',
    'Desk.Example.',
    '2001:db8::1',
    '[2001:db8::1]:80',
    'my_desk,10.0.0.7',
  ])('ALLOWED_HOSTS may be %s', (value) => {
    expect(readSettings({ ALLOWED_HOSTS: value }, [])).toMatchObject({ allowedHosts: value.split(',') })
  })

  test.each(['desk,', 'https://desk', 'a b', '*desk', 'a.*.b', '*.10.0.0.1', 'desk:80a', '@desk', 'desk/', ':80'])(
    '%j are no ALLOWED_HOSTS',
    (value) => {
      expect(readSettings({ ALLOWED_HOSTS: value }, [])).toEqual([
        `ALLOWED_HOSTS is ${JSON.stringify(value)}, but must be host names or IP addresses such as desk.example or *.desk.example, separated by commas.`,
      ])
    },
  )

  test('a process that leaves out a role needs messages to those that have it', () => {
    expect(readSettings({ ROLES: 'gateway,command' }, [])).toEqual([
      'ROLES omits saga, projector, so NATS_URL must be set: commands and hints travel over NATS to the processes with those roles.',
    ])
  })

  test.each(['', '0', '86401', '1.5', '60s', '-1', '1e3'])('%j is no PLACEMENT_TIMEOUT', (value) => {
    expect(readSettings({ PLACEMENT_TIMEOUT: value }, [])).toEqual([
      `PLACEMENT_TIMEOUT is ${JSON.stringify(value)}, but must be a whole number of seconds from 1 to 86400.`,
    ])
  })

  test.each([
    ['EUR', 'EUR'],
    ['gbp', 'GBP'],
    // In daily use without their minor digits, which ISO 4217 has:
    ['HUF', 'HUF'],
    ['ALL', 'ALL'],
    ['', undefined],
  ])('CURRENCY may be %j', (value, currency) => {
    expect(readSettings({ CURRENCY: value }, [])).toEqual({ ...usual, currency })
  })

  test.each([
    ['JPY', 'JPY (Japanese Yen) has no minor digits.'],
    ['krw', 'KRW (South Korean Won) has no minor digits.'],
    ['BHD', 'BHD (Bahraini Dinar) has 3 minor digits.'],
    ['CLF', 'CLF (Chilean Unit of Account (UF)) has 4 minor digits.'],
    ['ABC', 'ISO 4217 has no currency "ABC" with minor digits.'],
    ['XAU', 'ISO 4217 has no currency "XAU" with minor digits.'],
    ['€', 'ISO 4217 has no currency "€" with minor digits.'],
    ['__proto__', 'ISO 4217 has no currency "__proto__" with minor digits.'],
  ])('a CURRENCY without two minor digits is refused by name: %s', (value, why) => {
    expect(readSettings({ CURRENCY: value }, [])).toEqual([
      `CURRENCY is ${JSON.stringify(value)}, but must be the ISO 4217 code of a currency with two minor digits, such as EUR or GBP. ${why}`,
    ])
  })

  test('a malformed connection string is not repeated, since it may hold a password', () => {
    expect(readSettings({ MONGODB_URL: 'postgres://desk:secret@host' }, [])).toEqual([
      'MONGODB_URL must be a MongoDB connection string such as mongodb://127.0.0.1:27017.',
    ])
    expect(JSON.stringify(readSettings({ EVENTSTORE_URL: 'secret' }, []))).not.toContain('secret')
  })

  test.each(['DATADIR', 'DATA_DRI', 'data_dir', 'DATA__DIR', 'DATA_DIRS', 'CREDITLINE_DATA_DIR'])(
    '%s is refused, since DATA_DIR is meant',
    (name) => {
      expect(readSettings({ [name]: '/tmp' }, [])).toEqual([`${name} is not a setting: did you mean DATA_DIR?`])
    },
  )

  test.each(['LOGLEVEL', 'LOG_LEVL', 'LOG_LEVEL_', 'loglevel', 'LOG_LEVLE', 'LOG_LEVAL'])(
    '%s is refused, since LOG_LEVEL is meant',
    (name) => {
      expect(readSettings({ [name]: 'info' }, [])).toEqual([`${name} is not a setting: did you mean LOG_LEVEL?`])
    },
  )

  test.each([
    ['PROT', 'PORT'],
    ['Port', 'PORT'],
    ['POTR', 'PORT'],
    ['HSOT', 'HOST'],
    ['CREDITLINE_PORT', 'PORT'],
    // As others call the same thing:
    ['MONGO_URL', 'MONGODB_URL'],
    ['MONGODB_URI', 'MONGODB_URL'],
    ['EVENTSTOREDB_URL', 'EVENTSTORE_URL'],
    ['NATS', 'NATS_URL'],
    ['DATA_DIRECTORY', 'DATA_DIR'],
    ['SAGAS', 'SAGA'],
    ['PLACEMENT_TIMEOUT_MS', 'PLACEMENT_TIMEOUT'],
  ])('%s is refused, since %s is meant', (name, meant) => {
    expect(readSettings({ [name]: '1' }, [])).toEqual([`${name} is not a setting: did you mean ${meant}?`])
  })

  test('the names that others use for a setting are ignored when the setting itself is there', () => {
    const env = { MONGO_URL: 'x', MONGODB_URL: 'mongodb://127.0.0.1:1', SAGAS: 'x', SAGA: 'choreography' }
    expect(readSettings(env, [])).toMatchObject({ mongodbUrl: 'mongodb://127.0.0.1:1', coordination: 'choreography' })
  })

  test('every variable that begins with the name of the desk is refused', () => {
    expect(readSettings({ CREDITLINE_COLOUR: 'red' }, [])).toEqual([
      'CREDITLINE_COLOUR is not a setting. The settings are PORT, HOST, ALLOWED_HOSTS, DATA_DIR, LOG_LEVEL, EVENTSTORE_URL, MONGODB_URL, NATS_URL, NAMESPACE, ROLES, PLACEMENT_TIMEOUT, SAGA, CURRENCY.',
    ])
  })

  test('other programs’ variables are nobody’s business here', () => {
    const foreign =
      'HOSTNAME HOSTTYPE SORT PORTS POST HOSTS COST PATH PWD HOME XDG_DATA_DIRS XDG_DATA_HOME LOG_DIR DATA LOG LEVEL ' +
      'NODE_ENV NODE_OPTIONS npm_config_loglevel npm_lifecycle_event npm_package_name DISPLAY GHOST PGHOST PGPORT ' +
      'SSH_CLIENT TMPDIR MAIL PORTAGE EXPORT LOGNAME SUPPORT _ __CF CREDITLINES'
    const env = Object.fromEntries(foreign.split(' ').map((name) => [name, 'x']))
    expect(readSettings(env, [])).toEqual(usual)
  })

  test('the variables that Kubernetes sets for a service with the name of the desk are ignored', () => {
    const env = {
      CREDITLINE_SERVICE_HOST: '10.0.0.1',
      CREDITLINE_SERVICE_PORT: '4000',
      CREDITLINE_SERVICE_PORT_HTTP: '4000',
      CREDITLINE_PORT: 'tcp://10.0.0.1:4000',
      CREDITLINE_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
      CREDITLINE_PORT_4000_TCP_ADDR: '10.0.0.1',
      CREDITLINE_GATEWAY_SERVICE_HOST: '10.0.0.2',
      CREDITLINE_GATEWAY_PORT: 'tcp://10.0.0.2:4000',
      CREDITLINE_GATEWAY_PORT_4000_TCP_PROTO: 'tcp',
    }
    expect(readSettings(env, [])).toEqual(usual)
  })

  test('an argument that is no option is refused, and the setting that it may mean is named', () => {
    expect(readSettings({}, ['--port', '80', '--data-dir=/tmp', '--verbose'])).toEqual([
      'The argument "--port" is not known. PORT is a setting: set the environment variable PORT.',
      'The argument "80" is not known.',
      'The argument "--data-dir=/tmp" is not known. DATA_DIR is a setting: set the environment variable DATA_DIR.',
      'The argument "--verbose" is not known.',
    ])
  })

  test('the views are rebuilt on request', () => {
    expect(readSettings({}, [])).not.toHaveProperty('rebuildViews')
    expect(readSettings({}, ['--rebuild-views'])).toMatchObject({ rebuildViews: true })
  })

  test('everything that is wrong is said at once', () => {
    expect(readSettings({ PORT: 'x', LOG_LEVEL: 'y', SAGA: 'z' }, ['go'])).toHaveLength(4)
  })

  test('the help is a table: its columns begin at the same place in each line', () => {
    const [first = '', ...others] = settingsHelp().split('\n')
    const meanings = first.indexOf('TCP port')
    for (const line of others) expect(line.slice(meanings - 2)).toMatch(/^ {2}\S/)
  })

  test('the help names every setting with its default', () => {
    expect(settingsHelp()).toMatch(
      /^PORT +4000 .*\nHOST +127\.0\.0\.1 .*\nALLOWED_HOSTS .*\nDATA_DIR +\.\/data .*\nLOG_LEVEL +info .*\nEVENTSTORE_URL/,
    )
  })
})
