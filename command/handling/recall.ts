// What memory has let go is looked up in the stream for those commands that it could matter to: few, if any.
import { type Position, START } from '../../events/position.ts'
import type { EventStore, StreamName } from '../../events/store/event-store.ts'
import type { CommandMessage } from '../bus/command-bus.ts'
import type { Aggregate } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { isOfClient, type Kind, type Loaded, type Recorded } from './loaded.ts'

/** What was found: commands by their id, and marks that are in the state until `forget` is called. */
export interface Recalled {
  commands: ReadonlyMap<string, Recorded>
  forget(): void
}

/**
 * Looks up what is forgotten of the stream and bears on one of the commands: what the same command led to before, and the mark of the
 * reservation that it is about. The stream is read backwards once for all of them, no further than where they can have left anything.
 * @returns nothing when memory is enough
 */
export async function recall(
  store: EventStore,
  stream: StreamName,
  { memory }: Kind,
  loaded: Loaded,
  waiting: readonly { message?: CommandMessage }[],
): Promise<Recalled | undefined> {
  if (!memory) return undefined
  const doubtful = inDoubt(waiting, memory, loaded)
  if (doubtful.length === 0) return undefined

  const commands = new Map<string, Recorded>()
  const marks = new Set<string>()
  const inState = memory.marks(loaded.state)
  const reservations = new Set(doubtful.map(({ command }) => memory.asked(command)))
  /** The commands that are not found yet, and where each of them can have left nothing any more. */
  const sought = new Map(doubtful.map(({ commandId, after = START }) => [commandId, after]))
  let floor = lowest(sought.values())
  let found: string | undefined

  search: for await (const page of store.readBackwards(stream, { from: loaded.forgotten.revision })) {
    for (const event of page) {
      const { commandId = event.id, digest = '' } = event.metadata
      if (found !== undefined && found !== commandId) {
        // The events of a command stand together: this was the first of them.
        sought.delete(found)
        floor = lowest(sought.values())
        found = undefined
      }
      if (event.position <= floor) break search

      if (sought.has(commandId)) {
        const { last, position } = commands.get(commandId) ?? { last: event.revision, position: event.position }
        commands.set(commandId, { digest, first: event.revision, last, position })
        found = commandId
      }
      const mark = memory.settled(event)
      if (mark !== undefined && reservations.has(mark) && !inState.has(mark)) marks.add(mark)
    }
  }

  for (const mark of marks) inState.add(mark)
  return {
    commands,
    forget() {
      for (const mark of marks) memory.marks(loaded.state).delete(mark)
    },
  }
}

/**
 * The commands that what is forgotten could bear on. Not one that would be remembered with all that it can have left. Nor one whose
 * reservation is open when its turn comes: that was not settled, and what is repeatable does nothing then.
 * Nor one whose id no client has used.
 */
function inDoubt(
  waiting: readonly { message?: CommandMessage }[],
  memory: Memory<Aggregate>,
  { state, commands, forgotten, keys }: Loaded,
): CommandMessage[] {
  const open = memory.open(state)
  /** Reservations that a command before in the same batch is about: it may settle what is open now. */
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
