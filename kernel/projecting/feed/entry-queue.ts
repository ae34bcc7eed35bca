// Holds the entries that a subscriber has not taken yet, up to a limit. Above the limit it drops them and becomes idle.
import type { HistoryEntry } from '../store/view-store.ts'

export interface EntryQueue {
  /** Starts queueing new entries. A new queue is idle, and so is one that overflowed. */
  start(): void
  isCollecting(): boolean
  isEnded(): boolean
  /** Waits for the next entries, at most 100 of them, in log order. Only one caller at a time. */
  take(): Promise<HistoryEntry[] | 'overflowed' | 'ended'>
  /** Also ends a `take` that is waiting. */
  close(): void
}

const MAX_ENTRIES = 1_000
const MAX_TAKEN = 100

/** @param matches which of the pushed entries belong in the queue */
export function entryQueue(matches: (entry: HistoryEntry) => boolean) {
  let entries: HistoryEntry[] = []
  let state: 'idle' | 'collecting' | 'ended' = 'idle'
  let wake = () => {}

  function stop(as: 'idle' | 'ended'): void {
    if (state !== 'ended') state = as
    entries = []
    wake()
  }

  return {
    /** @returns false when there is no room for the entry */
    push(entry: HistoryEntry): boolean {
      if (state !== 'collecting' || !matches(entry)) return true
      if (entries.length === MAX_ENTRIES) return false
      entries.push(entry)
      wake()
      return true
    },
    overflow: () => stop('idle'),
    end: () => stop('ended'),

    start(): void {
      if (state === 'idle') state = 'collecting'
    },
    isCollecting: () => state === 'collecting',
    isEnded: () => state === 'ended',
    async take(): Promise<HistoryEntry[] | 'overflowed' | 'ended'> {
      if (state === 'collecting' && entries.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      if (state === 'collecting') return entries.splice(0, MAX_TAKEN)
      return state === 'ended' ? 'ended' : 'overflowed'
    },
  }
}
