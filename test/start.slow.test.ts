// A desk as somebody meets it who starts and stops it: what it prints, what it refuses, and how it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from './client.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { accepted, mutate } from './mutate.ts'
import { embedded } from './place.ts'
import { subscribe } from './subscriber.ts'

describe('a start', () => {
  test('prints where the playground is and a mutation, which works as it stands', async () => {
    const desk = run('start', { DATA_DIR: await directory(), PORT: '0' })
    const url = await desk.printed(/Playground\s+(\S+)\/playground/)
    const greeting = await desk.printed(/^ {2}(mutation \{[\s\S]+?\n {2}\})$/m)
    const { registerCustomer } = await ask<{ registerCustomer: object }>(url, greeting)
    expect(registerCustomer).toMatchObject({ customer: { availableCredit: '2000.00' }, userErrors: [] })
    const page = await fetch(`${url}/playground`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<html')
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(200)
    expect(await desk.end()).toBe(0)
    // Node may have had something to say before: a warning is no JSON.
    const logged = desk.complaints().trimEnd().split('\n').slice(-2)
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { level: 30, signal: 'SIGTERM', msg: expect.stringMatching(/^Stopping: /) },
      { level: 30, msg: 'Stopped' },
    ])
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['a port that is no number', { PORT: 'http' }, /PORT is "http", but must be a whole number from 0 to 65535/],
    ['a port beyond all ports', { PORT: '65536' }, /PORT is "65536"/],
    ['an empty port', { PORT: '' }, /PORT is ""/],
    ['a host that is none', { HOST: 'my host' }, /HOST is "my host", but must be an IP address or a host name/],
    ['a log level that is none', { LOG_LEVEL: 'loud' }, /LOG_LEVEL is "loud", but must be one of fatal/],
    ['an empty data directory', { DATA_DIR: ' ' }, /DATA_DIR is " ", but must be a path/],
    ['a misspelt setting', { DATADIR: '/tmp' }, /DATADIR is not a setting: did you mean DATA_DIR\?/],
    [
      'a way to coordinate that is none',
      { SAGA: 'ballet' },
      /SAGA is "ballet", but must be one of orchestration, choreography/,
    ],
    ['a part of a desk without what connects the parts', { ROLES: 'gateway' }, /ROLES omits .* NATS_URL must be set/],
    ['several at once', { PORT: 'x', LOG_LEVEL: 'y' }, /PORT is "x"[\s\S]*LOG_LEVEL is "y"/],
  ])('stops with a sentence and exit code 2 for %s', async (_, env, sentence) => {
    const desk = run('start', { DATA_DIR: await directory(), PORT: '0', ...env })
    expect(await desk.exited()).toBe(2)
    expect(desk.complaints()).toMatch(sentence)
    expect(desk.complaints()).not.toContain('    at ')
  })

  test.each([
    ['MONGODB_URL', 'mongodb://desk:secret@127.0.0.1:9'],
    ['EVENTSTORE_URL', 'esdb://desk:secret@127.0.0.1:9?tls=false'],
  ])('stops with a sentence and exit code 1 when no server answers at %s', async (setting, url) => {
    const desk = run('start', { DATA_DIR: await directory(), PORT: '0', [setting]: url })
    expect(await desk.exited()).toBe(1)
    expect(desk.complaints()).toContain(setting)
    expect(desk.complaints()).not.toContain('secret')
    expect(desk.complaints()).not.toContain('    at ')
  })

  test('stops with a sentence and exit code 2 for an argument', async () => {
    const desk = run('start', { DATA_DIR: await directory(), PORT: '0' }, '--port=4000')
    expect(await desk.exited()).toBe(2)
    expect(desk.complaints()).toContain('The argument "--port=4000" is not known')
  })

  test('is refused for a data directory in which another desk works, which goes on', async () => {
    const dataDirectory = await directory()
    const first = await startEmbedded(dataDirectory)
    onTestFinished(async () => void (await first.end('SIGKILL')))
    const second = run('start', { DATA_DIR: dataDirectory, PORT: '0' })
    expect(await second.exited()).toBe(1)
    expect(second.complaints()).toContain(`The data directory ${dataDirectory} is in use by another desk.`)
    expect(second.complaints()).not.toContain('    at ')
    await accepted(first.url, 'registerCustomer', { name: 'Ada', creditLimit: '1.00' })

    // A desk that was killed holds nothing.
    await first.end('SIGKILL')
    const third = await startEmbedded(dataDirectory)
    expect(await third.end('SIGTERM')).toBe(0)
  })

  test('is refused for a port that is in use, and leaves the data directory free', async () => {
    const dataDirectory = await directory()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(async () => void (await new Promise((resolve) => taken.close(resolve))))
    const { port } = taken.address() as { port: number }
    const desk = run('start', { DATA_DIR: dataDirectory, PORT: String(port) })
    expect(await desk.exited()).toBe(1)
    expect(desk.complaints()).toContain(`Cannot listen on 127.0.0.1, port ${port}: EADDRINUSE.`)
    expect(desk.complaints()).not.toContain('    at ')
    const other = await startEmbedded(dataDirectory)
    expect(await other.end('SIGTERM')).toBe(0)
  })
})

describe('a stop', () => {
  test.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
    'by %s answers the commands that are under way, tells subscribers 1001 and ends with 0',
    async (signal) => {
      const dataDirectory = await directory()
      const desk = await startEmbedded(dataDirectory)
      onTestFinished(async () => void (await desk.end('SIGKILL')))
      await accepted(desk.url, 'addProduct', { productId: 'prd_1', name: 'Lamp', price: '1.00' })
      const query = 'subscription { productChanged(productId: "prd_1") { position } }'
      const subscribers = Array.from({ length: 20 }, () => subscribe<{ position: string }>(desk.url, query))
      for (const { until } of subscribers) await until(({ length }) => length > 0)

      const acknowledged: string[] = []
      const refusals: unknown[] = []
      let working = true
      const clients = Array.from({ length: 10 }, async (_, client) => {
        for (let n = 0; working; n++) {
          const commandId = `${client}-${n}`
          try {
            await accepted(desk.url, 'receiveStock', { commandId, productId: 'prd_1', quantity: 1 })
            acknowledged.push(commandId)
          } catch (error) {
            refusals.push(error)
            return
          }
        }
      })
      await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(50)
      const code = await desk.end(signal)
      working = false
      await Promise.all(clients)
      expect(code).toBe(0)
      for (const { ended, closeCodes } of subscribers) {
        await ended
        expect(closeCodes).toEqual([1001])
      }
      // A client that came too late was refused, or found nobody.
      for (const refusal of refusals) expect(String(refusal)).toMatch(/STOPPING|fetch failed/)

      const again = await startEmbedded(dataDirectory)
      onTestFinished(async () => void (await again.end('SIGKILL')))
      for (const commandId of acknowledged) {
        const input = { commandId, productId: 'prd_1', quantity: 1 }
        expect(await accepted(again.url, 'receiveStock', input)).toMatchObject({ duplicate: true })
      }
      // Every recorded command was answered too: no command was cut off in the middle.
      const { product } = await ask<{ product: { inStock: number } }>(again.url, '{ product(id: "prd_1") { inStock } }')
      expect(product.inStock).toBe(acknowledged.length)
      expect(await again.end('SIGTERM')).toBe(0)
    },
  )

  test('in the middle of placements leaves nothing undone: the next desk goes on with them', async () => {
    const dataDirectory = await directory()
    const first = await startEmbedded(dataDirectory)
    onTestFinished(async () => void (await first.end('SIGKILL')))
    await accepted(first.url, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '1000.00' })
    const products = Array.from({ length: 100 }, (_, n) => `prd_${n}`)
    await Promise.all(
      products.map((productId) =>
        accepted(first.url, 'addProduct', { productId, name: 'Lamp', price: '0.01', stock: 100 }),
      ),
    )
    const lines = products.map((productId) => ({ productId, quantity: 1 }))
    const orderIds = Array.from({ length: 20 }, (_, n) => `ord_${n}`)
    await Promise.all(
      orderIds.map((orderId) =>
        accepted(first.url, 'placeOrder', { orderId, customerId: 'cus_1', content: { lines } }),
      ),
    )
    expect(await first.end('SIGTERM')).toBe(0)
    const second = await startEmbedded(dataDirectory)
    onTestFinished(async () => void (await second.end('SIGKILL')))
    await expect.poll(() => countOf(second.url, 'APPROVED'), { timeout: 60_000 }).toBe(20)
    expect(await second.end('SIGTERM')).toBe(0)
  })
})

describe('the views', () => {
  test('are built anew when they are gone', async () => {
    const dataDirectory = await directory()
    const first = await startEmbedded(dataDirectory)
    onTestFinished(async () => void (await first.end('SIGKILL')))
    await fill(first.url)
    const before = await everythingShown(first.url)
    await first.end('SIGTERM')
    await removeViews(dataDirectory)
    const second = await startEmbedded(dataDirectory)
    onTestFinished(async () => void (await second.end('SIGKILL')))
    expect(await everythingShown(second.url)).toEqual(before)
    expect(await second.end('SIGTERM')).toBe(0)
  })

  test('of another log are refused with a sentence that says what to do, which helps', async () => {
    const [mine, other] = [await directory(), await directory()]
    for (const dataDirectory of [mine, other]) {
      const desk = await startEmbedded(dataDirectory)
      await fill(desk.url)
      expect(await desk.end('SIGTERM')).toBe(0)
    }
    await removeViews(mine)
    await rename(join(other, 'views.db'), join(mine, 'views.db'))
    const desk = run('start', { DATA_DIR: mine, PORT: '0' })
    expect(await desk.exited()).toBe(1)
    expect(desk.complaints()).toContain(join(mine, 'views.db'))
    expect(desk.complaints()).toMatch(/Put the log back .* or, .* --rebuild-views/)
    await removeViews(mine)
    const again = await startEmbedded(mine)
    expect(await again.end('SIGTERM')).toBe(0)
  })
})

test('the demo shows orders in every state, and its data goes away with it', async () => {
  const temporary = await directory()
  const demo = run('demo', { PORT: '0', TMPDIR: temporary })
  const url = await demo.printed(/Playground\s+(\S+)\/playground/)
  for (const [status, count] of [
    ['APPROVED', 3],
    ['PAID', 1],
    ['SHIPPED', 1],
    ['REJECTED', 2],
    ['CANCELLED', 1],
  ] as const) {
    expect([status, await countOf(url, status)]).toEqual([status, count])
  }
  const data = (await readdir(temporary)).filter((name) => name.startsWith('creditline-demo-'))
  expect(data).toHaveLength(1)
  expect(await demo.end()).toBe(0)
  await expect(access(join(temporary, data[0] ?? ''))).rejects.toThrow('ENOENT')
})

/** The tests here that speak of files are about the embedded parts. */
function startEmbedded(dataDirectory: string): Promise<DeskProcess> {
  return startDeskProcess(dataDirectory, embedded)
}

interface Running {
  /** The first group of the pattern, once the process has printed what matches. */
  printed(pattern: RegExp): Promise<string>
  /** The text that it wrote to stderr so far. */
  complaints(): string
  exited(): Promise<number | null>
  /** Ends it with SIGTERM. */
  end(): Promise<number | null>
}

const programs = { start: 'server/main.ts', demo: 'server/demo.ts' }

/** Runs the program of `npm start` or of `npm run demo`. */
function run(program: keyof typeof programs, env: Record<string, string>, ...args: string[]): Running {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', './server/typescript.mjs', programs[program], ...args],
    {
      env: { ...process.env, ...embedded, ...env },
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (text) => {
    stdout += text
  })
  child.stderr?.on('data', (text) => {
    stderr += text
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    async printed(pattern) {
      const gone = closed.then((code) => {
        throw new Error(`It ended with ${code}:\n${stderr}`)
      })
      const seen = expect.poll(() => pattern.test(stdout), { timeout: 60_000 }).toBe(true)
      await Promise.race([gone, seen])
      return pattern.exec(stdout)?.[1] ?? ''
    },
    complaints: () => stderr,
    exited: () => within(60_000, closed, () => `It did not end:\n${stdout}`),
    end() {
      child.kill('SIGTERM')
      return within(60_000, closed, () => 'It did not end.')
    },
  }
}

async function within<Result>(milliseconds: number, work: Promise<Result>, complaint: () => string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), milliseconds)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-start-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function removeViews(dataDirectory: string): Promise<void> {
  for (const name of ['views.db', 'views.db-wal', 'views.db-shm']) {
    await rm(join(dataDirectory, name), { force: true })
  }
}

async function fill(url: string): Promise<void> {
  await accepted(url, 'registerCustomer', { customerId: 'cus_1', name: 'Ada', creditLimit: '1000.00' })
  await accepted(url, 'addProduct', { productId: 'prd_1', name: 'Lamp', price: '1.00', stock: 100 })
  const content = { lines: [{ productId: 'prd_1', quantity: 2 }] }
  for (let n = 0; n < 10; n++) await mutate(url, 'placeOrder', { orderId: `ord_${n}`, customerId: 'cus_1', content })
  await expect.poll(() => countOf(url, 'APPROVED'), { timeout: 30_000 }).toBe(10)
}

async function countOf(url: string, status: string): Promise<number> {
  const query = 'query ($status: OrderStatus!) { orders(filter: { statusIn: [$status] }) { totalCount { value } } }'
  return (await ask<{ orders: { totalCount: { value: number } } }>(url, query, { status })).orders.totalCount.value
}

/** All documents and the audit log of a small desk, save how far readers of the log have come. */
async function everythingShown(url: string): Promise<unknown> {
  const { events, ...documents } = await ask<{ events: { nodes: { type: string }[] } }>(
    url,
    `{
      customers { nodes { id name creditLimit reservedCredit recentOrders { orderId status } version position updatedAt } }
      products { nodes { id name price inStock reserved version position updatedAt } }
      orders { nodes { id status total placement { state steps { nodes { name state at } } } version position updatedAt } }
      events(first: 100) { nodes { id type stream version position recordedAt summary } }
    }`,
  )
  return { ...documents, events: events.nodes.filter(({ type }) => type !== 'CheckpointStored') }
}
