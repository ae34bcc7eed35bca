// The newest events of the log, kept in memory: subscribers that have caught up read and parse nothing.

import { type Categories, isWanted } from './categories.ts'
import type { Batch, RecordedEvent } from './event-store.ts'
import { type Position, START } from './position.ts'

export interface Tail {
  /** Adds consecutive events. Events that do not follow the kept ones replace them. */
  add(events: readonly RecordedEvent[], sizes: readonly number[]): void
  /** Up to `limit` wanted events after a position; `undefined` when the events after the position are not kept. */
  after(position: Position, limit: number, categories: Categories): Batch | undefined
}

/**
 * Relies on positions without gaps: an event's place in the ring follows from its position.
 * @param capacity the largest number of kept events
 * @param maxSize the largest size of their texts together, in characters
 */
export function tailOf(capacity: number, maxSize: number): Tail {
  const ring: (RecordedEvent | undefined)[] = new Array(capacity).fill(undefined)
  const sizes = new Float64Array(capacity)
  let size = 0
  /** The kept events: those after the position `dropped`, up to `last`. */
  let dropped: Position = START
  let last: Position = START

  const dropFirst = () => {
    dropped++
    const place = dropped % capacity
    size -= sizes[place] ?? 0
    ring[place] = undefined
  }

  const add = (event: RecordedEvent, eventSize: number) => {
    if (event.position !== last + 1) {
      while (dropped < last) dropFirst()
      dropped = last = event.position - 1
    }
    if (last - dropped === capacity) dropFirst()
    last = event.position
    const place = last % capacity
    ring[place] = event
    sizes[place] = eventSize
    size += eventSize
    while (size > maxSize && dropped < last) dropFirst()
  }

  return {
    add(events, eventSizes) {
      events.forEach((event, index) => {
        add(event, eventSizes[index] ?? 0)
      })
    },

    after(position, limit, categories) {
      if (position < dropped || position >= last) return undefined
      const events: RecordedEvent[] = []
      let seen = position
      while (seen < last && events.length < limit) {
        seen++
        const event = ring[seen % capacity]
        if (event && isWanted(event, categories)) events.push(event)
      }
      return { events, position: seen }
    },
  }
}
