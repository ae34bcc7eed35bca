// The event store without a disk: what the simulated desks share, and what outlives each of their crashes.

import { type EventStore, type RecordedEvent, catalogue as shop } from '../events/catalogue.ts'
import { appendOf } from '../kernel/store/append.ts'
import type { Catalogue } from '../kernel/store/catalogue.ts'
import { type Categories, isWanted } from '../kernel/store/categories.ts'
import type * as port from '../kernel/store/event-store.ts'
import {
  type Batch,
  mustBeLimit,
  RevisionConflict,
  StoreUnavailable,
  type StreamName,
} from '../kernel/store/event-store.ts'
import { subscription } from '../kernel/store/subscription.ts'
import { upcast } from '../kernel/store/upcast.ts'

/** Everything that is recorded: an event at position p is at the index p - 1. */
export interface MemoryLog {
  readonly events: RecordedEvent[]
  readonly streams: Map<StreamName, RecordedEvent[]>
  /** The callbacks of those that wait for the log to change. */
  readonly waiting: Set<() => void>
}

export function newLog(): MemoryLog {
  return { events: [], streams: new Map(), waiting: new Set() }
}

const PAGE = 500

/**
 * @param now the clock of the store, in milliseconds since 1970
 * @param catalogue the events that the log can have (default: those of the shop)
 */
export function openMemoryEventStore(
  log: MemoryLog,
  now: () => number = () => Date.now(),
  catalogue: Catalogue = shop,
): EventStore {
  let closed = false
  const mustBeOpen = () => {
    if (closed) throw new StoreUnavailable('The log is closed.')
  }
  const streamOf = (stream: StreamName) => log.streams.get(stream) ?? []

  function page(position: number, limit: number, categories: Categories): Batch {
    const events: RecordedEvent[] = []
    let seen = position
    while (seen < log.events.length && events.length < limit) {
      const event = log.events[seen++]
      if (event && isWanted(event, categories)) events.push(event)
    }
    return { events, position: seen }
  }

  async function* pages(limit: number, next: (index: number) => RecordedEvent[]): AsyncGenerator<RecordedEvent[]> {
    mustBeLimit(limit)
    for (let index = 0; ; index += PAGE) {
      mustBeOpen()
      const found = next(index)
      if (found.length > 0) yield found
      if (found.length < PAGE) return
    }
  }

  const store: port.EventStore = {
    catalogue,

    async append(stream, events, expected) {
      mustBeOpen()
      const { data, metadata } = appendOf(stream, events, expected)
      const existing = streamOf(stream)
      const last = expected + events.length
      if (existing.length !== expected + 1) {
        const before = existing.slice(expected + 1, last + 1)
        const isRepeat = before.length === events.length && before.every(({ id }, index) => id === events[index]?.id)
        const end = before.at(-1)
        if (isRepeat && end) return { revision: last, position: end.position }
        throw new RevisionConflict(stream, expected)
      }
      const recordedAt = new Date(now()).toISOString()
      for (const [index, { type, id }] of events.entries()) {
        const recorded = upcast(
          {
            type,
            id,
            data: JSON.parse(data[index] as string),
            metadata: JSON.parse(metadata[index] as string),
            stream,
            revision: existing.length,
            position: log.events.length + 1,
            recordedAt,
          } as RecordedEvent,
          catalogue,
        )
        existing.push(recorded)
        log.events.push(recorded)
      }
      log.streams.set(stream, existing)
      for (const wake of [...log.waiting]) wake()
      return { revision: last, position: log.events.length }
    },

    read: (stream, { from = 0, limit }) =>
      pages(limit, (index) => streamOf(stream).slice(from + index, Math.min(from + index + PAGE, from + limit))),

    readBackwards(stream, { from, limit }) {
      const newestFirst = streamOf(stream)
        .slice(0, from === undefined ? undefined : from + 1)
        .toReversed()
        .slice(0, limit)
      return pages(limit, (index) => newestFirst.slice(index, index + PAGE))
    },

    subscribe: (after, options) =>
      subscription(
        {
          isClosed: () => closed,
          newest: () => log.events.length,
          remembered: page,
          page,
          change: (signal) =>
            new Promise((resolve) => {
              const wake = () => {
                log.waiting.delete(wake)
                signal.removeEventListener('abort', wake)
                resolve()
              }
              log.waiting.add(wake)
              signal.addEventListener('abort', wake)
            }),
          follow: () => () => {},
        },
        after,
        options,
      ),

    async head() {
      mustBeOpen()
      return log.events.length
    },

    async end() {
      mustBeOpen()
      return log.events.length
    },

    async find({ stream, revision, position, id }) {
      mustBeOpen()
      const event = streamOf(stream)[revision]
      return event?.id === id && event.position === position ? 'found' : 'missing'
    },

    async close() {
      closed = true
      for (const wake of [...log.waiting]) wake()
    },
  }
  return store as EventStore
}
