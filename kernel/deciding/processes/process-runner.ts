// Follows the log for all processes of one kind. It keeps the order of events within each, and runs different ones side
// by side.
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
import type { Ending, Process, ProcessKind } from './process-kind.ts'
import { openProgress } from './progress.ts'
import { openSlots } from './slots.ts'

/** The largest number of processes at work. Reading waits while there are more. */
const AT_WORK = 2_048

/**
 * The largest number of steps, of about 700 bytes each, of the processes that wait in memory for the next event of the
 * business.
 */
const REMEMBERED_STEPS = 100_000

const TICK = 500

export interface Sagas {
  health(): SagaHealth
  /** Stops reading, waits for the records in progress, and stores the checkpoint. */
  stop(): Promise<void>
}

export interface SagaHealth {
  /**
   * False while the log cannot be followed. A single saga that cannot continue does not make the desk refuse clients.
   */
  ok: boolean
  /** Resolves when every saga that started up to here has gone as far as it can. */
  position: Position
  atWork: number
  /** The number of processes that have failed and retry. */
  inTrouble: number
  /** The number of processes that wait for an operator. */
  parked: number
  /** The last failure of a process in trouble, or of following the log. */
  error?: string
}

/**
 * Starts all processes of a kind. A process that a crash cut off continues: the checkpoint never passes a process with
 * work in flight, and a repeated request is answered once. A process that cannot continue is parked, which is recorded
 * in `parked-<name>`: it blocks no other process, and continues when an operator retries it.
 */
export async function startProcesses<Known extends object>(
  kind: ProcessKind<Known>,
  options: { store: EventStore; bus: CommandBus; log: Logger; now: () => number },
): Promise<Sagas> {
  const { store, bus, log, now } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const budget = retryBudget()
  const progress = await openProgress(store, kind.reader, log)
  const parked = await openParked(store, bus, kind.name)
  const atWork = openSlots<{ process: Process; positions: Position[] }>(AT_WORK, signal)
  /** Processes that have something to do later. The checkpoint waits for them too. */
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

  /** Opens a process, which holds the checkpoint at a position until it ends. */
  function openProcess(id: string, follows: StreamName, position?: Position): Process {
    if (position !== undefined) progress.begin(position)
    const begun = position === undefined ? [] : [position]
    const current = atWork.get(id)
    if (current) {
      current.positions.push(...begun)
      return current.process
    }
    const positions = [...(asleep.get(id)?.positions ?? []), ...begun]
    asleep.delete(id)
    const process = kind.open(id, remembered.get(id), {
      signal,
      budget,
      troubled: (error) => troubled(id, error),
      ended: (ending) => ended(id, follows, ending),
    })
    atWork.take(id, { process, positions })
    return process
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

  /** A saga keeps its slot, and the checkpoint, until its parking is recorded. */
  async function park(id: string, follows: StreamName, how: { trouble: Trouble; correlationId: string }) {
    const attempts = { signal, budget, troubled: (error: unknown) => troubled(id, error) }
    if (!(await parked.park({ id, about: kind.about(id), follows, ...how }, attempts))) return
    remembered.delete(id)
    log.error({ process: kind.name, id, ...how.trouble }, 'a saga is parked: it waits for an operator')
    progress.end(leave(id))
  }

  /** Nobody can say whose events they are. Without that, their saga cannot even begin. */
  async function parkUntold(id: string, { stream, metadata }: RecordedEvent, error: unknown): Promise<void> {
    await atWork.gone(id)
    const trouble: Trouble = { reason: 'STUCK', steps: [], error: messageOf(error), tries: 1 }
    await park(id, stream, { trouble, correlationId: metadata.correlationId ?? id })
  }

  /** The events of the business are read again: those during the parking have not been read. */
  async function retry(event: ReadableEvent<ParkingEvent>): Promise<void> {
    const { id } = event.data
    const follows = event.data.follows as StreamName
    // Its parking may be recorded without its knowledge.
    await atWork.gone(id)
    const story: RecordedEvent[] = []
    for await (const page of store.read(follows, { limit: ALL_EVENTS })) story.push(...page.filter(matters))
    await atWork.room()
    if (signal.aborted) return
    try {
      const its = story.filter((noticed) => isUnreadable(noticed) || kind.idOf(noticed) === id)
      const process = openProcess(id, follows, event.position)
      process.retry(event)
      for (const noticed of its) process.notice(noticed)
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
    if (!signal.aborted) openProcess(id, kind.storyOf(event, id), event.position).notice(event)
  }

  /** The stream of a process contains an unreadable event: the process cannot continue, and is parked. */
  async function noticeUnreadable(event: RecordedEvent): Promise<void> {
    for await (const [first] of store.read(event.stream, { limit: 1 })) {
      const id = first && kind.begunBy(first)
      if (id === undefined || parked.has(id)) return
      if (!atWork.has(id)) await atWork.room()
      if (!signal.aborted) openProcess(id, event.stream, event.position).notice(event)
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
    for (const { process } of atWork.all()) process.tick(time)
    for (const [id, { wakeAt, follows }] of asleep) {
      if (atWork.isFull()) break
      if (wakeAt <= time) openProcess(id, follows).tick(time)
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
      await Promise.all([...[...atWork.all()].map(({ process }) => process.rest()), ...parkings])
      await progress.close()
    },
  }
}
