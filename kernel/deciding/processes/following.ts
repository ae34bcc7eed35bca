// Follows the log until it is stopped. A subscription that breaks off resumes at its position.

import { setTimeout as pause } from 'node:timers/promises'
import { backOff } from '../../failures/back-off.ts'
import { messageOf } from '../../failures/message-of.ts'
import type { EventStore, RecordedEvent } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'

interface Follower {
  after: Position
  categories: readonly string[]
  signal: AbortSignal
  /** Receives the events, one after another. */
  take(event: RecordedEvent): Promise<void> | undefined
  /** This many events have been handled since the last call, and there is nothing else up to this position. */
  read(position: Position, events: number): Promise<void>
  /** Receives the reason why the log cannot be followed. */
  lost(error: string): void
}

export interface Following {
  /** Why the log cannot be followed now. */
  trouble(): string | undefined
  /** Resolves when it has stopped. */
  stopped: Promise<void>
}

/** Follows the log until the signal aborts, also after failures of the store. */
export function followLog(store: EventStore, { after, categories, signal, take, read, lost }: Follower): Following {
  let position = after
  let trouble: string | undefined

  async function follow(): Promise<void> {
    for await (const batch of store.subscribe(position, { signal, categories })) {
      for (const event of batch.events) {
        await take(event)
        if (signal.aborted) return
        position = event.position
      }
      position = batch.position
      await read(position, batch.events.length)
    }
  }

  async function keepFollowing(): Promise<void> {
    const pauses = backOff()
    while (!signal.aborted) {
      const before = position
      try {
        await follow()
        trouble = 'the subscription ended'
      } catch (error) {
        trouble = messageOf(error)
      }
      if (signal.aborted) return
      lost(trouble)
      if (position > before) pauses.reset()
      await pause(pauses.next(), undefined, { signal }).catch(() => undefined)
      trouble = undefined
    }
  }

  return { trouble: () => trouble, stopped: keepFollowing() }
}
