// The promises of messages between processes, as tests that run against each implementation.
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Messaging, MessagingUnavailable, NoAnswer, NobodyServes, type Subscription } from './messaging.ts'

export interface MessagingUnderTest {
  /** One more process on the server that all tests share. */
  connect(): Promise<Messaging>
  /** A subject that no test has used before. */
  newSubject(): string
}

/** A wait that only ends when something is wrong. */
const LONG = 10_000
const FOR_EVER = 600_000
const SHORT = 100

export function describeMessaging(name: string, { connect, newSubject }: MessagingUnderTest): void {
  describe(name, () => {
    let here: Messaging
    let there: Messaging
    let subject: string
    /** Resolves when the test is over. */
    let theEnd: Promise<void>
    let end: () => void
    beforeEach(async () => {
      here = await connect()
      there = await connect()
      subject = newSubject()
      theEnd = new Promise((resolve) => {
        end = resolve
      })
    })
    afterEach(async () => {
      end()
      await here.close()
      await there.close()
    })

    /** Serves a subject from the other process, and waits until this process knows of it. */
    async function served(answer: (message: unknown) => unknown, on = there): Promise<Subscription> {
      const subscription = on.serve(subject, (message) => (message === 'served?' ? true : answer(message)))
      await expect.poll(() => here.gather(subject, 'served?', SHORT)).not.toEqual([])
      return subscription
    }

    describe('a request', () => {
      test('is answered by the process that serves its subject, with values as JSON has them', async () => {
        await served((message) => ({ message }))
        const message = {
          text: 'ä€𝄞',
          amount: Number.MAX_SAFE_INTEGER,
          nothing: null,
          left: undefined,
          list: [1.5, {}],
        }
        expect(await here.request(subject, message, LONG)).toStrictEqual({
          message: { text: 'ä€𝄞', amount: Number.MAX_SAFE_INTEGER, nothing: null, list: [1.5, {}] },
        })
      })

      test.each([null, false, 0, ''])('may be answered with %j', async (answer) => {
        await served(() => answer)
        expect(await here.request(subject, 'question', LONG)).toBe(answer)
      })

      test('does not wait for earlier requests', async () => {
        let release = () => {}
        await served((message) =>
          message === 'slow' ? new Promise<string>((resolve) => (release = () => resolve('late'))) : 'fast',
        )
        const slow = here.request(subject, 'slow', LONG)
        expect(await here.request(subject, 'fast', LONG)).toBe('fast')
        release()
        expect(await slow).toBe('late')
      })

      test('finds its own answer among a thousand', async () => {
        await served((message) => message)
        const numbers = Array.from({ length: 1_000 }, (_, number) => number)
        expect(await Promise.all(numbers.map((number) => here.request(subject, number, LONG)))).toEqual(numbers)
      })

      test('on an unserved subject is received by nobody', async () => {
        await expect(here.request(subject, 'question', LONG)).rejects.toThrow(NobodyServes)
      })

      test.each<[string, () => unknown]>([
        ['gives no answer', () => undefined],
        ['fails', () => Promise.reject(new Error('a test makes it fail'))],
        ['does not come to an end', () => theEnd],
      ])('to a process that %s is not answered', async (_, answer) => {
        await served(answer)
        await expect(here.request(subject, 'question', SHORT)).rejects.toThrow(NoAnswer)
        expect(await here.request(subject, 'served?', LONG), 'others are answered all the same').toBe(true)
      })

      test('that is too large is not sent, and the message states the limit', async () => {
        await served(() => 'received')
        const tooLarge = here.request(subject, 'x'.repeat(1024 * 1024), LONG)
        await expect(tooLarge).rejects.toThrow(MessagingUnavailable)
        await expect(tooLarge).rejects.toThrow('A message of 1048578 bytes is more than')
        expect(await here.request(subject, 'x'.repeat(1_000_000), LONG)).toBe('received')
      })

      test('with an answer that is too large does not wait for it, and the message states the limit', async () => {
        await served((length) => 'x'.repeat(Number(length)))
        const tooLarge = here.request(subject, 1024 * 1024, FOR_EVER)
        await expect(tooLarge).rejects.toThrow(NoAnswer)
        await expect(tooLarge).rejects.toThrow('An answer of 1048578 bytes is more than')
        expect(await here.request(subject, 1_000_000, LONG)).toHaveLength(1_000_000)
      })
    })

    describe('gathering', () => {
      test('finds every process that serves the subject', async () => {
        const third = await connect()
        await served(() => 'there')
        third.serve(subject, () => 'third')
        here.serve(subject, () => 'here')
        here.serve(subject, () => undefined)
        await expect
          .poll(async () => (await here.gather(subject, 'who?', SHORT)).sort())
          .toEqual(['here', 'there', 'third'])
        await third.close()
      })

      test('leaves out answers that are too large', async () => {
        await served(() => 'fits')
        here.serve(subject, (message) => (message === 'served?' ? true : 'x'.repeat(1024 * 1024)))
        await expect.poll(() => here.gather(subject, 'served?', SHORT)).toEqual([true, true])
        await expect.poll(() => here.gather(subject, 'question', SHORT)).toEqual(['fits'])
      })

      test('finds nobody on an unserved subject', async () => {
        expect(await here.gather(subject, 'who?', SHORT)).toEqual([])
      })
    })

    describe('serving that stops', () => {
      test('answers the received requests first', async () => {
        let release = (_: string) => {}
        let asked = 0
        const subscription = await served(() => {
          asked++
          return new Promise<string>((resolve) => (release = resolve))
        })
        const request = here.request(subject, 'question', LONG)
        await expect.poll(() => asked).toBe(1)
        let stopped = false
        const stopping = subscription.stop().then(() => {
          stopped = true
        })
        await turn()
        expect(stopped).toBe(false)
        release('answered')
        expect(await request).toBe('answered')
        await stopping
      })

      test('receives no new requests', async () => {
        const subscription = await served(() => 'there')
        await subscription.stop()
        await expect(here.request(subject, 'question', LONG)).rejects.toThrow(NobodyServes)
      })

      test('loses no request while another takes over', async () => {
        let stopping: Promise<void> | undefined
        const first = await served(() => 'first')
        const asked = Array.from({ length: 300 }, async (_, number) => {
          if (number === 100) there.serve(subject, () => 'second')
          if (number === 200) stopping = first.stop()
          return here.request(subject, number, LONG)
        })
        for (const answer of await Promise.all(asked)) expect(['first', 'second']).toContain(answer)
        await stopping
      })
    })

    describe('a published message', () => {
      /** The messages received on a subject, once this process knows of the listener. */
      async function listening(on: Messaging): Promise<unknown[]> {
        const heard: unknown[] = []
        on.listen(subject, (message) => heard.push(message))
        await expect
          .poll(() => {
            here.publish(subject, 'heard?')
            return heard.length
          })
          .toBeGreaterThan(0)
        return heard
      }

      test('reaches all listeners, in order', async () => {
        const all = [await listening(there), await listening(here)]
        for (let number = 0; number < 100; number++) here.publish(subject, { number })
        for (const heard of all) {
          await expect.poll(() => heard.at(-1)).toEqual({ number: 99 })
          const numbers = heard.filter((message) => message !== 'heard?')
          expect(numbers).toEqual(Array.from({ length: 100 }, (_, number) => ({ number })))
        }
      })

      test('is lost without a listener, and when it is too large', async () => {
        here.publish(newSubject(), 'to nobody')
        here.publish(subject, 'x'.repeat(2 * 1024 * 1024))
        await listening(there)
      })

      test('reaches the others when one listener fails', async () => {
        there.listen(subject, () => {
          throw new Error('a test makes it fail')
        })
        const heard = await listening(there)
        here.publish(subject, 'last')
        await expect.poll(() => heard.at(-1)).toBe('last')
      })

      test('does not reach a listener that has stopped', async () => {
        const stopped: unknown[] = []
        const subscription = there.listen(subject, (message) => stopped.push(message))
        const heard = await listening(there)
        await subscription.stop()
        here.publish(subject, 'last')
        await expect.poll(() => heard.at(-1)).toBe('last')
        expect(stopped).not.toContain('last')
      })
    })

    describe('a connection that is closed', () => {
      test('has answered the received requests', async () => {
        let release = (_: string) => {}
        await served(() => new Promise<string>((resolve) => (release = resolve)))
        const asked = here.request(subject, 'question', LONG)
        await expect.poll(() => String(release)).not.toBe('(_) => {}')
        const closing = there.close()
        release('answered')
        expect(await asked).toBe('answered')
        await closing
      })

      test('reports that, and sends nothing', async () => {
        expect(here.health().ok).toBe(true)
        await here.close()
        expect(here.health()).toEqual({ ok: false, detail: expect.any(String) })
        await expect(here.request(subject, 'question', LONG)).rejects.toThrow(MessagingUnavailable)
        await expect(here.gather(subject, 'question', LONG)).rejects.toThrow(MessagingUnavailable)
        here.publish(subject, 'to nobody')
        await here.close()
      })
    })
  })
}
