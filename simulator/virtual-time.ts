// Time that passes only when everything else has stopped. Timers, clocks and random ids of the code under test are replaced
// where it gets them from, so it runs as it is, and a minute takes no longer than what happens in it.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Random } from './random.ts'

export interface VirtualTime {
  /** Milliseconds since the run began. */
  now(): number
  /** Resolves when so many milliseconds have gone by; fractions count. */
  pass(milliseconds: number): Promise<void>
}

/** Runs that never come to an end by themselves are ended after so many timers: about a minute of real time. */
const MOST_TIMERS = 3_000_000

const BEGINNING = Date.UTC(2026, 0, 1)
const real = { setImmediate, Date }

interface Timer {
  at: number
  /** Of two timers for the same moment the one that was set first comes first. */
  sequence: number
  run(): void
  cancelled: boolean
}

/**
 * Does `work` in virtual time. Only one at a time: what is replaced is the same for the whole process.
 * @param random draws the ids and the jitter of the code under test
 * @throws Error when nothing would ever happen any more, and everything that `work` throws
 */
export async function inVirtualTime<Result>(
  random: Random,
  work: (time: VirtualTime) => Promise<Result>,
): Promise<Result> {
  const { clock, step, turns } = openClock()
  const putBack = replace(clock, random)
  try {
    let running = true
    const result = work(clock).finally(() => {
      running = false
    })
    result.catch(() => {}) // It is awaited below.
    for (let fired = 0; ; fired++) {
      await everythingElse()
      if (!running) break
      if (!step()) throw new Error('Everybody waits, and nothing will ever happen any more')
      if (fired === MOST_TIMERS) throw new Error(`There is no end after ${MOST_TIMERS} timers, at ${clock.now()} ms`)
    }
    return await result
  } finally {
    // The work that belongs to the end of a turn is shared by all runs: it must not be left half done.
    while (turns()) await everythingElse()
    putBack()
  }
}

/** Until all promises that can go on have gone on. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => real.setImmediate(resolve))
}

interface Clock extends VirtualTime {
  set(milliseconds: number, run: () => void, every?: number): Timer
  atEndOfTurn(run: () => void): Timer
}

function openClock() {
  let now = 0
  let sequence = 0
  /** The next one last. */
  const waiting: Timer[] = []
  const ending: Timer[] = []

  const insert = (timer: Timer) => {
    let low = 0
    let high = waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = waiting[middle] as Timer
      if (other.at > timer.at || (other.at === timer.at && other.sequence > timer.sequence)) low = middle + 1
      else high = middle
    }
    waiting.splice(low, 0, timer)
  }

  const clock: Clock = {
    now: () => now,
    pass: (milliseconds) => new Promise((resolve) => void clock.set(milliseconds, resolve)),
    set(milliseconds, run, every) {
      const timer: Timer = { at: now + milliseconds, sequence: sequence++, run, cancelled: false }
      if (every !== undefined) {
        timer.run = () => {
          timer.at = now + every
          timer.sequence = sequence++
          insert(timer)
          run()
        }
      }
      insert(timer)
      return timer
    },
    atEndOfTurn(run) {
      const timer: Timer = { at: now, sequence: sequence++, run, cancelled: false }
      ending.push(timer)
      return timer
    },
  }

  /** Runs one thing that belongs to the end of this turn; false when there is none. */
  const turns = (): boolean => {
    const timer = ending.shift()
    if (timer && !timer.cancelled) timer.run()
    return timer !== undefined
  }

  /** Runs what is next, in this moment or in the next one; false when there is nothing. */
  const step = (): boolean => {
    if (turns()) return true
    const timer = waiting.pop()
    if (!timer) return false
    if (timer.cancelled) return true
    now = timer.at
    timer.run()
    return true
  }

  return { clock, step, turns }
}

/** @returns how to put everything back */
function replace(clock: Clock, random: Random): () => void {
  const uuid = () => {
    const digits = Array.from({ length: 32 }, () => random.whole(0, 15).toString(16)).join('')
    return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5')
  }
  const places: [object, object][] = [
    [globalThis, { ...globalTimers(clock), Date: dateOf(clock) }],
    [performance, { now: clock.now }],
    [timers, promisedTimers(clock)],
    [Math, { random: () => random.between(0, 1) }],
    [crypto, { randomUUID: uuid, randomInt: (below: number) => random.whole(0, below - 1) }],
  ]
  const before = places.map(([place, replaced]) => {
    const names = Object.keys(replaced) as never[]
    const kept = Object.fromEntries(names.map((name) => [name, place[name]]))
    Object.assign(place, replaced)
    return () => void Object.assign(place, kept)
  })
  // Modules that import these functions by name see what is in their place.
  syncBuiltinESMExports()
  return () => {
    for (const putBack of before) putBack()
    syncBuiltinESMExports()
  }
}

function globalTimers(clock: Clock) {
  const handle = (timer: Timer) => {
    const self = { ref: () => self, unref: () => self, hasRef: () => true, timer }
    return self
  }
  const clear = (cleared?: ReturnType<typeof handle>) => {
    if (cleared) cleared.timer.cancelled = true
  }
  return {
    setTimeout: (run: () => void, milliseconds = 0) => handle(clock.set(Math.max(1, milliseconds), run)),
    setInterval: (run: () => void, every: number) => handle(clock.set(every, run, every)),
    setImmediate: (run: () => void) => handle(clock.atEndOfTurn(run)),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  }
}

function promisedTimers(clock: Clock) {
  const settled = <Value>(set: (run: () => void) => Timer, value: Value, signal?: AbortSignal): Promise<Value> =>
    new Promise((resolve, reject) => {
      const aborted = () => {
        timer.cancelled = true
        reject(new DOMException('The operation was aborted', 'AbortError'))
      }
      const timer = set(() => {
        signal?.removeEventListener('abort', aborted)
        resolve(value)
      })
      if (signal?.aborted) aborted()
      else signal?.addEventListener('abort', aborted, { once: true })
    })
  return {
    setTimeout: <Value>(milliseconds: number, value: Value, options?: { signal?: AbortSignal }) =>
      settled((run) => clock.set(Math.max(1, milliseconds), run), value, options?.signal),
    setImmediate: <Value>(value: Value, options?: { signal?: AbortSignal }) =>
      settled((run) => clock.atEndOfTurn(run), value, options?.signal),
  }
}

function dateOf(clock: Clock) {
  return class extends real.Date {
    constructor(value?: string | number | Date) {
      super(value ?? BEGINNING + Math.floor(clock.now()))
    }
    static override now(): number {
      return BEGINNING + Math.floor(clock.now())
    }
  }
}
