// A log for tests, in a temporary directory, with faults on demand.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EventStore, NewEvent, RecordedEvent } from '../events/catalogue.ts'
import { openSqliteEventStore } from '../events/open-log.ts'
import {
  ALL_EVENTS,
  type Appended,
  OutcomeUnknown,
  type Revision,
  StoreUnavailable,
  type StreamName,
} from '../kernel/store/event-store.ts'
import { START } from '../kernel/store/position.ts'

/** An empty log, which goes away when the test has finished. Its clock is `late` by so many milliseconds. */
export async function openLog({ late = 0 } = {}): Promise<EventStore> {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-log-'))
  const store = await openSqliteEventStore({ file: join(directory, 'events.db'), now: () => Date.now() - late })
  onTestFinished(async () => {
    await store.close()
    await rm(directory, { recursive: true })
  })
  return store
}

interface Append {
  stream: StreamName
  events: readonly NewEvent[]
  expected: Revision
}

/** The fault that replaces `append()`. */
export type Fault = (append: () => Promise<Appended>, what: Append) => Promise<Appended>

export const unavailable: Fault = async () => {
  throw new StoreUnavailable('the store is away')
}

export const lost: Fault = async () => {
  throw new OutcomeUnknown('the connection broke before the append arrived')
}

export const unheard: Fault = async (append) => {
  await append()
  throw new OutcomeUnknown('the connection broke before the answer arrived')
}

export const broken: Fault = async () => {
  throw new Error('the disk is broken')
}

/** The calls that a store received. */
export interface Watched extends EventStore {
  appends: Append[]
  reads: StreamName[]
  /** How many events of a stream reading has given, forwards or backwards. */
  eventsRead(stream: StreamName): number
}

/** The same store, with one fault for each of the first appends, or with a function that says which fault comes next. */
export function watched(store: EventStore, faults: Fault[] | (() => Fault | undefined) = []): Watched {
  const next = typeof faults === 'function' ? faults : () => faults.shift()
  const appends: Append[] = []
  const reads: StreamName[] = []
  const eventsRead = new Map<StreamName, number>()
  async function* counted(stream: StreamName, pages: AsyncIterable<RecordedEvent[]>) {
    for await (const page of pages) {
      eventsRead.set(stream, (eventsRead.get(stream) ?? 0) + page.length)
      yield page
    }
  }
  return {
    ...store,
    appends,
    reads,
    eventsRead: (stream) => eventsRead.get(stream) ?? 0,
    append(stream, events, expected) {
      const what = { stream, events, expected }
      appends.push(what)
      const append = () => store.append(stream, events, expected)
      const fault = next()
      return fault ? fault(append, what) : append()
    },
    read(stream, options) {
      reads.push(stream)
      return counted(stream, store.read(stream, options))
    },
    readBackwards: (stream, options) => counted(stream, store.readBackwards(stream, options)),
  }
}

/** A store whose process dies at its n-th append, before or after that was stored. */
export function crashing(on: EventStore, at: number, when: 'before' | 'after'): Watched & { crashed: Promise<void> } {
  let die = () => {}
  const crashed = new Promise<void>((resolve) => {
    die = resolve
  })
  let appends = 0
  const log = watched(on, () => {
    appends++
    if (appends < at) return undefined
    return async (append) => {
      if (appends === at && when === 'after') await append()
      die()
      throw new Error('the process is gone')
    }
  })
  return { ...log, crashed }
}

/** All events of a stream. */
export async function eventsOf(store: EventStore, stream: StreamName): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const page of store.read(stream, { limit: ALL_EVENTS })) events.push(...page)
  return events
}

/** Everything that is in the log now. */
export async function wholeLog(store: EventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  const head = await store.head()
  const ended = new AbortController()
  if (head === START) return events
  for await (const batch of store.subscribe(START, { signal: ended.signal })) {
    events.push(...batch.events)
    if (batch.position >= head) break
  }
  return events
}
