// The event log as a process reaches it: over a network that loses, delays and keeps silent.

import { setMaxListeners } from 'node:events'
import type { EventStore } from '../events/catalogue.ts'
import { OutcomeUnknown, StoreUnavailable, type StreamName } from '../kernel/store/event-store.ts'
import type { Life } from './node.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

interface Surroundings {
  life: Life
  weather: Weather
  time: VirtualTime
  random: Random
}

/** How long a process waits for an answer that does not come. */
const PATIENCE = 700
const RECONNECT = 100

export function farLog(store: EventStore, { life, weather, time, random }: Surroundings): EventStore {
  const far = <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> =>
    life.asks(async () => {
      await weather.way(what, 'log slow')
      if (weather.strikes('log away', what)) throw new StoreUnavailable('the log is away')
      const answer = await ask()
      await weather.way(what, 'log slow')
      return answer
    })

  async function* pages<Page>(stream: StreamName, read: () => AsyncIterable<Page>): AsyncGenerator<Page> {
    const source = read()[Symbol.asyncIterator]()
    for (;;) {
      const page = await far(`read of ${stream}`, () => source.next())
      if (page.done) return
      yield page.value
    }
  }

  return {
    catalogue: store.catalogue,

    append: (stream, events, expected) =>
      far(`append to ${stream}`, async () => {
        const append = () => store.append(stream, events, expected)
        if (weather.strikes('append lost', stream)) {
          await time.pass(PATIENCE)
          throw new OutcomeUnknown('no answer')
        }
        if (weather.strikes('append late', stream)) {
          weather.muchLater(stream, append)
          await time.pass(random.between(1, PATIENCE))
          throw new OutcomeUnknown('the connection broke')
        }
        const appended = await append()
        if (weather.strikes('append unheard', stream)) {
          await time.pass(PATIENCE)
          throw new OutcomeUnknown('no answer')
        }
        return appended
      }),

    // They fail, and are never behind: every store promises that.
    read: (stream, options) => pages(stream, () => store.read(stream, options)),
    readBackwards: (stream, options) => pages(stream, () => store.readBackwards(stream, options)),

    async *subscribe(after, options) {
      // As every store: any number of subscribers may share a signal.
      setMaxListeners(0, options.signal)
      const signal = AbortSignal.any([options.signal, life.signal])
      const batchSize = random.pick([1, 5, 1_000])
      const source = store.subscribe(after, { ...options, signal, batchSize })[Symbol.asyncIterator]()
      try {
        for (;;) {
          const batch = await life.asks(async () => {
            const next = await source.next()
            await weather.way('subscription', 'log slow')
            while (!signal.aborted && weather.strikes('log away', 'subscription')) await time.pass(RECONNECT)
            return next
          })
          if (batch.done || signal.aborted) return
          yield batch.value
        }
      } finally {
        await source.return?.()
      }
    },

    head: () => far('head', () => store.head()),
    end: () => far('end', () => store.end()),
    find: (event) => far('find', () => store.find(event)),
    close: async () => {},
  }
}
