// A stand-in for the client and its server, as far as the adapter sees them. It is in memory, behaves as a real 23.10
// server was observed to behave, and produces faults on demand.
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type AllStreamResolvedEvent,
  type AppendExpectedRevision,
  DeadlineExceededError,
  type EventData,
  type Filter,
  NotLeaderError,
  type Position as ServerPosition,
  StreamDeletedError,
  type StreamMetadata,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import type { Client, SharedClient } from './client.ts'

type Recorded = NonNullable<AllStreamResolvedEvent['event']>

interface Subscriber {
  /** Sends the events recorded since the last call. */
  send(): void
  end(error: Error): void
}

export interface ScriptedServer {
  client: Client
  /** The client for stores. */
  shared: SharedClient
  /** Records an event in any stream, as other users of the server and the server itself do. */
  record(streamId: string, type: string, count?: number): void
  /** Records the given event unchanged, with any content. */
  write(streamId: string, event: Partial<Recorded>): void
  /** Deletes a stream for ever. Its recorded events stay in the log. */
  tombstone(streamId: string): void
  /** Removes the recorded events of a stream from the log. */
  scavenge(streamId: string): void
  /** The next append fails, stored or not. */
  failNextAppend(error: Error, fate: 'stored' | 'not stored'): void
  /** The next append is answered without a position. */
  forgetNextPosition(): void
  /** Ends all subscriptions with an error. */
  drop(error: Error): void
  /** Every call fails with an error, until `up`. */
  down(): void
  up(): void
  /**
   * Connects the client to a follower, which does not receive later appends. The follower refuses calls that require
   * the leader. With the last of the given number of refusals (default: the first) the client connects to the leader.
   */
  follow(refusals?: number): void
  /** Connections stay, and nothing is answered any more: as when the disk hangs. */
  hang(): void
  subscriptions(): number
  /** Reads that neither this server nor its client has ended. */
  openReads(): number
  /**
   * The number of events sent to reads, taken by their reader or not: as a real server, it sends the whole range of a
   * read.
   */
  eventsSent(): number
  /** The start positions of all requested subscriptions. */
  startedAfter: ('start' | number)[]
  appendsSeen(): { calls: number; mostAtOnce: number }
}

/** The size of a page of history, counted in events that pass the filter. */
interface Page {
  /** The position where the page began. */
  from: number
  considered: number
  matches: number
  found: ServerPosition | undefined
}

const LIVE_BUFFER = 32
const PAGE = 32
const FIRST_RECORD = 1_346
const RECORD_LENGTH = 137

export function scriptedServer(): ScriptedServer {
  const log: Recorded[] = []
  const streams = new Map<string, Recorded[]>()
  const tombstones = new Set<string>()
  const subscribers = new Set<Subscriber>()
  const startedAfter: ('start' | number)[] = []
  const underWay = new Map<string, number>()
  /** The position of the next record. */
  let end = FIRST_RECORD
  let isDown = false
  let isHanging = false
  let follower: { end: number; refusals: number } | undefined
  let openReads = 0
  let eventsSent = 0
  let forgetsPosition = false
  let failing: { error: Error; fate: 'stored' | 'not stored' } | undefined
  let calls = 0
  let mostAtOnce = 0

  const positionOf = (event: Recorded) => Number(event.position.commit)
  const isBoundary = (position: number) =>
    position >= FIRST_RECORD && position <= end && (position - FIRST_RECORD) % RECORD_LENGTH === 0
  const eventsOf = (streamId: string) => streams.get(streamId) ?? []
  const place = (position: number): ServerPosition => ({ commit: BigInt(position), prepare: BigInt(position) })

  function store(
    streamId: string,
    event: Pick<EventData, 'type' | 'id' | 'data' | 'metadata'>,
    revision: number,
    given: Partial<Recorded> = {},
  ): void {
    const position = end
    end += RECORD_LENGTH
    const json = JSON.parse(JSON.stringify({ data: event.data, metadata: event.metadata }))
    const recorded = {
      ...json,
      streamId,
      id: event.id,
      type: event.type,
      revision: BigInt(revision),
      isJson: true,
      created: new Date(),
      position: place(position),
      ...given,
    } as Recorded
    log.push(recorded)
    const stream = streams.get(streamId)
    if (stream) stream.push(recorded)
    else streams.set(streamId, [recorded])
  }

  async function appendToStream(
    streamId: string,
    given: EventData | EventData[],
    { expectedRevision }: { expectedRevision?: AppendExpectedRevision } = {},
  ) {
    const events = Array.isArray(given) ? given : [given]
    calls++
    const [id] = events.map((event) => event.id)
    if (!id || events.some((event) => !event.type)) throw new Error('A real client crashes or hangs here.')
    // While the original is in flight, the server drops the repeat without an answer.
    if (underWay.has(id)) throw new DeadlineExceededError()
    underWay.set(id, calls)
    mostAtOnce = Math.max(mostAtOnce, underWay.size)
    await turn()
    if (isHanging) await new Promise(() => {})
    underWay.delete(id)
    if (isDown) throw new UnavailableError()
    const fault = failing
    failing = undefined
    if (fault?.fate === 'not stored') throw fault.error

    if (tombstones.has(streamId)) throw new StreamDeletedError(null as never, streamId)
    const stream = eventsOf(streamId)
    const any = expectedRevision === undefined || expectedRevision === 'any'
    const expected = any ? stream.length - 1 : expectedRevision === 'no_stream' ? -1 : Number(expectedRevision)
    const repeated = stream.slice(expected + 1, expected + 1 + events.length)
    if (!(repeated.length === events.length && repeated.every((event, index) => event.id === events[index]?.id))) {
      if (stream.length - 1 !== expected) {
        const current = stream.length === 0 ? 'no_stream' : BigInt(stream.length - 1)
        throw new WrongExpectedVersionError(null as never, {
          streamName: streamId,
          current,
          expected: BigInt(expected),
        })
      }
      for (const [index, event] of events.entries()) store(streamId, event, expected + 1 + index)
      announce()
    }
    if (fault) throw fault.error
    const last = eventsOf(streamId)[expected + events.length] as Recorded
    const position = forgetsPosition ? undefined : last.position
    forgetsPosition = false
    return { success: true, nextExpectedRevision: last.revision, ...(position && { position }) }
  }

  /** As in the client: metadata are events of a stream beside the stream. */
  function setStreamMetadata(streamId: string, { maxCount, truncateBefore }: StreamMetadata) {
    const data = { $maxCount: maxCount, $tb: truncateBefore }
    const event = { type: '$metadata', id: randomUUID(), data, metadata: {} }
    return appendToStream(`$$${streamId}`, event as unknown as EventData, { expectedRevision: 'any' })
  }

  /** The events of a stream that its metadata keep. */
  function keptOf(streamId: string): Recorded[] {
    const metadata = eventsOf(`$$${streamId}`).at(-1)?.data as { $maxCount?: number; $tb?: number } | undefined
    const kept = eventsOf(streamId).filter(({ revision }) => revision >= (metadata?.$tb ?? 0))
    return metadata?.$maxCount === undefined ? kept : kept.slice(-metadata.$maxCount)
  }

  function announce(): void {
    for (const subscriber of subscribers) subscriber.send()
  }

  /** The events that the answering node knows. */
  function sent(events: Recorded[]): Recorded[] {
    const { end: known = end } = follower ?? {}
    return events.filter((event) => positionOf(event) < known)
  }

  function refusal(requiresLeader: boolean | undefined): Error | undefined {
    if (isDown) return new UnavailableError()
    if (!follower || !requiresLeader) return undefined
    follower.refusals--
    if (follower.refusals === 0) follower = undefined
    const leader = { 'leader-endpoint-host': 'leader', 'leader-endpoint-port': '2113' }
    return new NotLeaderError({ message: 'Leader info available', metadata: { getMap: () => leader } } as never)
  }

  /** Errors are emitted, not thrown by destroying the stream: so does the client. */
  function reading(
    requiresLeader: boolean | undefined,
    give: () => Recorded[] | Error,
  ): Readable & { cancel(): Promise<void> } {
    const stream = new Readable({ objectMode: true, read() {} })
    openReads++
    stream.once('close', () => openReads--)
    setImmediate(() => {
      if (stream.destroyed || isHanging) return
      const given = refusal(requiresLeader) ?? give()
      if (given instanceof Error) {
        stream.emit('error', given)
        return
      }
      eventsSent += given.length
      for (const event of given) stream.push({ event, commitPosition: event.position.commit })
      stream.push(null)
    })
    return Object.assign(stream, { cancel: async () => {} })
  }

  interface ReadOptions {
    direction?: string
    fromRevision?: string | bigint
    fromPosition?: unknown
    maxCount?: number
    requiresLeader?: boolean
  }

  function readStream(streamId: string, { direction, fromRevision, maxCount, requiresLeader }: ReadOptions) {
    return reading(requiresLeader, () => {
      if (tombstones.has(streamId.replace(/^\$\$/, ''))) return new StreamDeletedError(null as never, streamId)
      const events = sent(keptOf(streamId))
      if (events.length === 0) return new StreamNotFoundError(null as never, streamId)
      const from = typeof fromRevision === 'bigint' ? Number(fromRevision) : undefined
      const read =
        direction === 'backwards'
          ? events.filter(({ revision }) => from === undefined || revision <= from).toReversed()
          : events.filter(({ revision }) => from === undefined || revision >= from)
      return read.slice(0, maxCount)
    })
  }

  function readAll({ direction, fromPosition, maxCount, requiresLeader }: ReadOptions) {
    return reading(requiresLeader, () => {
      if (direction === 'backwards' && fromPosition === 'end') return sent(log).toReversed().slice(0, maxCount)
      const from = Number((fromPosition as ServerPosition).commit)
      if (!isBoundary(from)) return new UnknownError(undefined, 'no boundary of a record')
      return sent(log)
        .filter((event) => positionOf(event) >= from)
        .slice(0, maxCount)
    })
  }

  interface Subscribing {
    fromPosition: 'start' | ServerPosition
    filter: Filter & { prefixes: string[] }
    requiresLeader?: boolean
  }

  function subscribeToAll(
    { fromPosition, filter, requiresLeader }: Subscribing,
    { highWaterMark }: { highWaterMark: number },
  ) {
    const after = fromPosition === 'start' ? 0 : Number(fromPosition.commit)
    startedAfter.push(fromPosition === 'start' ? 'start' : after)
    const window = filter.maxSearchWindow ?? PAGE
    let isReady = true
    let isLive = false
    let isOver = false
    let next = 0
    let sinceCheckpoint = 0
    const stream = new Readable({
      objectMode: true,
      highWaterMark,
      read() {
        isReady = true
        setImmediate(subscriber.send)
      },
    })
    const checkpoint = (position: ServerPosition) => {
      sinceCheckpoint %= window
      void filter.checkpointReached?.(stream as never, position)
    }
    const pageAfter = (event: Recorded | undefined): Page => ({
      from: event ? positionOf(event) + RECORD_LENGTH : 0,
      considered: 0,
      matches: 0,
      found: undefined,
    })
    const passes = ({ streamId }: Recorded) => filter.prefixes.some((prefix) => streamId.startsWith(prefix))

    let page = pageAfter(undefined)
    /** In history a checkpoint comes with the end of a page: the last event found in it, or its beginning. */
    function turnPage(): void {
      if (sinceCheckpoint >= window) checkpoint(page.found ?? { commit: BigInt(page.from), prepare: 0n })
      page = pageAfter(log[next])
    }

    const subscriber: Subscriber = {
      end(error) {
        isOver = true
        subscribers.delete(subscriber)
        stream.emit('error', error)
      },
      send() {
        if (isOver || !subscribers.has(subscriber)) return
        let sent = 0
        for (; next < log.length && isReady; next++) {
          const event = log[next] as Recorded
          if (passes(event)) {
            if (isLive && sent++ >= LIVE_BUFFER) {
              subscriber.end(new TimeoutError({ code: 10, message: 'Consumer too slow' } as never))
              return
            }
            isReady = stream.push({ event, commitPosition: event.position.commit })
            page.found = event.position
            page.matches++
          }
          page.considered++
          sinceCheckpoint++
          if (!isLive && (page.matches === PAGE || page.considered === window)) turnPage()
          if (isLive && sinceCheckpoint >= window) checkpoint(event.position)
        }
        if (isLive || next < log.length) return
        isLive = true
        stream.emit('caughtUp')
      },
    }
    setImmediate(() => {
      if (isOver) return
      const refused = refusal(requiresLeader)
      if (refused) stream.emit('error', refused)
      else if (after > 0 && !isBoundary(after)) {
        stream.emit('error', new UnknownError(undefined, 'no boundary of a record'))
      } else {
        // The server takes the first event at the position or after it for the one that the subscriber has.
        next = after === 0 ? 0 : log.findIndex((event) => positionOf(event) >= after) + 1
        if (next === 0 && after > 0) next = log.length
        page = pageAfter(log[next - 1])
        subscribers.add(subscriber)
        stream.emit('confirmation')
        subscriber.send()
      }
    })
    return Object.assign(stream, {
      async unsubscribe() {
        isOver = true
        subscribers.delete(subscriber)
      },
    })
  }

  const client = { appendToStream, setStreamMetadata, readStream, readAll, subscribeToAll } as unknown as Client

  return {
    client,
    shared: { client, ready: async () => {}, release: async () => {} },
    record(streamId, type, count = 1) {
      for (let index = 0; index < count; index++) {
        const event = { type, id: randomUUID(), data: {}, metadata: {} }
        store(streamId, event, eventsOf(streamId).length)
      }
      announce()
    },
    tombstone(streamId) {
      tombstones.add(streamId)
    },
    write(streamId, event) {
      store(streamId, { type: 'Note', id: randomUUID(), data: {}, metadata: {} }, eventsOf(streamId).length, event)
      announce()
    },
    scavenge(streamId) {
      for (const event of eventsOf(streamId)) log.splice(log.indexOf(event), 1)
    },
    failNextAppend(error, fate) {
      failing = { error, fate }
    },
    forgetNextPosition() {
      forgetsPosition = true
    },
    drop(error) {
      for (const subscriber of [...subscribers]) subscriber.end(error)
    },
    down() {
      isDown = true
    },
    up() {
      isDown = false
    },
    follow(refusals = 1) {
      follower = { end, refusals }
    },
    hang() {
      isHanging = true
    },
    subscriptions: () => subscribers.size,
    openReads: () => openReads,
    eventsSent: () => eventsSent,
    startedAfter,
    appendsSeen: () => ({ calls, mostAtOnce }),
  }
}
