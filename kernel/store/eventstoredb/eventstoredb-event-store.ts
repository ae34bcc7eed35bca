// The event store on an EventStoreDB server. docs/eventstoredb.md describes the mapping.
import { setMaxListeners } from 'node:events'
import type {
  AllStreamResolvedEvent,
  EventData,
  JSONType,
  ReadStreamOptions,
  ResolvedEvent,
} from '@eventstore/db-client'
import { unreachableServerMessage } from '../../failures/advice.ts'
import { outageOf } from '../../failures/outage.ts'
import type { Logger } from '../../logger.ts'
import { type Append, appendOf } from '../append.ts'
import type { Catalogue } from '../catalogue.ts'
import { isWanted } from '../categories.ts'
import type { AnyEvent } from '../category.ts'
import {
  type Appended,
  type Batch,
  type EventStore,
  mustBeLimit,
  type NewEvent,
  NO_EVENTS,
  type ReadOptions,
  type RecordedEvent,
  type Revision,
  RevisionConflict,
  StoreUnavailable,
  type StreamName,
  type SubscribeOptions,
} from '../event-store.ts'
import { type Position, START } from '../position.ts'
import { isForeign } from '../recognise.ts'
import { answered } from './answered.ts'
import { appendsOf } from './appends.ts'
import { beginningOf } from './beginning.ts'
import { type SharedClient, sharedClient } from './client.ts'
import { appendFailure, isLasting, unavailable } from './errors.ts'
import { knownPosition, positionOf, recordedEvent } from './events.ts'
import { finderIn } from './find.ts'
import { endOf, headOf } from './head.ts'
import { atLeader, readingFromLeader } from './leader.ts'
import { type Names, namesIn } from './names.ts'
import { pagesOf } from './pages.ts'
import { retention } from './retention.ts'
import { resumingSubscription } from './subscription.ts'

export interface EventStoreDBOptions<Event extends AnyEvent = AnyEvent> {
  /** The events that the log can have. */
  catalogue: Catalogue<Event>
  /** A connection string, like esdb://localhost:2113?tls=false. */
  url: string
  /** Desks with different namespaces share a server and see nothing of each other. */
  namespace?: string
  /** Receives a line for each interrupted subscription, and for each stream that cannot be kept short. */
  log?: Logger
}

const DEFAULT_BATCH_SIZE = 1_000
/** The number of events in each read when an append finds newer events in its stream. */
const LOOK_BEHIND = 100
/**
 * The server compares the deadline of an append with its own clock, and gives up after two seconds without it. So the
 * deadline is far in the future, where no difference between two clocks matters.
 */
const APPEND_DEADLINE_MS = 24 * 3_600_000

/**
 * Opens the log of a namespace on an EventStoreDB server (23.10 or newer), and checks that the server answers.
 * @throws Error when the url or the namespace cannot be used, StoreUnavailable when the server does not answer
 */
export async function openEventStoreDB<Event extends AnyEvent>({
  catalogue,
  url,
  namespace = 'creditline',
  log,
}: EventStoreDBOptions<Event>): Promise<EventStore<Event>> {
  const names = namesIn(namespace)
  const store = eventStoreOn(await sharedClient(url), { catalogue, names, log })
  try {
    await firstPage(store.read('log', { limit: 1 }))
    return store
  } catch (error) {
    await store.close()
    const { message, cause } = unavailable(error)
    const Failure = isLasting(cause) ? Error : StoreUnavailable
    throw new Failure(unreachableServerMessage(message, 'EVENTSTORE_URL'), { cause: error })
  }
}

interface Wiring<Event extends AnyEvent> {
  catalogue: Catalogue<Event>
  names: Names
  log?: Logger | undefined
}

/** The event store of a namespace. Its client is connected, or connects later. */
export function eventStoreOn<Event extends AnyEvent>(
  { client: ofAnyNode, ready, release }: SharedClient,
  { catalogue, names, log }: Wiring<Event>,
): EventStore<Event> {
  const client = readingFromLeader(ofAnyNode)
  const subscriptions = new Set<AbortController>()
  const outage = outageOf('EventStoreDB (EVENTSTORE_URL)', log)
  let closing: Promise<void> | undefined

  const recorded = (resolved: ResolvedEvent | AllStreamResolvedEvent) => {
    const event = recordedEvent(resolved, names, catalogue)
    return event && !isForeign(event) ? event : undefined
  }
  const readStream = (stream: StreamName, options: ReadStreamOptions) =>
    client.readStream(names.onServer(stream), options)
  const leading = (stream: StreamName, options: ReadStreamOptions) => atLeader(() => readStream(stream, options))
  const readNewest = (maxCount: number) => client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount })
  const head = headOf({
    readNewest,
    async beginning() {
      const first = await eventAt('log', 0)
      // In a truncated stream, the first remaining event says nothing about the events before it.
      return first && (first.event?.revision === 0n ? positionOf(first) : START)
    },
    // Also the events of other writers in the namespace: a reader of the whole log reaches its end.
    isOurs: (resolved) =>
      !resolved.event?.type.startsWith('$') && recordedEvent(resolved, names, catalogue) !== undefined,
  })
  const find = finderIn(client, names)
  const keepShort = retention({
    tell: (stream, metadata) =>
      answered(client.setStreamMetadata(names.onServer(stream), metadata, { deadline: APPEND_DEADLINE_MS })),
    log,
  })
  const appends = appendsOf({ probe: () => answered(probe()), send })

  async function probe(): Promise<void> {
    await firstPage(pages('log', 'forwards', { limit: 1 }))
    await ready()
  }

  function mustBeOpen(): void {
    if (closing !== undefined) throw new StoreUnavailable('The event log is closed.')
  }

  async function send({ stream, events, expected }: Append): Promise<Appended> {
    await keepShort(stream)
    let behind = expected
    for (;;) {
      try {
        return await sendOnce(stream, events, behind)
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error
        const found = await inTheWay(stream, events, behind)
        if (typeof found === 'object') return found
        // No event follows, so the stream has not reached the expected revision.
        if (found === undefined || found === behind) throw new RevisionConflict(stream, expected)
        behind = found
      }
    }
  }

  async function sendOnce(stream: StreamName, events: readonly NewEvent[], expected: Revision): Promise<Appended> {
    try {
      const { success, nextExpectedRevision, position } = await answered(
        client.appendToStream(names.onServer(stream), events.map(eventData), {
          expectedRevision: expected === NO_EVENTS ? 'no_stream' : BigInt(expected),
          deadline: APPEND_DEADLINE_MS,
        }),
      )
      if (!success) throw new RevisionConflict(stream, expected)
      const revision = expected + events.length
      // The answer to a repeat may contain less than the first answer.
      const known = Number(nextExpectedRevision) === revision ? knownPosition(position) : undefined
      const appended = { revision, position: known ?? (await positionAt(stream, revision)) }
      head.note(appended.position)
      return appended
    } catch (error) {
      throw error instanceof RevisionConflict ? error : appendFailure(error, stream, expected)
    }
  }

  /**
   * Decides an append that found newer events in its stream.
   * @returns its first answer for a repeat; the revision to append after when all newer events are foreign; nothing
   * when one is a desk's
   * @throws OutcomeUnknown when the store cannot decide
   */
  async function inTheWay(
    stream: StreamName,
    events: readonly NewEvent[],
    expected: Revision,
  ): Promise<Appended | Revision | undefined> {
    let last = expected
    try {
      for await (const resolved of leading(stream, { fromRevision: BigInt(expected + 1), maxCount: LOOK_BEHIND })) {
        const { id, revision = 0n } = resolved.event ?? {}
        // The truncated events may have been a desk's. A reader of all remaining events expects none.
        if (expected !== NO_EVENTS && Number(revision) !== last + 1) return undefined
        if (id === events[0]?.id) return await firstAnswer(stream, events, Number(revision))
        if (recorded(resolved)) return undefined
        last = Number(revision)
      }
      return last
    } catch (error) {
      throw appendFailure(error, stream, expected)
    }
  }

  /** An append is stored as a whole or not at all: if only its beginning is there, it was another append. */
  async function firstAnswer(
    stream: StreamName,
    events: readonly NewEvent[],
    begin: Revision,
  ): Promise<Appended | undefined> {
    const revision = begin + events.length - 1
    const last = await eventAt(stream, revision)
    return last?.event?.id === events.at(-1)?.id && last ? { revision, position: positionOf(last) } : undefined
  }

  async function positionAt(stream: StreamName, revision: Revision): Promise<Position> {
    const found = await eventAt(stream, revision)
    if (!found) throw new Error(`${stream} has no event at revision ${revision}`)
    return positionOf(found)
  }

  async function eventAt(stream: StreamName, revision: Revision): Promise<ResolvedEvent | undefined> {
    for await (const resolved of leading(stream, { fromRevision: BigInt(revision), maxCount: 1 })) return resolved
    return undefined
  }

  async function* read(...what: Parameters<typeof pages>): AsyncGenerator<RecordedEvent[]> {
    mustBeOpen()
    yield* pages(...what)
    // A read that closing the client cuts off ends as if it were complete.
    mustBeOpen()
  }

  /** The server counts all events of the stream, the reader only ours: the loop reads the rest. */
  async function* pages(
    stream: StreamName,
    direction: 'forwards' | 'backwards',
    { from, limit }: ReadOptions,
  ): AsyncGenerator<RecordedEvent[]> {
    mustBeLimit(limit)
    let fromRevision: ReadStreamOptions['fromRevision'] =
      from === undefined ? (direction === 'forwards' ? 'start' : 'end') : BigInt(from)
    for (let left = limit; left > 0; ) {
      const maxCount = left
      let sent = 0
      let last = 0n
      const ours = (resolved: ResolvedEvent) => {
        sent++
        last = (resolved.link ?? resolved.event)?.revision ?? last
        const event = recorded(resolved)
        if (event) left--
        return event
      }
      const options = { direction, fromRevision, maxCount }
      yield* pagesOf(leading(stream, options), ours)
      if (sent < maxCount || (direction === 'backwards' && last === 0n)) return
      fromRevision = direction === 'forwards' ? last + 1n : last - 1n
    }
  }

  async function* subscribe(after: Position, options: SubscribeOptions): AsyncGenerator<Batch> {
    mustBeOpen()
    const { signal, categories, batchSize = DEFAULT_BATCH_SIZE } = options
    if (!(batchSize >= 1)) throw new Error(`A batch size is 1 or more, not ${batchSize}.`)
    if (signal.aborted) return
    // Any number of subscribers may share a signal; each removes its own listener.
    setMaxListeners(0, signal)
    const ended = new AbortController()
    const end = () => ended.abort()
    signal.addEventListener('abort', end)
    subscriptions.add(ended)
    try {
      let from = after
      const readFirst = () => pages('log', 'forwards', { limit: 1 })
      const first = after === START && (await beginningOf(readFirst, { signal: ended.signal, outage }))
      if (first) {
        from = first.position
        yield { events: isWanted(first, categories && new Set(categories)) ? [first] : [], position: from }
      }
      if (ended.signal.aborted) return
      yield* resumingSubscription({
        client,
        catalogue,
        names,
        after: from,
        signal: ended.signal,
        categories,
        batchSize,
        log,
        outage,
      })
    } finally {
      signal.removeEventListener('abort', end)
      subscriptions.delete(ended)
    }
  }

  async function close(): Promise<void> {
    for (const ended of subscriptions) ended.abort()
    await appends.idle()
    await release()
  }

  const store: EventStore = {
    catalogue,

    async append(stream, events, expected) {
      mustBeOpen()
      return appends.add(appendOf(stream, events, expected))
    },

    read: (stream, options) => read(stream, 'forwards', options),
    readBackwards: (stream, options) => read(stream, 'backwards', options),

    subscribe,

    async head() {
      mustBeOpen()
      const position = await head.find()
      mustBeOpen()
      return position
    },

    async end() {
      mustBeOpen()
      const newest = await endOf(() => readNewest(1))
      mustBeOpen()
      return newest
    },

    async find(event) {
      mustBeOpen()
      const found = await find(event)
      mustBeOpen()
      return found
    },

    close() {
      closing ??= close()
      return closing
    },
  }
  // Each event was checked against the catalogue when it was read.
  return store as EventStore<Event>
}

function eventData({ type, data, id, metadata }: NewEvent): EventData {
  return { contentType: 'application/json', type, data: data as JSONType, id, metadata: { ...metadata } }
}

async function firstPage(pages: AsyncIterable<RecordedEvent[]>): Promise<void> {
  for await (const _ of pages) return
}
