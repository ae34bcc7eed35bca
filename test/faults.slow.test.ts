// The parts of a desk apart, in processes that are killed, stopped and cut off while orders are placed and cancelled.

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RecordedEvent } from '../events/catalogue.ts'
import { isLong } from '../kernel/rounds.given.ts'
import { lockFile } from '../kernel/sqlite/file-lock.ts'
import { wireTo } from '../kernel/wire.given.ts'
import { ask } from './client.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { inspect } from './folded.ts'
import { heldAtEnd, overdrafts } from './invariants.ts'
import { type OrderLoad, orderLoad, recordedTwice } from './order-load.ts'
import { clear, type Place, placeOf } from './place.ts'
import { startFerretdb, startNats, type TestServer, withoutFerretdb, withoutNats } from './servers.ts'
import { subscribe } from './subscriber.ts'

const CLIENTS = 12

/** These take a minute each: `npm run test:long` runs them. */
const long = test.runIf(isLong)

describe.skipIf(withoutNats !== '')(`with the parts apart on NATS${withoutNats}`, () => {
  test('a command handler that is killed has its partitions taken over', async () => {
    const { start, url, ready, load, verify } = await deployment()
    const [first] = await Promise.all([start('command'), start('command'), start('saga,projector'), start('gateway')])
    await ready()
    const orders = await load()
    const stop = orders.run(CLIENTS)
    await orders.more(100)
    await expect.poll(() => partitionsOf(first)).toBe(32)
    await first.end('SIGKILL')
    await expect
      .poll(() => health(url()), { timeout: 5_000 })
      .toMatchObject({ status: 503, parts: { commands: { ok: false } } })
    await orders.more(200)
    await ready()
    await stop()
    await verify(orders)
  })

  long('a command handler that crashes soon after each start leaves all partitions to the other one', async () => {
    const { start, url, ready, load, verify } = await deployment()
    const [steady, first] = await Promise.all([start('command'), start('command'), start('saga,projector,gateway')])
    await ready()
    const orders = await load(() => url())
    const stop = orders.run(CLIENTS)
    await expect.poll(() => partitionsOf(first)).toBe(32)
    await first.end('SIGKILL')
    await expect.poll(() => partitionsOf(steady), { timeout: 10_000 }).toBe(64)
    const seen = new Set<number | undefined>()
    for (let crashes = 0; crashes < 6; crashes++) {
      const crashing = await start('command')
      for (let looks = 0; looks < 25; looks++) {
        await pause(100)
        seen.add(await partitionsOf(steady))
      }
      await crashing.end('SIGKILL')
    }
    expect([...seen]).toEqual([64])
    await orders.more(100)
    await stop()
    await verify(orders)
  })

  long(
    'a command handler that is silently cut off from NATS gives its partitions back, and has its part again later',
    async () => {
      const { start, ready, load, verify, nats } = await deployment()
      const wire = await wireTo(nats.url)
      onTestFinished(() => wire.remove())
      const [other, cut] = await Promise.all([
        start('command'),
        start('command', { NATS_URL: wire.url }),
        start('saga,projector'),
        start('gateway'),
      ])
      await ready()
      const orders = await load()
      const stop = orders.run(CLIENTS)
      await expect.poll(() => partitionsOf(cut)).toBe(32)
      wire.silence()
      // Four seconds until it is noticed, one until it is said, one until that is seen.
      await expect.poll(() => partitionsOf(other), { timeout: 8_000, interval: 50 }).toBe(64)
      expect(await partitionsOf(cut)).toBe(0)
      await orders.more(100)
      wire.mend()
      await expect.poll(() => partitionsOf(cut)).toBe(32)
      await orders.more(100)
      await stop()
      await verify(orders)
    },
  )

  long('a command handler that is slowed tenfold for 20 seconds is soon as fast as before', async () => {
    const { start, ready, load, verify } = await deployment()
    const [handler] = await Promise.all([start('command'), start('saga,projector'), start('gateway')])
    await ready()
    const orders = await load()
    const stop = orders.run(CLIENTS)
    await orders.more(100)
    const before = await rateOf(orders, 5_000)
    const isOver = performance.now() + 20_000
    // It runs for a tenth of the time.
    while (performance.now() < isOver) {
      handler.signal('SIGSTOP')
      await pause(45)
      handler.signal('SIGCONT')
      await pause(5)
    }
    const end = performance.now()
    // The machine has other things to do: a rate that is a little lower is the same.
    await expect.poll(() => rateOf(orders, 1_000), { timeout: 60_000 }).toBeGreaterThan(0.7 * before)
    expect(performance.now() - end).toBeLessThan(10_000)
    await stop()
    await verify(orders)
  })

  long('a projector and sagas that are killed, or stalled for a while, are taken over by their standbys', async () => {
    const { start, ready, load, stall, verify } = await deployment()
    const [one, other] = await Promise.all([
      start('saga,projector'),
      start('saga,projector'),
      start('command'),
      start('gateway'),
    ])
    await ready()
    const orders = await load()
    const stop = orders.run(CLIENTS)
    await orders.more(100)

    const [active, standby] = (await isActive(one)) ? [one, other] : [other, one]
    await stall(active)
    await expect.poll(() => isActive(standby), { timeout: 30_000 }).toBe(true)
    await orders.more(100)
    active.signal('SIGCONT')
    await orders.more(100)
    await standby.end('SIGKILL')
    await expect.poll(() => isActive(active), { timeout: 30_000 }).toBe(true)
    await orders.more(100)
    await stop()
    await verify(orders)
  })

  test('subscribers of a gateway that is killed resume on another one, without gap or repeat', async () => {
    const { start, ready, load, verify } = await deployment()
    const [first, second] = await Promise.all([start('gateway'), start('gateway'), start('command,saga,projector')])
    await ready()
    let at = first.url
    const feed = subscribe<{ id: string; position: string }>(
      () => at,
      'subscription ($since: Position) { eventsRecorded(since: $since) { ... on Event { id position } } }',
      {},
      { resumeFrom: ({ position }) => position },
    )
    const orders = await load(() => at)
    const stop = orders.run(CLIENTS)
    await orders.more(50)
    await feed.until((messages) => messages.length > 20)
    at = second.url
    await first.end('SIGKILL')
    await orders.more(100)
    await stop()
    await verify(orders, async (events) => {
      const recorded = events.filter(({ type }) => !isAboutTheLog(type)).map(({ id }) => id)
      const first = recorded.indexOf(feed.messages[0]?.id ?? '')
      await feed.until((messages) => messages.length >= recorded.length - first)
      expect(feed.messages.map(({ id }) => id)).toEqual(recorded.slice(first))
      await feed.stop()
    })
  })

  test('a nats-server that is killed and started again costs time, and nothing else', async () => {
    const { start, ready, load, verify, nats, url } = await deployment()
    await Promise.all([start('command,saga,projector'), start('gateway')])
    await ready()
    const orders = await load()
    const stop = orders.run(CLIENTS)
    await orders.more(100)
    await nats.kill()
    await expect.poll(() => health(url())).toMatchObject({ status: 503, parts: { messages: { ok: false } } })
    await nats.start()
    await orders.more(100)
    await ready()
    await stop()
    await verify(orders)
  })
})

describe.skipIf(withoutNats + withoutFerretdb !== '')(`with FerretDB for the views${withoutFerretdb}`, () => {
  test('a FerretDB that is killed and started again costs time, and nothing else', async () => {
    const directory = await temporary()
    const ferretdb = await startFerretdb(directory)
    onTestFinished(() => ferretdb.kill())
    const { start, ready, load, verify, url } = await deployment({ MONGODB_URL: ferretdb.url }, directory)
    await Promise.all([start('command,saga,projector'), start('gateway')])
    await ready()
    const orders = await load()
    // FerretDB on SQLite takes longer the more documents there are.
    const stop = orders.run(4, 100)
    await orders.more(40)
    await ferretdb.kill()
    // There are only so many orders, and nobody waits for the views to place one.
    await orders.more(20)
    await expect
      .poll(() => health(url()), { timeout: 30_000 })
      .toMatchObject({ status: 503, parts: { views: { ok: false } } })
    await ferretdb.start()
    await stop()
    await ready()
    await verify(orders)
  })
})

interface Deployment {
  nats: TestServer
  /**
   * @param roles of the process, with commas between them
   * @param env settings of its own
   */
  start(roles: string, env?: Record<string, string>): Promise<DeskProcess>
  /** Of the gateway that was started first. */
  url(): string
  /** Waits until all gateways that live are ready. */
  ready(): Promise<void>
  load(url?: () => string): Promise<OrderLoad>
  /** SIGSTOP, but not in the middle of a write: embedded files would stay locked for everybody, and nobody could take over. */
  stall(desk: DeskProcess): Promise<void>
  /**
   * That nothing acknowledged is lost, every order is decided, and all gateways that live show a fold of the log.
   * @param more further checks before all processes are ended
   */
  verify(orders: OrderLoad, more?: (events: readonly RecordedEvent[]) => Promise<void>): Promise<void>
}

/** Processes that share one log, found in the data directory unless the environment names a server. */
async function deployment(servers: Record<string, string> = {}, directory?: string): Promise<Deployment> {
  const dataDirectory = directory ?? (await temporary())
  const nats = await startNats()
  onTestFinished(() => nats.kill())
  const place = placeOf(dataDirectory, { ...process.env, ...servers, NATS_URL: nats.url })
  onTestFinished(() => clear(place))
  const started: { desk: DeskProcess; roles: string }[] = []
  const gateways = () =>
    started.filter(({ desk, roles }) => roles.endsWith('gateway') && desk.lives()).map(({ desk }) => desk.url)
  const url = () => gateways()[0] ?? ''

  return {
    nats,
    url,
    async start(roles, env) {
      const desk = await startDeskProcess(dataDirectory, { ...place.env, ROLES: roles, ...env })
      onTestFinished(async () => void (await desk.end('SIGKILL')))
      started.push({ desk, roles })
      return desk
    },
    async ready() {
      for (const gateway of gateways()) {
        await expect.poll(() => health(gateway), { timeout: 60_000 }).toMatchObject({ status: 200 })
      }
    },
    load: (at = url) => orderLoad(at),
    async stall(desk) {
      const { events, views } = place.stores.files
      for (;;) {
        desk.signal('SIGSTOP')
        if ((await canBeWritten(events)) && (await canBeWritten(views))) return
        desk.signal('SIGCONT')
        await pause(20)
      }
    },
    async verify(orders, more) {
      await orders.settled()
      // Views that are behind show too few orders as undecided.
      await expect.poll(() => upToDate(dataDirectory, place), { timeout: 120_000, interval: 500 }).toBe(true)
      const { events, stored, folded } = await inspect(dataDirectory, place)
      expect(orders.lost(events)).toEqual([])
      expect(recordedTwice(events)).toEqual([])
      expect(overdrafts(events)).toEqual([])
      expect(heldAtEnd(events)).toEqual([])
      expect(stored).toEqual(folded)
      const orderStates = statesOf(folded.orders ?? {})
      for (const gateway of gateways()) expect(await shownStates(gateway)).toEqual(orderStates)
      await more?.(events)
      for (const { desk } of started.filter(({ desk }) => desk.lives())) expect(await desk.end('SIGTERM')).toBe(0)
    },
  }
}

async function upToDate(dataDirectory: string, place: Place): Promise<boolean> {
  const { events, stored, folded } = await inspect(dataDirectory, place)
  return isDeepStrictEqual(stored, folded) && heldAtEnd(events).length === 0
}

/** How many commands a second are acknowledged, measured over so many milliseconds. */
async function rateOf({ acknowledged }: OrderLoad, milliseconds: number): Promise<number> {
  const [count, begun] = [acknowledged.length, performance.now()]
  await pause(milliseconds)
  return ((acknowledged.length - count) / (performance.now() - begun)) * 1_000
}

interface HealthAnswer {
  status: number
  parts: Record<string, { ok: boolean; detail: string; active?: number }>
}

/** A process that does not answer has no health. */
async function health(url: string): Promise<HealthAnswer | undefined> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) })
    const { parts } = (await answer.json()) as Pick<HealthAnswer, 'parts'>
    return { status: answer.status, parts }
  } catch {
    return undefined
  }
}

/** How many partitions of the commands a process holds. */
async function partitionsOf({ url }: DeskProcess): Promise<number | undefined> {
  return (await health(url))?.parts.commands?.active
}

/** Whether a process with the roles saga and projector does both. */
async function isActive({ url }: DeskProcess): Promise<boolean> {
  const parts = (await health(url))?.parts
  return parts?.sagas?.active === 1 && parts.projector?.active === 1
}

/** Whether a file is not there at all, or not locked for longer than others take to write. */
async function canBeWritten(file: string): Promise<boolean> {
  if (!existsSync(file)) return true
  for (let tries = 0; tries < 100; tries++) {
    const lock = await lockFile(file, 'alone')
    lock?.release()
    if (lock) return true
    await pause(5)
  }
  return false
}

function isAboutTheLog(type: string): boolean {
  return type.startsWith('Lease') || type === 'CheckpointStored'
}

type States = Record<string, string>

function statesOf(orders: Record<string, unknown>): States {
  const entries = Object.values(orders) as { id: string; status: string; version: number }[]
  return Object.fromEntries(entries.map(({ id, status, version }) => [id, `${status} ${version}`]))
}

interface OrdersPage {
  orders: {
    nodes: { id: string; status: string; version: number }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

async function shownStates(url: string): Promise<States> {
  const nodes: OrdersPage['orders']['nodes'] = []
  let after: string | null = null
  do {
    const { orders }: OrdersPage = await ask(
      url,
      'query ($after: String) { orders(first: 100, after: $after) { nodes { id status version } pageInfo { hasNextPage endCursor } } }',
      { after },
    )
    nodes.push(...orders.nodes)
    after = orders.pageInfo.hasNextPage ? orders.pageInfo.endCursor : null
  } while (after)
  return statesOf(Object.fromEntries(nodes.map((node) => [node.id, node])))
}

async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-faults-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
