// Messages over NATS: the common promises, and the behaviour without a server and when the connection breaks.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Logger } from '../logger.ts'
import { type Wire, wireTo } from '../wire.given.ts'
import { describeMessaging } from './messaging.contract.ts'
import { type Messaging, MessagingUnavailable, NoAnswer } from './messaging.ts'
import { openNats } from './nats.ts'
import { natsAddress } from './nats-address.ts'

const { NATS_URL } = process.env
const namespace = `test_${randomUUID().slice(0, 8)}`
const newSubject = () => `${namespace}.${randomUUID()}`

const quiet = () => {}
const log: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describe('NATS_URL', () => {
  test.each([
    ['nats://127.0.0.1:4222', { servers: ['127.0.0.1:4222'] }],
    ['nats://a:4222, nats://b', { servers: ['a:4222', 'b'] }],
    ['nats://[::1]:4222', { servers: ['[::1]:4222'] }],
    ['nats://alice:s3%40cret@a:4222,nats://b', { servers: ['a:4222', 'b'], user: 'alice', pass: 's3@cret' }],
    ['nats://t0ken@a', { servers: ['a'], token: 't0ken' }],
    ['tls://a:4222', { servers: ['a:4222'], tls: {} }],
  ])('%s is understood', (url, address) => {
    expect(natsAddress(url)).toEqual(address)
  })

  test.each(['', 's3cret', 'http://s3cret@a', 'nats://', 'nats://a,s3cret', 'nats://%ff:s3cret@a'])(
    '"%s" is refused, and the error does not repeat it',
    (url) => {
      expect(() => natsAddress(url)).toThrow('NATS_URL has to be like nats://127.0.0.1:4222')
      expect(() => natsAddress(url)).not.toThrow(/s3cret/)
    },
  )
})

test('an unreachable server is named with advice, without user and password', async () => {
  const opening = openNats({ url: 'nats://alice:s3cret@127.0.0.1:1', log, patienceMs: 1 })
  await expect(opening).rejects.toThrow(
    'NATS at 127.0.0.1:1 (NATS_URL) cannot be used: it refuses connections. Start the server, or correct NATS_URL.',
  )
  await expect(opening).rejects.not.toThrow(/alice|s3cret/)
})

if (NATS_URL === undefined) {
  describe('messages over NATS', () => {
    test.skip('keep the contract of messaging: set NATS_URL to check it', () => {})
  })
} else {
  describeMessaging('messages over NATS', { connect: () => openNats({ url: NATS_URL, log }), newSubject })
  describeConnection(NATS_URL)
}

function describeConnection(url: string): void {
  describe('the connection to NATS', () => {
    let wire: Wire
    let here: Messaging
    let there: Messaging
    const told = { ...log, warn: vi.fn(), info: vi.fn(), error: vi.fn() }
    beforeEach(async () => {
      wire = await wireTo(url)
      here = await openNats({ url: wire.url, log: told })
      there = await openNats({ url, log })
    })
    afterEach(async () => {
      await here.close()
      await there.close()
      await wire.remove()
    })

    const connectedHere = async (yes: boolean) => expect.poll(() => here.health().ok).toBe(yes)

    test('is made again after a break, and its subjects are served again', async () => {
      const subject = newSubject()
      here.serve(subject, () => 'here')
      for (let times = 0; times < 3; times++) {
        wire.cut()
        await connectedHere(false)
        wire.mend()
        await connectedHere(true)
        expect(here.health().detail).toContain('127.0.0.1')
        await expect.poll(() => there.request(subject, 'question', 1_000).catch(String)).toBe('here')
      }
    })

    test('that breaks is logged once, and so is its return', async () => {
      told.warn.mockClear()
      told.info.mockClear()
      wire.cut()
      await connectedHere(false)
      const before = wire.refused()
      await expect.poll(wire.refused).toBeGreaterThanOrEqual(before + 3)
      wire.mend()
      await connectedHere(true)
      expect(told.warn.mock.calls.map(([, message]) => message)).toEqual([
        'The connection to NATS is lost; it is made again as soon as possible',
      ])
      expect(told.info.mock.calls.map(([, message]) => message)).toEqual(['The connection to NATS is there again'])
    })

    test('that breaks leaves no request waiting for an answer that cannot come', async () => {
      const subject = newSubject()
      let over = () => {}
      const theEnd = new Promise<void>((resolve) => {
        over = resolve
      })
      let asked = 0
      there.serve(subject, (message) => {
        if (message === 'served?') return true
        asked++
        return theEnd
      })
      await expect.poll(() => here.gather(subject, 'served?', 50)).toEqual([true])
      const request = here.request(subject, 'question', 60_000)
      await expect.poll(() => asked).toBe(1)
      wire.cut()
      await expect(request).rejects.toThrow(NoAnswer)
      over()
    })

    test.each([
      ['little', 1],
      ['more than all buffers hold', 200],
    ])('that falls silent after %s was sent is lost, and is made again when the silence ends', async (_, messages) => {
      const subject = newSubject()
      here.serve(subject, () => 'here')
      await expect.poll(() => there.request(subject, 'question', 1_000).catch(String)).toBe('here')
      wire.silence()
      const request = here.request(subject, 'question', 60_000)
      for (let sent = 0; sent < messages; sent++) here.publish(newSubject(), 'x'.repeat(500_000))
      await expect(request).rejects.toThrow(NoAnswer)
      expect(here.health()).toMatchObject({ ok: false })
      expect(performance.now() - Number(here.health().reachedAt)).toBeGreaterThan(2_900)
      await expect.poll(() => wire.connections().ever).toBeGreaterThan(1)
      expect(here.health().ok).toBe(false)
      wire.mend()
      await connectedHere(true)
      await expect.poll(() => there.request(subject, 'question', 1_000).catch(String)).toBe('here')
    })

    test('that is slow, because this process is busy, is not lost', async () => {
      told.warn.mockClear()
      for (let times = 0; times < 3; times++) {
        for (const end = performance.now() + 1_400; performance.now() < end; );
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      const subject = newSubject()
      here.serve(subject, () => 'here')
      await expect.poll(() => there.request(subject, 'question', 1_000).catch(String)).toBe('here')
      expect(told.warn).not.toHaveBeenCalled()
    })

    test('that is broken keeps nothing for later', async () => {
      const subject = newSubject()
      const received: unknown[] = []
      there.serve(subject, (message) => received.push(message))
      there.listen(subject, (message) => received.push(message))
      wire.cut()
      await connectedHere(false)
      await expect(here.request(subject, 'request', 60_000)).rejects.toThrow(MessagingUnavailable)
      await expect(here.gather(subject, 'gather', 60_000)).rejects.toThrow(MessagingUnavailable)
      here.publish(subject, 'hint')
      wire.mend()
      await connectedHere(true)
      await expect.poll(() => here.request(subject, 'later', 1_000).catch(String)).toBeTypeOf('number')
      expect(new Set(received)).toEqual(new Set(['later']))
    })

    test('is made to any of the servers, also to one that was not there at the start', async () => {
      const other = await wireTo(url)
      other.cut()
      const info = vi.fn()
      const both = await openNats({ url: `${wire.url},${other.url}`, log: { ...log, info } })
      onTestFinished(async () => {
        await both.close()
        await other.remove()
      })
      other.mend()
      wire.cut()
      await expect.poll(() => info.mock.calls.length).toBe(1)
      expect(both.health().ok).toBe(true)
      expect(other.connections().now).toBe(1)
    })

    test('is abandoned in time when the servers disappear while it is made', async () => {
      const [leaving, away] = [await wireTo(url), await wireTo(url)]
      onTestFinished(async () => {
        await leaving.remove()
        await away.remove()
      })
      away.cut()
      leaving.cutAfterNext()
      const opening = openNats({ url: `${leaving.url},${away.url}`, log, patienceMs: 300 })
      await expect(opening).rejects.toThrow('cannot be used: the servers that answered do so no more. Start the server')
      leaving.mend()
      await expect.poll(() => leaving.connections()).toEqual({ now: 0, ever: 2 })
    })

    test('can be closed when the server has refused a subscription', async () => {
      const subject = newSubject()
      told.error.mockClear()
      const refused = here.serve(subject, () => 'refused')
      await expect.poll(() => there.gather(subject, 'served?', 50)).toEqual(['refused'])
      wire.say(`-ERR 'Permissions Violation for Subscription to "${subject}"'\r\n`)
      await expect.poll(() => told.error.mock.calls.length).toBe(1)
      await refused.stop()
      await here.close()
      expect(here.health().ok).toBe(false)
    })

    test('that is broken can be closed', async () => {
      wire.cut()
      await connectedHere(false)
      await here.close()
      expect(here.health().ok).toBe(false)
    })
  })

  test('serves at most 10,000 requests at once: the others are dropped, which is logged once', async () => {
    const warn = vi.fn()
    const messaging = await openNats({ url, log: { ...log, warn } })
    const subject = newSubject()
    let asked = 0
    let release = (_: string) => {}
    const held = new Promise<string>((resolve) => {
      release = resolve
    })
    messaging.serve(subject, () => {
      asked++
      return held
    })
    const ask = (count: number, timeoutMs: number) =>
      Promise.allSettled(Array.from({ length: count }, () => messaging.request(subject, 'question', timeoutMs)))
    const taken = ask(10_000, 60_000)
    await expect.poll(() => asked).toBe(10_000)
    for (const dropped of await ask(5, 200)) expect(dropped).toMatchObject({ reason: expect.any(NoAnswer) })
    release('answered')
    for (const answered of await taken) expect(answered).toMatchObject({ value: 'answered' })
    expect(await messaging.request(subject, 'question', 10_000)).toBe('answered')
    expect(warn).toHaveBeenCalledOnce()
    await messaging.close()
  })

  test('a message that is not JSON is ignored, and later messages are not', async () => {
    const warn = vi.fn()
    const messaging = await openNats({ url, log: { ...log, warn } })
    const subject = newSubject()
    const heard: unknown[] = []
    messaging.listen(subject, (message) => heard.push(message))
    const raw = await rawClient(url)
    raw.write(`PUB ${subject} 8\r\n{"half":\r\nPUB ${subject} 6\r\n"good"\r\n`)
    await expect.poll(() => heard).toEqual(['good'])
    expect(warn).toHaveBeenCalledOnce()
    raw.destroy()
    await messaging.close()
  })
}

async function rawClient(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = dial(Number(port) || 4222, hostname)
  await once(socket, 'data')
  const { user, pass } = natsAddress(url)
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, user, pass })}\r\n`)
  return socket
}
