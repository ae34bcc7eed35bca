// Loads a stream into memory: from a snapshot and the events after it, or from its first event.

import { messageOf } from '../../failures/message-of.ts'
import type { AnyEvent } from '../../store/category.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, type RecordedEvent, type StreamName } from '../../store/event-store.ts'
import { START } from '../../store/position.ts'
import { CannotRead, isUnreadable, readable } from '../../store/readable.ts'
import { CannotFold } from '../bus/command-bus.ts'
import {
  commandIdOf,
  eventOf,
  forgetOld,
  type Loaded,
  marksOf,
  type Recorded,
  remember,
  type StreamKind,
} from './loaded.ts'
import type { Snapshots } from './snapshots.ts'

/**
 * A stream, from its snapshot and the events after it if there is a usable one, and otherwise from its first event.
 * @throws CannotFold
 */
export async function load(
  store: EventStore,
  snapshots: Snapshots,
  stream: StreamName,
  kind: StreamKind,
): Promise<Loaded> {
  const snapshot = kind.memory && (await snapshots.newest(stream, kind.memory))
  if (snapshot) {
    const { state, revision, eventId, keys } = snapshot
    const loaded: Loaded = { ...empty(kind), state, keys, revision, lastEventId: eventId, snapshotOf: revision }
    if (await goesOnFrom(store, stream, kind, loaded)) return loaded
    snapshots.unusable(stream, 'the stream has no such event')
  }
  const loaded = empty(kind)
  await catchUp(store, stream, kind, loaded)
  return loaded
}

/** Folds the events of the stream that memory does not have. @returns whether there were any. @throws CannotFold */
export async function catchUp(
  store: EventStore,
  stream: StreamName,
  kind: StreamKind,
  loaded: Loaded,
): Promise<boolean> {
  const known = loaded.revision
  for await (const page of store.read(stream, { from: known + 1, limit: ALL_EVENTS })) {
    for (const event of page) fold(loaded, kind, event)
    forgetOld(loaded, kind)
  }
  return loaded.revision > known
}

/**
 * Folds the events after a snapshot. @returns false if the snapshot belongs to another history: its event is not in the
 * stream.
 */
async function goesOnFrom(store: EventStore, stream: StreamName, kind: StreamKind, loaded: Loaded): Promise<boolean> {
  let isOfStream = false
  for await (const page of store.read(stream, { from: loaded.revision, limit: ALL_EVENTS })) {
    for (const event of page) {
      if (isOfStream) fold(loaded, kind, event)
      else if (event.id !== loaded.lastEventId) return false
      else {
        isOfStream = true
        loaded.position = event.position
        loaded.forgotten = { revision: event.revision, position: event.position }
      }
    }
    forgetOld(loaded, kind)
  }
  return isOfStream
}

/** The memory of a stream without events. */
export function empty({ decider }: StreamKind): Loaded {
  return {
    state: decider.initialState(),
    revision: NO_EVENTS,
    position: START,
    lastEventId: '',
    commands: new Map(),
    forgotten: { revision: NO_EVENTS, position: START },
    keys: undefined,
    snapshotOf: NO_EVENTS,
  }
}

function fold(loaded: Loaded, { decider, memory }: StreamKind, event: RecordedEvent): void {
  loaded.state = evolved(decider, loaded.state, event)
  loaded.revision = event.revision
  loaded.position = event.position
  loaded.lastEventId = event.id
  const commandId = commandIdOf(event)
  const before = loaded.commands.get(commandId)
  remember(loaded, commandId, {
    digest: event.metadata.digest ?? '',
    first: before?.first ?? event.revision,
    last: event.revision,
    position: event.position,
    settled: marksOf(memory, [event], before?.settled),
    events: memory && [...(before?.events ?? []), eventOf(event)],
  })
}

function evolved(decider: StreamKind['decider'], state: unknown, event: RecordedEvent): unknown {
  if (isUnreadable(event) && decider.skipsUnreadable) return state
  try {
    return decider.evolve(state, readable(event))
  } catch (cause) {
    const reason = messageOf(cause)
    if (cause instanceof CannotRead) throw new CannotFold(reason, { cause })
    throw new CannotFold(`${event.stream} cannot be folded at its event ${event.revision + 1}: ${reason}`, { cause })
  }
}

/**
 * The events of a command's first decision.
 * @throws CannotFold when the stream does not have all of them any more: a missing one may have been a refusal
 */
export async function recordedEvents(
  store: EventStore,
  stream: StreamName,
  { first, last }: Recorded,
): Promise<readonly AnyEvent[]> {
  const count = last - first + 1
  const events: AnyEvent[] = []
  for await (const page of store.read(stream, { from: first, limit: count })) {
    events.push(...page.map((event) => eventOf(readable(event))))
  }
  if (events.length === count) return events
  throw new CannotFold(
    `${stream} no longer has its event ${last + 1}, which was read before: somebody has truncated it`,
  )
}
