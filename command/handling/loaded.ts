// What is known of a stream while it is in memory: the state, and what each of its commands led to.
import type { DomainEvent } from '../../events/catalogue.ts'
import { type Position, START } from '../../events/position.ts'
import { type EventStore, NO_EVENTS, type Revision, type StreamName } from '../../events/store/event-store.ts'
import type { Aggregate, Decider } from '../decider.ts'

export interface Loaded {
  state: unknown
  revision: Revision
  position: Position
  /** By `commandId`: the memory of duplicate detection. */
  commands: Map<string, Recorded>
}

/** The events that a command led to, by their first and last revision. */
export interface Recorded {
  digest: string
  first: Revision
  last: Revision
  position: Position
}

/** Folds a stream from its first event. */
export async function load(store: EventStore, stream: StreamName, decider: Decider<Aggregate>): Promise<Loaded> {
  const loaded: Loaded = {
    state: decider.initialState(),
    revision: NO_EVENTS,
    position: START,
    commands: new Map(),
  }
  await catchUp(store, stream, decider, loaded)
  return loaded
}

/** Folds what the stream has beyond what is known of it; says whether there was anything. */
export async function catchUp(
  store: EventStore,
  stream: StreamName,
  decider: Decider<Aggregate>,
  loaded: Loaded,
): Promise<boolean> {
  const known = loaded.revision
  for await (const page of store.read(stream, known + 1)) {
    for (const event of page) {
      loaded.state = decider.evolve(loaded.state, event)
      loaded.revision = event.revision
      loaded.position = event.position
      const { commandId, digest = '' } = event.metadata
      if (commandId === undefined) continue
      const first = loaded.commands.get(commandId)?.first ?? event.revision
      loaded.commands.set(commandId, { digest, first, last: event.revision, position: event.position })
    }
  }
  return loaded.revision > known
}

/** The events that a command led to when it was decided first. */
export async function recordedEvents(
  store: EventStore,
  stream: StreamName,
  { first, last }: Recorded,
): Promise<readonly DomainEvent[]> {
  const events: DomainEvent[] = []
  for await (const page of store.read(stream, first)) {
    for (const event of page) {
      if (event.revision > last) return events
      events.push(event)
    }
  }
  return events
}
