// The memory of a stream: its state, and the events of each of its newest commands.
import type { AnyEvent } from '../../store/category.ts'
import type { RecordedEvent, Revision } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'
import type { Aggregate, Decider } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { type KeyFilter, keyFilter } from './key-filter.ts'

/** How a stream is decided. A stream without a memory is kept whole, since such streams are short. */
export interface StreamKind {
  decider: Decider<Aggregate>
  memory?: Memory<Aggregate> | undefined
  /** The number of a stream's commands in memory, which may grow by a quarter. */
  rememberedOfStream: number
  /** A snapshot is taken after this number of events, or after as many as there are open reservations. */
  snapshotEvery: number
}

export interface Loaded {
  state: unknown
  revision: Revision
  position: Position
  lastEventId: string
  /** By `commandId`, the oldest first: the memory of duplicate detection. */
  commands: Map<string, Recorded>
  /** Commands up to here may be missing in `commands`, and their marks in the state. Later ones are all there. */
  forgotten: { revision: Revision; position: Position }
  /** The ids of all commands of clients, also of forgotten ones. It exists once something is forgotten. */
  keys: KeyFilter | undefined
  /** The newest snapshot is of this revision, or may be soon. */
  snapshotOf: Revision
}

/** The events of a command, by their first and last revision. */
export interface Recorded {
  digest: string
  first: Revision
  last: Revision
  position: Position
  /** The marks that they left. */
  settled?: readonly string[] | undefined
  /**
   * The events themselves, of aggregates with a memory: a saga that repeats a command reads them. Other aggregates have
   * larger events, which no caller reads.
   */
  events?: readonly AnyEvent[] | undefined
}

/**
 * The id of an event's command. An event without a command counts as one of its own, so that its marks are forgotten in
 * turn.
 */
export function commandIdOf({ id, metadata }: RecordedEvent): string {
  return metadata.commandId ?? id
}

/** The event without the fields of the store and the command. */
export function eventOf({ type, data }: RecordedEvent): AnyEvent {
  return { type, data }
}

/** Whether nothing of the stream is forgotten. */
export function isWhole({ forgotten }: Loaded): boolean {
  return forgotten.position === START
}

/** Keeps the events of a command. */
export function remember(loaded: Loaded, commandId: string, recorded: Recorded): void {
  loaded.commands.set(commandId, recorded)
  if (isOfClient(commandId)) loaded.keys?.add(commandId)
}

/** The marks that events leave, after the known ones. */
export function marksOf(
  memory: Memory<Aggregate> | undefined,
  events: readonly AnyEvent[],
  known?: readonly string[],
): readonly string[] | undefined {
  let marks = known
  for (const event of events) {
    const mark = memory?.settled(event)
    if (mark !== undefined) marks = marks ? [...marks, mark] : [mark]
  }
  return marks
}

/** Forgets the oldest commands and their marks when there are a quarter too many. */
export function forgetOld(loaded: Loaded, { memory, rememberedOfStream }: StreamKind): void {
  const { commands } = loaded
  if (!memory || commands.size <= 1.25 * rememberedOfStream) return
  loaded.keys ??= keysOf(commands.keys())
  const marks = memory.marks(loaded.state)
  for (const [commandId, { last, position, settled = [] }] of commands) {
    if (commands.size <= rememberedOfStream) return
    commands.delete(commandId)
    for (const mark of settled) marks.delete(mark)
    loaded.forgotten = { revision: last, position }
  }
}

/** The ids of clients among those of a stream's commands. */
export function keysOf(commandIds: Iterable<string>): KeyFilter {
  const keys = keyFilter()
  for (const commandId of commandIds) if (isOfClient(commandId)) keys.add(commandId)
  return keys
}

/** Clients cannot choose an id that begins with `~`: such ids are those of sagas. */
export function isOfClient(commandId: string): boolean {
  return !commandId.startsWith('~')
}
