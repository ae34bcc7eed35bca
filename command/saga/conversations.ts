// Follows the log for everything of one kind, a saga for each order, say: keeps order within each, lets different ones go on side by side.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Category, ProcessName, SagaSubject, SagaTrouble } from '../../events/catalogue.ts'
import type { Logger } from '../../events/logger.ts'
import { messageOf } from '../../events/message-of.ts'
import type { Position } from '../../events/position.ts'
import type { EventStore, RecordedEvent, StreamName } from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { openCheckpoint } from './checkpoint.ts'
import { openParked } from './parked.ts'
import { persistently } from './persistently.ts'
import { openWatermark } from './watermark.ts'

/** So many may be at work at once; reading waits while there are more. */
const AT_WORK = 2_048

/** So many steps, of about 700 bytes each, may those have that wait in memory for the next event of the business. */
const REMEMBERED_STEPS = 100_000

/**
 * The checkpoint is stored after so many events, or after so many milliseconds; a crash repeats what came after it. Events are counted:
 * the distance of two positions says nothing, in some logs they are bytes.
 */
const CHECKPOINT_EVERY = 5_000
const CHECKPOINT_AFTER = 10_000

/** With growing pauses, this takes about six seconds. */
const TRIES = 8

const TICK = 500

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 5_000

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

/** One of them while it is at work. */
export interface Conversation {
  /** Takes an event that it begins with or notices. */
  notice(event: RecordedEvent): void
  /** An operator has it tried again: takes the event that says so. */
  retry(event: RecordedEvent): void
  /** Looks at the clock: epoch milliseconds. */
  tick(now: number): void
  /** Resolves when nothing is being recorded. */
  rest(): Promise<void>
}

/**
 * How a conversation ends: with nothing under way, every answer in and recorded; or because it cannot go on by itself.
 * `wakeAt`, in epoch milliseconds: it has something to do then, and the checkpoint waits for it. Nothing of what is `over` is remembered.
 */
export type Ending<Known> =
  | { known: Known; wakeAt?: number | undefined; over?: boolean }
  | { trouble: SagaTrouble; correlationId: string }

/** What a conversation is given. */
export interface Runtime<Known> {
  /** Aborted when the process stops: what is not recorded then is asked again after the next start. */
  signal: AbortSignal
  /** To be told of each failure after which it tries again. */
  troubled(error: unknown): void
  /** To be called once, in the end; not when the process stops before that. */
  ended(ending: Ending<Known>): void
}

/** What the machinery has to be told of those that it runs. */
export interface Kind<Known> {
  name: ProcessName
  /** Under which name its checkpoint is stored. */
  reader: string
  follows: readonly Category[]
  /** The types of the events that matter. */
  relevant: ReadonlySet<string>
  /** Which one an event concerns, if any. */
  idOf(event: RecordedEvent): string | undefined
  /** The stream that has what becomes of it, to be read again when it was parked. */
  storyOf(event: RecordedEvent, id: string): StreamName
  about(id: string): SagaSubject
  /** @param known what is still known from before */
  open(id: string, known: Known | undefined, runtime: Runtime<Known>): Conversation
  /** How many steps there are to remember. */
  steps(known: Known): number
}

/** How often something may fail by its own fault, and the clock that deadlines are judged by, in epoch milliseconds. */
export interface Habits {
  tries: number
  now: () => number
}

export const usualHabits: Habits = { tries: TRIES, now: () => Date.now() }

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
  const checkpoint = await openCheckpoint(store, kind.reader)
  const parked = await openParked(store, kind.name)
  const watermark = openWatermark(checkpoint.position)
  const atWork = new Map<string, { conversation: Conversation; positions: Position[] }>()
  /** Those that have something to do later; the checkpoint waits for them too. */
  const asleep = new Map<string, { wakeAt: number; follows: StreamName; positions: Position[] }>()
  const parkings = new Set<Promise<void>>()
  const troubles = new Map<string, string>()
  const remembered = new LRUCache<string, Known>({
    maxSize: REMEMBERED_STEPS,
    sizeCalculation: (known) => 1 + kind.steps(known),
  })
  let read = checkpoint.position
  let notReading: string | undefined
  let lastStored = Date.now()
  let eventsSince = 0
  let handled = false
  let somebodyEnded: (() => void) | undefined

  function troubled(id: string, error: unknown): void {
    const message = messageOf(error)
    if (!troubles.has(id)) log.warn({ process: kind.name, id, error: message }, 'a saga has failed and tries again')
    troubles.set(id, message)
  }

  /** The conversation with one of them, which holds the checkpoint at a position until it ends. */
  function converse(id: string, follows: StreamName, position?: Position): Conversation {
    if (position !== undefined) watermark.begin(position)
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
      troubled: (error) => troubled(id, error),
      ended: (ending) => ended(id, follows, ending),
    })
    atWork.set(id, { conversation, positions })
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
    if (wakeAt === undefined) done(positions)
    else asleep.set(id, { wakeAt, follows, positions })
  }

  /** Makes room for another one. */
  function leave(id: string): Position[] {
    const positions = atWork.get(id)?.positions ?? []
    atWork.delete(id)
    troubles.delete(id)
    somebodyEnded?.()
    return positions
  }

  function done(positions: readonly Position[]): void {
    for (const position of positions) watermark.end(position)
    handled = true
  }

  /** A saga keeps its place, and the checkpoint, until it is recorded that it is parked. */
  async function park(id: string, follows: StreamName, how: { trouble: SagaTrouble; correlationId: string }) {
    const { trouble, correlationId } = how
    const commandId = `~park/${randomUUID()}`
    const recorded = await persistently(
      async () => {
        const command = { type: 'Park', saga: { ...kind.about(id), saga: kind.name, id, follows }, trouble } as const
        const outcome = await bus.send({ stream: parked.stream, command, commandId, digest: '', correlationId })
        if (!outcome.accepted) throw new Error(outcome.refusal.message)
        return outcome
      },
      { tries: Number.POSITIVE_INFINITY, signal, troubled: (error) => troubled(id, error) },
    )
    if (!recorded) return
    parked.note(id, recorded.revision)
    remembered.delete(id)
    log.error({ process: kind.name, id, ...trouble }, 'a saga is parked: it waits for an operator')
    done(leave(id))
  }

  /** Whose events they are cannot be told: without that, its saga cannot even begin. */
  async function parkUntold(id: string, { stream, metadata }: RecordedEvent, error: unknown): Promise<void> {
    await gone(id)
    const trouble: SagaTrouble = { reason: 'STUCK', steps: [], error: messageOf(error), tries: 1 }
    await park(id, stream, { trouble, correlationId: metadata.correlationId ?? id })
  }

  /** What happened in the business is read anew: what came while the saga was parked has not been looked at. */
  async function retry(event: Extract<RecordedEvent, { type: 'SagaRetried' }>): Promise<void> {
    const { id } = event.data
    const follows = event.data.follows as StreamName
    // It may be that its parking is recorded, and it has not heard of that.
    await gone(id)
    const story: RecordedEvent[] = []
    for await (const page of store.read(follows)) story.push(...page.filter(({ type }) => kind.relevant.has(type)))
    await room()
    if (signal.aborted) return
    try {
      const its = story.filter((noticed) => kind.idOf(noticed) === id)
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
    if (!atWork.has(id)) await room()
    if (!signal.aborted) converse(id, kind.storyOf(event, id), event.position).notice(event)
  }

  async function follow(): Promise<void> {
    const batches = store.subscribe(read, { signal, categories: [...kind.follows, 'parked'] })
    for await (const { events, position } of batches) {
      for (const event of events) {
        if (event.stream === parked.stream) {
          parked.take(event)
          if (event.type === 'SagaRetried' && !parked.has(event.data.id)) await retry(event)
        } else if (kind.relevant.has(event.type)) {
          await notice(event)
        }
        if (signal.aborted) return
        read = event.position
      }
      // Where others write, a batch only tells how far the log is.
      eventsSince += Math.max(events.length, 1)
      read = position
      watermark.seen(position)
      await storeCheckpoint()
    }
  }

  /** A subscription that throws is begun again where it was. */
  async function keepFollowing(): Promise<void> {
    for (let wait = FIRST_PAUSE; !signal.aborted; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      const before = read
      try {
        await follow()
        notReading = 'the subscription has ended'
      } catch (error) {
        notReading = messageOf(error)
      }
      if (signal.aborted) return
      log.warn({ process: kind.name, error: notReading }, 'the log cannot be followed; it is tried again')
      if (read > before) wait = FIRST_PAUSE
      await pause(wait, undefined, { signal }).catch(() => undefined)
      notReading = undefined
    }
  }

  async function room(): Promise<void> {
    while (atWork.size >= AT_WORK && !signal.aborted) await anEnd()
  }

  async function gone(id: string): Promise<void> {
    while (atWork.has(id) && !signal.aborted) await anEnd()
  }

  /** Only who follows the log waits for it. */
  function anEnd(): Promise<void> {
    return new Promise((resolve) => {
      somebodyEnded = resolve
    })
  }

  async function storeCheckpoint(): Promise<void> {
    const long = handled && Date.now() - lastStored >= CHECKPOINT_AFTER
    if (eventsSince >= CHECKPOINT_EVERY || long) await storeNow(watermark.low())
  }

  async function storeNow(position: Position): Promise<void> {
    lastStored = Date.now()
    eventsSince = 0
    handled = false
    try {
      const alone = await checkpoint.store(position)
      if (!alone) log.warn({ process: kind.name }, 'another process runs the same sagas')
    } catch (error) {
      // An older checkpoint only means more to look at after the next start.
      log.warn({ process: kind.name, error }, 'the checkpoint could not be stored')
    }
  }

  const ticking = setInterval(() => {
    const time = now()
    for (const { conversation } of atWork.values()) conversation.tick(time)
    for (const [id, { wakeAt, follows }] of asleep) {
      if (atWork.size >= AT_WORK) break
      if (wakeAt <= time) converse(id, follows).tick(time)
    }
  }, TICK).unref()
  const following = keepFollowing()

  return {
    health() {
      const error = notReading ?? [...troubles.values()].at(-1)
      return {
        ok: notReading === undefined,
        position: watermark.low(),
        atWork: atWork.size,
        inTrouble: troubles.size,
        parked: parked.count(),
        ...(error !== undefined && { error }),
      }
    },
    async stop() {
      clearInterval(ticking)
      stopping.abort()
      somebodyEnded?.()
      await following
      await Promise.all([...[...atWork.values()].map(({ conversation }) => conversation.rest()), ...parkings])
      if (handled) await storeNow(watermark.low())
    },
  }
}
