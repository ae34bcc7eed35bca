// Follows the log for all processes of one kind: keeps the order of events within each, and lets different ones go on side by side.
import { LRUCache } from 'lru-cache'
import { messageOf } from '../../failures/message-of.ts'
import { retryBudget } from '../../failures/retry.ts'
import type { Logger } from '../../logger.ts'
import { categoryOf } from '../../store/categories.ts'
import {
  ALL_EVENTS,
  type EventStore,
  type ReadableEvent,
  type RecordedEvent,
  type StreamName,
} from '../../store/event-store.ts'
import type { ParkingEvent, Trouble } from '../../store/kernel-events.ts'
import type { Position } from '../../store/position.ts'
import { isUnreadable } from '../../store/readable.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { followLog } from './following.ts'
import { openParked } from './parked.ts'
import type { Conversation, Ending, Kind } from './process-kind.ts'
import { openProgress } from './progress.ts'
import { openPlaces } from './slots.ts'

/** So many may be at work at once; reading waits while there are more. */
const AT_WORK = 2_048

/** So many steps, of about 700 bytes each, may those have that wait in memory for the next event of the business. */
const REMEMBERED_STEPS = 100_000

const TICK = 500

export interface Sagas {
  health(): SagaHealth
  /** Stops reading, lets what is being recorded finish, and stores the checkpoint. */
  stop(): Promise<void>
}

export interface SagaHealth {
  /** False while the log cannot be followed. One saga that cannot go on is no reason to send clients away from all others. */
  ok: boolean
  /** Every saga that started up to here has done what it can. */
  position: Position
  atWork: number
  /** How many of them have failed and try again. */
  inTrouble: number
  /** How many wait for an operator. */
  parked: number
  /** The last failure of one that is in trouble, or of following the log. */
  error?: string
}

/**
 * Starts all conversations of a kind. One that was cut off by a crash goes on: the checkpoint never passes one that has
 * something under way, and what is asked twice is answered once. One that cannot go on by itself is parked, which is recorded in
 * `parked-<name>`: it holds up nobody, and goes on when an operator has it tried again.
 */
export async function startConversations<Known extends object>(
  kind: Kind<Known>,
  options: { store: EventStore; bus: CommandBus; log: Logger; now: () => number },
): Promise<Sagas> {
  const { store, bus, log, now } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const budget = retryBudget()
  const progress = await openProgress(store, kind.reader, log)
  const parked = await openParked(store, bus, kind.name)
  const atWork = openPlaces<{ conversation: Conversation; positions: Position[] }>(AT_WORK, signal)
  /** Those that have something to do later; the checkpoint waits for them too. */
  const asleep = new Map<string, { wakeAt: number; follows: StreamName; positions: Position[] }>()
  const parkings = new Set<Promise<void>>()
  const troubles = new Map<string, string>()
  const remembered = new LRUCache<string, Known>({
    maxSize: REMEMBERED_STEPS,
    sizeCalculation: (known) => 1 + kind.steps(known),
  })

  function troubled(id: string, error: unknown): void {
    const message = messageOf(error)
    if (!troubles.has(id)) log.warn({ process: kind.name, id, error: message }, 'a saga failed and will retry')
    troubles.set(id, message)
  }

  /** The conversation with one of them, which holds the checkpoint at a position until it ends. */
  function converse(id: string, follows: StreamName, position?: Position): Conversation {
    if (position !== undefined) progress.begin(position)
    const begun = position === undefined ? [] : [position]
    const current = atWork.get(id)
    if (current) {
      current.positions.push(...begun)
      return current.conversation
    }
    const positions = [...(asleep.get(id)?.positions ?? []), ...begun]
    asleep.delete(id)
    const conversation = kind.open(id, remembered.get(id), {
      signal,
      budget,
      troubled: (error) => troubled(id, error),
      ended: (ending) => ended(id, follows, ending),
    })
    atWork.take(id, { conversation, positions })
    return conversation
  }

  function ended(id: string, follows: StreamName, ending: Ending<Known>): void {
    if ('trouble' in ending) {
      const parking = park(id, follows, ending).finally(() => parkings.delete(parking))
      parkings.add(parking)
      return
    }
    const { known, wakeAt, over } = ending
    if (over) remembered.delete(id)
    else remembered.set(id, known)
    const positions = leave(id)
    if (wakeAt === undefined) progress.end(positions)
    else asleep.set(id, { wakeAt, follows, positions })
  }

  function leave(id: string): Position[] {
    troubles.delete(id)
    return atWork.leave(id)?.positions ?? []
  }

  /** A saga keeps its place, and the checkpoint, until it is recorded that it is parked. */
  async function park(id: string, follows: StreamName, how: { trouble: Trouble; correlationId: string }) {
    const attempts = { signal, budget, troubled: (error: unknown) => troubled(id, error) }
    if (!(await parked.park({ id, about: kind.about(id), follows, ...how }, attempts))) return
    remembered.delete(id)
    log.error({ process: kind.name, id, ...how.trouble }, 'a saga is parked: it waits for an operator')
    progress.end(leave(id))
  }

  /** Whose events they are cannot be told: without that, its saga cannot even begin. */
  async function parkUntold(id: string, { stream, metadata }: RecordedEvent, error: unknown): Promise<void> {
    await atWork.gone(id)
    const trouble: Trouble = { reason: 'STUCK', steps: [], error: messageOf(error), tries: 1 }
    await park(id, stream, { trouble, correlationId: metadata.correlationId ?? id })
  }

  /** What happened in the business is read anew: what came while the saga was parked has not been looked at. */
  async function retry(event: ReadableEvent<ParkingEvent>): Promise<void> {
    const { id } = event.data
    const follows = event.data.follows as StreamName
    // It may be that its parking is recorded, and it has not heard of that.
    await atWork.gone(id)
    const story: RecordedEvent[] = []
    for await (const page of store.read(follows, { limit: ALL_EVENTS })) story.push(...page.filter(matters))
    await atWork.room()
    if (signal.aborted) return
    try {
      const its = story.filter((noticed) => isUnreadable(noticed) || kind.idOf(noticed) === id)
      const conversation = converse(id, follows, event.position)
      conversation.retry(event)
      for (const noticed of its) conversation.notice(noticed)
    } catch (error) {
      await parkUntold(id, { ...event, stream: follows }, error)
    }
  }

  async function notice(event: RecordedEvent): Promise<void> {
    let id: string | undefined
    try {
      id = kind.idOf(event)
    } catch (error) {
      id = event.stream.slice(event.stream.indexOf('-') + 1)
      if (!parked.has(id)) await parkUntold(id, event, error)
    }
    if (id === undefined || parked.has(id)) return
    if (!atWork.has(id)) await atWork.room()
    if (!signal.aborted) converse(id, kind.storyOf(event, id), event.position).notice(event)
  }

  /** What the stream of one of them says cannot be read: that one cannot go on, and is parked. */
  async function noticeUnreadable(event: RecordedEvent): Promise<void> {
    for await (const [first] of store.read(event.stream, { limit: 1 })) {
      const id = first && kind.begunBy(first)
      if (id === undefined || parked.has(id)) return
      if (!atWork.has(id)) await atWork.room()
      if (!signal.aborted) converse(id, event.stream, event.position).notice(event)
      return
    }
  }

  function matters(event: RecordedEvent): boolean {
    return kind.relevant.has(event.type) || (isUnreadable(event) && categoryOf(event.stream) === kind.stories)
  }

  function take(event: RecordedEvent): Promise<void> | undefined {
    if (event.stream !== parked.stream) {
      if (!matters(event)) return undefined
      return isUnreadable(event) ? noticeUnreadable(event) : notice(event)
    }
    parked.take(event)
    if (event.type !== 'SagaRetried') return undefined
    const retried = event as ReadableEvent<ParkingEvent>
    return parked.has(retried.data.id) ? undefined : retry(retried)
  }

  const ticking = setInterval(() => {
    const time = now()
    for (const { conversation } of atWork.all()) conversation.tick(time)
    for (const [id, { wakeAt, follows }] of asleep) {
      if (atWork.isFull()) break
      if (wakeAt <= time) converse(id, follows).tick(time)
    }
  }, TICK).unref()
  const following = followLog(store, {
    after: progress.start,
    categories: [...kind.follows, 'parked'],
    signal,
    take,
    read: progress.read,
    lost: (error) => log.warn({ process: kind.name, error }, 'the log cannot be followed; retrying'),
  })

  return {
    health() {
      const notReading = following.trouble()
      const error = notReading ?? [...troubles.values()].at(-1)
      return {
        ok: notReading === undefined,
        position: progress.position(),
        atWork: atWork.count(),
        inTrouble: troubles.size,
        parked: parked.count(),
        ...(error !== undefined && { error }),
      }
    },
    async stop() {
      clearInterval(ticking)
      stopping.abort()
      await following.stopped
      await Promise.all([...[...atWork.all()].map(({ conversation }) => conversation.rest()), ...parkings])
      await progress.close()
    },
  }
}
