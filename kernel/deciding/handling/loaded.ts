// What is known of a stream while it is in memory: the state, and what each of its newest commands led to.
import type { AnyEvent } from '../../store/category.ts'
import type { RecordedEvent, Revision } from '../../store/event-store.ts'
import { type Position, START } from '../../store/position.ts'
import type { Aggregate, Decider } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { type KeyFilter, keyFilter } from './key-filter.ts'

/** How a stream is decided; without a memory it is kept whole: such streams are short. */
export interface Kind {
  decider: Decider<Aggregate>
  memory?: Memory<Aggregate> | undefined
  /** So many commands of a stream are remembered, or up to a quarter more. */
  rememberedOfStream: number
  /** A snapshot is taken after so many events, or after as many as there are open reservations. */
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
  /** The ids of all commands of clients, also of those that are forgotten; there from when something is. */
  keys: KeyFilter | undefined
  /** The newest snapshot is of this revision, or may become so. */
  snapshotOf: Revision
}

/** The events that a command led to, by their first and last revision. */
export interface Recorded {
  digest: string
  first: Revision
  last: Revision
  position: Position
  /** The marks that they left. */
  settled?: readonly string[] | undefined
  /** The events themselves, of aggregates with a memory: a saga that repeats a command reads them. Other aggregates have larger ones, which nobody asks for. */
  events?: readonly AnyEvent[] | undefined
}

/** What stands for the command of an event: an event that no command led to counts as one of its own, so that its marks are forgotten in their turn. */
export function commandIdOf({ id, metadata }: RecordedEvent): string {
  return metadata.commandId ?? id
}

/** The event without what the store and the command have added. */
export function eventOf({ type, data }: RecordedEvent): AnyEvent {
  return { type, data }
}

/** Whether nothing of the stream is forgotten. */
export function isWhole({ forgotten }: Loaded): boolean {
  return forgotten.position === START
}

/** Keeps what a command has led to. */
export function remember(loaded: Loaded, commandId: string, recorded: Recorded): void {
  loaded.commands.set(commandId, recorded)
  if (isOfClient(commandId)) loaded.keys?.add(commandId)
}

/** The marks that events leave, after those that are known already. */
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
export function forgetOld(loaded: Loaded, { memory, rememberedOfStream }: Kind): void {
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
