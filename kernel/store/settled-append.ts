// An append whose outcome is known when it returns, whatever the store says in between.
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
 * Appends a batch. While the outcome is unknown the very same batch is sent again, with the same ids and the same expected
 * revision: that is what a store answers as the first time.
 * @returns where the last event went, or `conflict` when somebody else appended to the stream first
 * @throws StoreUnavailable or OutcomeUnknown when the store is still in the way after several tries
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
