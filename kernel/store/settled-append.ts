// An append that settles its outcome before it returns, also after the store reported an unknown outcome.
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Appended,
  type EventStore,
  type NewEvent,
  OutcomeUnknown,
  type Revision,
  RevisionConflict,
  StoreUnavailable,
  type StreamName,
} from './event-store.ts'

/** The pauses before each further try of an append, in milliseconds: about six seconds in all. */
const PAUSES = [10, 50, 100, 250, 500, 1000, 2000, 2000]

/**
 * Appends a batch. While the outcome is unknown it sends the very same batch again, with the same ids and the same
 * expected revision: the store then returns the first result.
 * @returns the place of the last event, or `conflict` when another writer appended to the stream first
 * @throws StoreUnavailable or OutcomeUnknown when the store still fails after several tries
 */
export async function appendSettled(
  store: EventStore,
  stream: StreamName,
  events: readonly NewEvent[],
  expected: Revision,
): Promise<Appended | 'conflict'> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await store.append(stream, events, expected)
    } catch (error) {
      if (error instanceof RevisionConflict) return 'conflict'
      const passing = error instanceof OutcomeUnknown || error instanceof StoreUnavailable
      const wait = PAUSES[attempt]
      if (!passing || wait === undefined) throw error
      await pause(wait)
    }
  }
}
