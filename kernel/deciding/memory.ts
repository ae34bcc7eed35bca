// What is told of an aggregate whose streams grow long, so that neither its state nor the time to load it grows with them.
import type { Aggregate } from './decider.ts'

/**
 * Such an aggregate keeps reservations. One that is open is in the state. One that was settled has left a mark for ever, and the state
 * has only the newest marks: docs/duplicates.md tells how an older one is found when a command depends on it.
 */
export interface Memory<A extends Aggregate> {
  /** The reservation that a command is about. */
  asked(command: A['command']): string | undefined
  /** Whether a command that comes again while its reservation is open does nothing, and was not refused the first time. */
  repeatable(command: A['command'], state: A['state']): boolean
  /** The reservation that an event has settled for good. */
  settled(event: A['event']): string | undefined
  /** What is reserved, and not settled. */
  open(state: A['state']): ReadonlyMap<string, number>
  /** The marks in the state: its owner takes old ones out, and puts them back for a command that is about them. */
  marks(state: A['state']): Set<string>
  /** To be raised when the state or its evolution changes: snapshots of another version are not used. */
  version: number
  /** The state without its marks as JSON, which later changes of the state leave alone. */
  freeze(state: A['state']): unknown
  thaw(frozen: unknown): A['state']
}
