// Snapshots of long streams, each stream's in `snapshot-<stream>`: a stream is loaded from its newest usable one.
import { randomUUID } from 'node:crypto'
import type { Logger } from '../../logger.ts'
import { type EventStore, NO_EVENTS, type Revision, type StreamName } from '../../store/event-store.ts'
import type { Aggregate } from '../decider.ts'
import type { Memory } from '../memory.ts'
import { type KeyFilter, keyFilter } from './key-filter.ts'
import { keysOf, type Loaded, type StreamKind } from './loaded.ts'
import { cut, joined, lastUpTo, newestWhole, type Taken } from './snapshot-parts.ts'

/**
 * Half of an append's limit: quotes are escaped once more, and the event has a frame. Ids and numbers are one byte a
 * character.
 */
const PART_SIZE = 512 * 1024

export interface Snapshot {
  state: unknown
  keys: KeyFilter
  /** The snapshot was taken after the event of this revision and id. */
  revision: Revision
  eventId: string
}

export interface Snapshots {
  /**
   * The newest snapshot of a stream. The reader of the stream must check that the stream has the event of the snapshot.
   * @returns `undefined` when no snapshot is complete, or when it is damaged, of another stream, or of another version
   * of the state
   */
  newest(stream: StreamName, memory: Memory<Aggregate>): Promise<Snapshot | undefined>
  /** Logs that a snapshot is not used. */
  unusable(stream: StreamName, why: string): void
  /** Takes a snapshot when it is due, and writes it in the background. A failure is only logged. */
  offer(stream: StreamName, kind: StreamKind, loaded: Loaded): void
}

/** @param partSize the largest number of characters of JSON in one event */
export function openSnapshots(
  store: EventStore,
  log: Pick<Logger, 'info' | 'warn'>,
  partSize: number = PART_SIZE,
): Snapshots {
  const underWay = new Set<StreamName>()

  async function write(stream: StreamName, taken: Taken): Promise<void> {
    try {
      const to = snapshotsOf(stream)
      let newest = (await lastUpTo(store, to))?.revision ?? NO_EVENTS
      for (const data of cut(taken, partSize)) {
        const metadata = { schemaVersion: store.catalogue.version }
        const event = { type: 'SnapshotPartTaken' as const, data, id: randomUUID(), metadata }
        // Of two writers one has a conflict, and gives up: parts of different snapshots never alternate.
        newest = (await store.append(to, [event], newest)).revision
      }
    } catch (error) {
      // A stream without a snapshot, or with an older one, only takes longer to load.
      log.warn({ stream, err: error }, 'A snapshot could not be written')
    } finally {
      underWay.delete(stream)
    }
  }

  function unusable(stream: StreamName, why: string): undefined {
    log.info({ stream, why }, 'A snapshot is not used')
  }

  return {
    unusable,

    async newest(stream, memory) {
      const { parts, passedOver } = await newestWhole(store, snapshotsOf(stream))
      if (passedOver > 0) unusable(stream, 'the newest one is not whole, or of another form')
      if (!parts) return undefined
      const taken = joined(parts)
      if (!taken) return unusable(stream, 'it is damaged')
      if (taken.of !== stream) return unusable(stream, `it is of ${taken.of}`)
      if (taken.version !== memory.version) {
        return unusable(stream, `its state has version ${taken.version}, not ${memory.version}`)
      }
      const { revision, eventId } = taken
      try {
        return { state: memory.thaw(taken.state), keys: keyFilter(taken.keys), revision, eventId }
      } catch (error) {
        return unusable(stream, String(error))
      }
    },

    offer(stream, { memory, snapshotEvery }, loaded) {
      if (!memory) return
      // The cost of writing the open reservations is spread over as many events.
      const due = Math.max(snapshotEvery, memory.open(loaded.state).size)
      if (loaded.revision - loaded.snapshotOf < due || underWay.has(stream)) return
      loaded.snapshotOf = loaded.revision
      underWay.add(stream)
      void write(stream, {
        of: stream,
        revision: loaded.revision,
        eventId: loaded.lastEventId,
        version: memory.version,
        state: memory.freeze(loaded.state),
        keys: (loaded.keys ?? keysOf(loaded.commands.keys())).text(),
      })
    },
  }
}

function snapshotsOf(stream: StreamName): StreamName {
  return `snapshot-${stream}`
}
