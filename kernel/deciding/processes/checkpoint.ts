// The checkpoint of a reader of the log. It is kept in the log's own store, so that it is as durable as the events that
// it refers to.
import { randomUUID } from 'node:crypto'
import { type EventStore, NO_EVENTS, type StreamName } from '../../store/event-store.ts'
import type { CheckpointEvent } from '../../store/kernel-events.ts'
import { type Position, START } from '../../store/position.ts'
import { appendSettled } from '../../store/settled-append.ts'

/** One is enough, unless the newest cannot be read. */
const NEWEST = 2

export interface Checkpoint {
  position: Position
  /**
   * Stores a newer position.
   * @returns false when another reader of the same name has stored one in between: this reader is not the only one
   */
  store(position: Position): Promise<boolean>
}

/** Opens the checkpoint of a reader, at START when it has stored none. */
export async function openCheckpoint(store: EventStore, reader: string): Promise<Checkpoint> {
  const stream: StreamName = `checkpoint-${reader}`
  let revision = NO_EVENTS
  const checkpoint: Checkpoint = {
    position: START,
    async store(position) {
      if (position <= checkpoint.position) return true
      const stored = {
        type: 'CheckpointStored' as const,
        data: { reader, position },
        id: randomUUID(),
        metadata: { schemaVersion: store.catalogue.version },
      }
      const appended = await appendSettled(store, stream, [stored], revision)
      if (appended === 'conflict') {
        await recall()
        return false
      }
      revision = appended.revision
      checkpoint.position = position
      return true
    },
  }

  async function recall(): Promise<void> {
    revision = NO_EVENTS
    for await (const page of store.readBackwards(stream, { limit: NEWEST })) {
      for (const event of page) {
        // An unreadable one takes up a revision all the same.
        revision = Math.max(revision, event.revision)
        if (event.type !== 'CheckpointStored') continue
        checkpoint.position = (event.data as CheckpointEvent['data']).position
        return
      }
    }
  }

  await recall()
  return checkpoint
}
