// Searches the stream for facts that memory has forgotten, for those commands that they could affect: few, if any.

import { type EventStore, NO_EVENTS, type RecordedEvent, type StreamName } from '../../store/event-store.ts'
import { newestFirst } from '../../store/newest-first.ts'
import { type Position, START } from '../../store/position.ts'
import type { CommandMessage } from '../bus/command-bus.ts'
import type { Aggregate } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { commandIdOf, eventOf, isOfClient, type Loaded, marksOf, type Recorded, type StreamKind } from './loaded.ts'

/**
 * The outcome of a search that found more than memory keeps: commands by their id, and marks that stay in the state
 * until `forget`.
 */
export interface Recalled {
  commands: ReadonlyMap<string, Recorded>
  forget(): void
}

/**
 * Searches the stream for forgotten facts that affect one of the commands: the events of the same command before, and
 * the mark of its reservation. It reads the stream backwards once for all commands, no further than where they can have
 * left an event. Memory keeps all events that were read, if it has room: after a takeover, thousands of repeats would
 * otherwise read the same events again.
 * @returns nothing when memory is enough, as it was or as it is now
 */
export async function recall(
  store: EventStore,
  stream: StreamName,
  { memory, rememberedOfStream }: StreamKind,
  loaded: Loaded,
  waiting: readonly { message?: CommandMessage }[],
): Promise<Recalled | undefined> {
  if (!memory) return undefined
  const doubtful = inDoubt(waiting, memory, loaded)
  if (doubtful.length === 0) return undefined

  const inState = memory.marks(loaded.state)
  const reservations = new Set(doubtful.map(({ command }) => memory.asked(command)))
  const commands = new Map<string, Recorded>()
  const marks = new Set<string>()
  /** The commands that are not found yet, each with the revision before which it can have left nothing. */
  const sought = new Map(doubtful.map(({ commandId, after = START }) => [commandId, after]))
  let floor = lowest(sought.values())
  const room = rememberedOfStream - loaded.commands.size
  /** The newest first. They are not kept once they exceed the room. */
  const read: Read[] = []
  let current: Read | undefined
  let isCut = false

  for await (const page of newestFirst(store, stream, loaded.forgotten.revision)) {
    for (const event of page) {
      const commandId = commandIdOf(event)
      if (current?.commandId === commandId) current.recorded = joined(event, memory, current.recorded)
      else {
        // The events of a command are consecutive, so all events of the command before are known.
        if (current && sought.delete(current.commandId)) floor = lowest(sought.values())
        current = { commandId, recorded: joined(event, memory) }
        if (read.length <= room) read.push(current)
      }
      if (sought.has(commandId)) commands.set(commandId, current.recorded)
      const mark = memory.settled(event)
      if (mark !== undefined && reservations.has(mark) && !inState.has(mark)) marks.add(mark)
    }
    const oldest = page.at(-1)
    if (oldest === undefined || oldest.position > floor) continue
    isCut = oldest.revision > 0
    break
  }

  if (read.length <= room) {
    keep(loaded, inState, read, isCut)
    return undefined
  }
  for (const mark of marks) inState.add(mark)
  return {
    commands,
    forget() {
      for (const mark of marks) memory.marks(loaded.state).delete(mark)
    },
  }
}

/** A command that was read, and its events. */
interface Read {
  commandId: string
  recorded: Recorded
}

/** A command with one more event, the one before its known events. */
function joined(event: RecordedEvent, memory: Memory<Aggregate>, known?: Recorded): Recorded {
  return {
    digest: event.metadata.digest ?? '',
    first: event.revision,
    last: known?.last ?? event.revision,
    position: known?.position ?? event.position,
    settled: marksOf(memory, [event], known?.settled),
    events: [eventOf(event), ...(known?.events ?? [])],
  }
}

/**
 * @param isCut the stream has more: the oldest command may have events that were not read, and memory ends before it
 */
function keep(loaded: Loaded, inState: Set<string>, read: Read[], isCut: boolean): void {
  const cut = isCut ? read.pop()?.recorded : undefined
  loaded.forgotten = cut ? { revision: cut.last, position: cut.position } : { revision: NO_EVENTS, position: START }
  const older = read.reverse().map(({ commandId, recorded }): [string, Recorded] => [commandId, recorded])
  loaded.commands = new Map([...older, ...loaded.commands])
  for (const [, { settled = [] }] of older) for (const mark of settled) inState.add(mark)
}

/**
 * The commands that forgotten facts could affect. This excludes a command whose every possible trace is remembered. It
 * excludes a command whose reservation is open at its turn: that was not settled, and a repeatable command then does
 * nothing. It excludes a command with an id that no client has used.
 */
function inDoubt(
  waiting: readonly { message?: CommandMessage }[],
  memory: Memory<Aggregate>,
  { state, commands, forgotten, keys }: Loaded,
): CommandMessage[] {
  const open = memory.open(state)
  /**
   * The reservations of earlier commands in the same batch: these commands may settle reservations that are open now.
   */
  const asked = new Set<string>()
  return waiting.flatMap(({ message }) => {
    if (!message) return []
    const { command, commandId, after = START } = message
    const reservation = memory.asked(command)
    const isOpen = reservation !== undefined && open.has(reservation) && !asked.has(reservation)
    if (reservation !== undefined) asked.add(reservation)
    if (after >= forgotten.position || commands.has(commandId) || (isOpen && memory.repeatable(command, state)))
      return []
    const isNew = reservation === undefined && isOfClient(commandId) && keys?.mayHave(commandId) === false
    return isNew ? [] : message
  })
}

function lowest(positions: Iterable<Position>): Position {
  return Math.min(...positions)
}
