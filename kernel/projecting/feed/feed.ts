// The change feed of a query node: follows the checkpoint of the views, and sends recorded events to subscribers, by
// topic.
import { setImmediate, setTimeout } from 'node:timers/promises'
import { messageOf } from '../../failures/message-of.ts'
import { outageOf } from '../../failures/outage.ts'
import { type Logger, toStderr } from '../../logger.ts'
import { type Position, START } from '../../store/position.ts'
import { type HistoryFilter, matcher } from '../store/history-filter.ts'
import type { HistoryEntry, ViewStore } from '../store/view-store.ts'
import { type Changes, dirtyFlag } from './changes.ts'
import { type EntryQueue, entryQueue } from './entry-queue.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { waitingRoom } from './waiting-room.ts'

export interface Feed {
  /** The newest known checkpoint: everything up to here can be read in the views. */
  position(): Position

  /**
   * A hint that the views may have moved, with their checkpoint where it is known. A lost hint costs latency, never a
   * message: the feed also reads the checkpoint several times a second.
   */
  look(checkpoint?: Position): void

  /**
   * Waits until the views have reached a position.
   * @returns false when they have not after `timeoutMs`, when the feed closes, or when too many are waiting already
   */
  reached(position: Position, timeoutMs: number): Promise<boolean>

  /** Announces changes of a topic's documents from now on. The caller closes it. */
  changes(topic: string): Changes

  /** A queue for the matching entries from its start on. The caller closes it. */
  entries(filter: HistoryFilter): EntryQueue

  /**
   * The views were lost, and are rebuilt: the feed is at their checkpoint, and unhealthy until they reach their former
   * position. Subscribers receive the entries after that.
   */
  restart(): void

  health(): FeedHealth

  /** Ends every subscription and wait. */
  close(): Promise<void>
}

interface FeedHealth {
  position: Position
  subscriptions: number
  waiting: number
  /** Why the views cannot be read at the moment; the feed keeps trying. */
  failure?: string
  /** The views cannot be read at all; otherwise they are read, and out of date. */
  away?: boolean
}

interface FeedOptions {
  views: Pick<ViewStore, 'checkpoint' | 'history'>
  log?: Pick<Logger, 'info' | 'warn'>
  /** How long a lost hint can go unnoticed (default 250). */
  pollMs?: number
}

/** A subscription, as the feed sees it. */
interface Subscriber {
  /** @returns false when it has no room for the entry */
  push(entry: HistoryEntry): boolean
  /** It had no room in time, and receives nothing more. */
  overflow(): void
  end(): void
}

const POLL_MS = 250
const PAGE_SIZE = 500
/**
 * A burst is not slowness. The feed waits this long, with each page, for subscribers with full queues before it lets
 * them overflow. The time is for all of them together, since all other subscribers wait too.
 */
const PATIENCE_MS = 250
const MAX_WAITING = 10_000
/** A store without an answer for this long counts as unreachable. */
const UNANSWERED_AFTER_MS = 4_500

/**
 * Opens the feed at the checkpoint of the views.
 *
 * @example const feed = await openFeed({ views })
 * @throws the errors of the view store when its checkpoint cannot be read
 */
export async function openFeed({ views, log = toStderr, pollMs = POLL_MS }: FeedOptions): Promise<Feed> {
  const waiting = waitingRoom(MAX_WAITING)
  const byTopic = new Map<string, Set<Subscriber>>()
  const ofEverything = new Set<Subscriber>()
  let subscriptions = 0

  let position = await views.checkpoint()
  /** The subscribers have received the entries up to here. It has no meaning without subscribers. */
  let told = position
  /** The furthest position of the views, which may have been lost since. */
  let farthest = position
  const failures = new Map<'checkpoint' | 'history', string>()
  const outage = outageOf('The views', log)
  /** The start of the checkpoint read in flight. */
  let askedAt: number | undefined
  let closed = false

  const looking = oneAtATime(look)
  const telling = oneAtATime(() => attempt('history', tellSubscribers))
  const poll = setInterval(looking.run, pollMs).unref()

  async function look(): Promise<void> {
    askedAt = performance.now()
    await attempt('checkpoint', async () => moveTo(await views.checkpoint()))
    askedAt = undefined
    // Nobody needs the history now, so no read would detect its recovery.
    if (subscriptions === 0) failures.delete('history')
    if (failures.size === 0) outage.over()
  }

  /** Why the views cannot be read now. */
  function failure(): string | undefined {
    const [failed] = failures.values()
    const hangs = askedAt !== undefined && performance.now() - askedAt > UNANSWERED_AFTER_MS
    return failed ?? (hangs ? `no answer for ${UNANSWERED_AFTER_MS / 1_000} seconds` : undefined)
  }

  /** Without subscribers only the position moves: no entry is read. */
  function moveTo(checkpoint: Position): void {
    if (closed) return
    if (checkpoint > position) {
      position = checkpoint
      farthest = Math.max(farthest, position)
      waiting.release(position)
    }
    if (subscriptions > 0 && told < position) telling.run()
  }

  async function tellSubscribers(): Promise<void> {
    while (subscriptions > 0 && told < position && !closed) {
      const { entries, hasNextPage, asOf } = await views.history({ after: told, first: PAGE_SIZE })
      const upTo = hasNextPage ? (entries.at(-1)?.position ?? told) : asOf
      // A replica that lags behind: the next round tries again.
      if (upTo <= told) return
      moveTo(upTo)
      let patienceEnds: number | undefined
      for (const entry of entries) {
        for (const subscriber of subscribersOf(entry)) {
          if (subscriber.push(entry)) continue
          patienceEnds ??= performance.now() + PATIENCE_MS
          await pushPatiently(subscriber, entry, patienceEnds)
        }
      }
      told = Math.max(told, upTo)
      if (hasNextPage) await setImmediate()
    }
  }

  function* subscribersOf({ topics }: HistoryEntry): Iterable<Subscriber> {
    for (const topic of topics) yield* byTopic.get(topic) ?? []
    yield* ofEverything
  }

  function* everyone(): Iterable<Subscriber> {
    yield* ofEverything
    for (const subscribers of byTopic.values()) yield* subscribers
  }

  /** @returns a function that ends the subscription */
  function join(topic: string | undefined, subscriber: Subscriber): () => void {
    if (subscriptions === 0) told = farthest
    subscriptions += 1
    const others = topic === undefined ? ofEverything : (byTopic.get(topic) ?? new Set())
    if (topic !== undefined) byTopic.set(topic, others)
    others.add(subscriber)
    if (closed) subscriber.end()

    return () => {
      if (!others.delete(subscriber)) return
      subscriptions -= 1
      if (topic !== undefined && others.size === 0) byTopic.delete(topic)
    }
  }

  /** A failure is a state, and the poll tries again. */
  async function attempt(what: 'checkpoint' | 'history', task: () => Promise<void>): Promise<void> {
    try {
      await task()
      failures.delete(what)
    } catch (error) {
      outage.noticed(error)
      failures.set(what, messageOf(error))
    }
  }

  return {
    position: () => position,

    look(checkpoint) {
      // A hint may be of the lost views.
      if (checkpoint !== undefined && position === farthest) moveTo(checkpoint)
      else if (!closed) looking.run()
    },

    async reached(wanted, timeoutMs) {
      if (wanted <= position) return true
      if (closed) return false
      looking.run()
      return waiting.wait(wanted, timeoutMs)
    },

    changes(topic) {
      const flag = dirtyFlag()
      const leave = join(topic, flag)
      return {
        next: flag.next,
        close() {
          leave()
          flag.end()
        },
      }
    },

    entries({ topic, ...filter }) {
      const queue = entryQueue(matcher(filter))
      const leave = join(topic, queue)
      return {
        ...queue,
        close() {
          leave()
          queue.end()
        },
      }
    },

    restart() {
      position = START
      looking.run()
    },

    health() {
      const rebuilding = position < farthest ? `built anew, at ${position} of ${farthest}` : undefined
      const away = failure()
      const reason = away ?? rebuilding
      const health = { position, subscriptions, waiting: waiting.size() }
      return { ...health, ...(reason !== undefined && { failure: reason }), ...(away !== undefined && { away: true }) }
    },

    async close() {
      closed = true
      clearInterval(poll)
      waiting.releaseAll()
      for (const subscriber of everyone()) subscriber.end()
      await Promise.all([looking.settled(), telling.settled()])
    },
  }
}

async function pushPatiently(subscriber: Subscriber, entry: HistoryEntry, patienceEnds: number): Promise<void> {
  while (!subscriber.push(entry)) {
    if (performance.now() > patienceEnds) subscriber.overflow()
    else await setTimeout(2)
  }
}
