// Runs all sagas of one definition: follows the log, keeps order for each saga, and lets different ones go on side by side.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { SagaTrouble } from '../../events/catalogue.ts'
import type { Logger } from '../../events/logger.ts'
import type { Position } from '../../events/position.ts'
import type { EventStore, RecordedEvent, StreamName } from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { openCheckpoint } from './checkpoint.ts'
import { type Conversation, type Ending, openConversation } from './conversation.ts'
import type { SagaDefinition } from './definition.ts'
import { openParked } from './parked.ts'
import { messageOf, persistently } from './persistently.ts'
import type { Remembered } from './remembered.ts'
import { openWatermark } from './watermark.ts'

/** So many sagas may be at work at once; reading waits while there are more. */
const AT_WORK = 2_048

/** So many steps, of about 700 bytes each, may the sagas have that wait in memory for the next event of the business. */
const REMEMBERED_STEPS = 100_000

/** The checkpoint is stored when it has moved so far, or after so many milliseconds; a crash repeats what came after it. */
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

/**
 * Starts the sagas of a definition. A saga that was cut off by a crash goes on: the checkpoint never passes one that has
 * something under way, and what is asked twice is answered once. A saga that cannot go on by itself is parked, which is recorded in
 * `parked-<name>`: it holds up nobody, and goes on when an operator has it tried again.
 * @param options.tries how often something may fail by its own fault before its saga is parked
 * @param options.now the clock that deadlines are judged by, in epoch milliseconds
 */
export async function startSagas<Facts>(options: {
  saga: SagaDefinition<Facts>
  store: EventStore
  bus: CommandBus
  log: Logger
  tries?: number
  now?: () => number
}): Promise<Sagas> {
  const { saga, store, bus, log, tries = TRIES, now = Date.now } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const checkpoint = await openCheckpoint(store, `${saga.name}s`)
  const parked = await openParked(store, saga.name)
  const watermark = openWatermark(checkpoint.position)
  const relevant = new Set<string>([saga.startsWith, ...saga.noticing])
  const atWork = new Map<string, { conversation: Conversation; positions: Position[] }>()
  const parkings = new Set<Promise<void>>()
  const troubles = new Map<string, string>()
  const remembered = new LRUCache<string, Remembered<Facts>>({
    maxSize: REMEMBERED_STEPS,
    sizeCalculation: ({ state }) => 1 + (state?.steps.length ?? 0),
  })
  let read = checkpoint.position
  let notReading: string | undefined
  let lastStored = Date.now()
  let handled = false
  let somebodyEnded: (() => void) | undefined

  const surroundings = { saga, store, bus, signal, tries, now, troubled }

  function troubled(id: string, error: unknown): void {
    const message = messageOf(error)
    if (!troubles.has(id)) log.warn({ saga: saga.name, id, error: message }, 'a saga has failed and tries again')
    troubles.set(id, message)
  }

  /** The conversation with a saga, which holds the checkpoint at a position until it ends. */
  function converse(id: string, follows: StreamName, position: Position): Conversation {
    watermark.begin(position)
    const current = atWork.get(id)
    if (current) {
      current.positions.push(position)
      return current.conversation
    }
    const conversation = openConversation(surroundings, id, remembered.get(id), (ending) => ended(id, follows, ending))
    atWork.set(id, { conversation, positions: [position] })
    return conversation
  }

  function ended(id: string, follows: StreamName, ending: Ending<Facts>): void {
    if ('trouble' in ending) {
      const parking = park(id, follows, ending).finally(() => parkings.delete(parking))
      parkings.add(parking)
      return
    }
    if (ending.known.state?.ended) remembered.delete(id)
    else remembered.set(id, ending.known)
    leave(id)
  }

  function leave(id: string): void {
    for (const position of atWork.get(id)?.positions ?? []) watermark.end(position)
    atWork.delete(id)
    troubles.delete(id)
    handled = true
    somebodyEnded?.()
  }

  /** A saga keeps its place, and the checkpoint, until it is recorded that it is parked. */
  async function park(id: string, follows: StreamName, how: { trouble: SagaTrouble; correlationId: string }) {
    const { trouble, correlationId } = how
    const commandId = `~park/${randomUUID()}`
    const recorded = await persistently(
      async () => {
        const command = { type: 'Park', saga: { ...saga.about(id), saga: saga.name, id, follows }, trouble } as const
        const outcome = await bus.send({ stream: parked.stream, command, commandId, digest: '', correlationId })
        if (!outcome.accepted) throw new Error(outcome.refusal.message)
        return outcome
      },
      { tries: Number.POSITIVE_INFINITY, signal, troubled: (error) => troubled(id, error) },
    )
    if (!recorded) return
    parked.note(id, recorded.revision)
    remembered.delete(id)
    log.error({ saga: saga.name, id, ...trouble }, 'a saga is parked: it waits for an operator')
    leave(id)
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
    for await (const page of store.read(follows)) story.push(...page.filter(({ type }) => relevant.has(type)))
    await room()
    if (signal.aborted) return
    try {
      const its = story.filter((noticed) => saga.idOf(noticed) === id)
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
      id = saga.idOf(event)
    } catch (error) {
      id = event.stream.slice(event.stream.indexOf('-') + 1)
      if (!parked.has(id)) await parkUntold(id, event, error)
    }
    if (id === undefined || parked.has(id)) return
    if (!atWork.has(id)) await room()
    if (!signal.aborted) converse(id, event.stream, event.position).notice(event)
  }

  async function follow(): Promise<void> {
    const batches = store.subscribe(read, { signal, categories: [saga.follows, 'parked'] })
    for await (const { events, position } of batches) {
      for (const event of events) {
        if (event.stream === parked.stream) {
          parked.take(event)
          if (event.type === 'SagaRetried' && !parked.has(event.data.id)) await retry(event)
        } else if (relevant.has(event.type)) {
          await notice(event)
        }
        if (signal.aborted) return
        read = event.position
      }
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
      log.warn({ saga: saga.name, error: notReading }, 'the log cannot be followed; it is tried again')
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
    const low = watermark.low()
    const far = low - checkpoint.position >= CHECKPOINT_EVERY
    const long = handled && Date.now() - lastStored >= CHECKPOINT_AFTER
    if (far || long) await storeNow(low)
  }

  async function storeNow(position: Position): Promise<void> {
    lastStored = Date.now()
    handled = false
    try {
      const alone = await checkpoint.store(position)
      if (!alone) log.warn({ saga: saga.name }, 'another process runs the same sagas')
    } catch (error) {
      // An older checkpoint only means more to look at after the next start.
      log.warn({ saga: saga.name, error }, 'the checkpoint could not be stored')
    }
  }

  const ticking = setInterval(() => {
    const time = now()
    for (const { conversation } of atWork.values()) conversation.tick(time)
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
