// The declarations of an aggregate whose streams grow long. They bound its state and the time to load it.
import type { Aggregate } from './decider.ts'

/**
 * Such an aggregate keeps reservations. An open one is in the state. A settled one has left a mark for ever, and the
 * state has only the newest marks. docs/duplicates.md describes the search for an older mark when a command depends on
 * it.
 */
export interface Memory<A extends Aggregate> {
  /** The reservation that a command is about. */
  asked(command: A['command']): string | undefined
  /** Whether a command that repeats while its reservation is open does nothing, and was not refused the first time. */
  repeatable(command: A['command'], state: A['state']): boolean
  /** The reservation that an event has settled for good. */
  settled(event: A['event']): string | undefined
  /** The reservations that are not settled. */
  open(state: A['state']): ReadonlyMap<string, number>
  /**
   * The marks in the state. The command handler removes old ones, and restores them for a command that is about them.
   */
  marks(state: A['state']): Set<string>
  /** Raise it when the state or its evolution changes: snapshots of another version are not used. */
  version: number
  /** The state without its marks as JSON, which later changes of the state do not affect. */
  freeze(state: A['state']): unknown
  thaw(frozen: unknown): A['state']
}
