// Runs all sagas of one definition: follows the log, keeps order for each saga, and lets different ones go on side by side.
import { LRUCache } from 'lru-cache'
import type { Logger } from '../../events/logger.ts'
import type { Position } from '../../events/position.ts'
import type { EventStore, RecordedEvent } from '../../events/store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { openCheckpoint } from './checkpoint.ts'
import { type Conversation, openConversation, type Remembered } from './conversation.ts'
import type { SagaDefinition } from './definition.ts'
import { openWatermark } from './watermark.ts'

/** So many sagas may be at work at once; reading waits while there are more. */
const AT_WORK = 2_048

/** So many steps, of about 700 bytes each, may the sagas have that wait in memory for the next event of the business. */
const REMEMBERED_STEPS = 100_000

/** The checkpoint is stored when it has moved so far, or after so many milliseconds; a crash repeats what came after it. */
const CHECKPOINT_EVERY = 5_000
const CHECKPOINT_AFTER = 10_000

const TICK = 500

export interface Sagas {
  health(): SagaHealth
  /** Stops reading, lets what is being recorded finish, and stores the checkpoint. */
  stop(): Promise<void>
}

export interface SagaHealth {
  /** False when the log is not followed any more. One saga that cannot go on is no reason to send clients away from all others. */
  ok: boolean
  /** Every saga that started up to here has done what it can. */
  position: Position
  atWork: number
  /** How many of them have failed and try again. */
  inTrouble: number
  /** The last failure of one that is in trouble. */
  error?: string
}

/**
 * Starts the sagas of a definition. A saga that was cut off by a crash goes on: the checkpoint never passes one that has
 * something under way, and what is asked twice is answered once.
 */
export async function startSagas<Facts>(options: {
  saga: SagaDefinition<Facts>
  store: EventStore
  bus: CommandBus
  log: Logger
}): Promise<Sagas> {
  const { saga, store, bus, log } = options
  const stopping = new AbortController()
  const checkpoint = await openCheckpoint(store, `${saga.name}s`)
  const watermark = openWatermark(checkpoint.position)
  const atWork = new Map<string, { conversation: Conversation; positions: Position[] }>()
  const troubles = new Map<string, string>()
  const remembered = new LRUCache<string, Remembered<Facts>>({
    maxSize: REMEMBERED_STEPS,
    sizeCalculation: ({ state }) => 1 + (state?.steps.length ?? 0),
  })
  let lastStored = Date.now()
  let handled = false
  let roomIsFree: (() => void) | undefined

  const surroundings = {
    saga,
    store,
    bus,
    signal: stopping.signal,
    troubled(id: string, error: unknown) {
      const message = error instanceof Error ? error.message : String(error)
      if (!troubles.has(id)) log.warn({ saga: saga.name, id, error: message }, 'a saga cannot go on and tries again')
      troubles.set(id, message)
    },
  }

  function notice(id: string, event: RecordedEvent): void {
    watermark.begin(event.position)
    const current = atWork.get(id)
    if (current) {
      current.positions.push(event.position)
      current.conversation.notice(event)
      return
    }
    const positions = [event.position]
    const conversation = openConversation(surroundings, id, remembered.get(id), (known) => {
      for (const position of positions) watermark.end(position)
      atWork.delete(id)
      troubles.delete(id)
      if (known.state?.ended) remembered.delete(id)
      else remembered.set(id, known)
      handled = true
      roomIsFree?.()
    })
    atWork.set(id, { conversation, positions })
    conversation.notice(event)
  }

  async function follow(): Promise<void> {
    const relevant = new Set<string>([saga.startsWith, ...saga.noticing])
    const batches = store.subscribe(checkpoint.position, { signal: stopping.signal, categories: [saga.follows] })
    for await (const { events, position } of batches) {
      for (const event of events) {
        const id = relevant.has(event.type) ? saga.idOf(event) : undefined
        if (id === undefined) continue
        if (!atWork.has(id)) await room()
        if (stopping.signal.aborted) return
        notice(id, event)
      }
      watermark.seen(position)
      await storeCheckpoint()
    }
  }

  async function room(): Promise<void> {
    while (atWork.size >= AT_WORK && !stopping.signal.aborted) {
      await new Promise<void>((resolve) => {
        roomIsFree = resolve
      })
    }
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
    const now = Date.now()
    for (const { conversation } of atWork.values()) conversation.tick(now)
  }, TICK).unref()
  const following = follow()
  let stuck = false
  following.catch((error: unknown) => {
    stuck = true
    surroundings.troubled('reading the log', error)
  })

  return {
    health() {
      const error = [...troubles.values()].at(-1)
      const health = { ok: !stuck, position: watermark.low(), atWork: atWork.size, inTrouble: troubles.size }
      return error === undefined ? health : { ...health, error }
    },
    async stop() {
      clearInterval(ticking)
      stopping.abort()
      roomIsFree?.()
      await following.catch(() => undefined)
      await Promise.all([...atWork.values()].map(({ conversation }) => conversation.rest()))
      if (handled) await storeNow(watermark.low())
    },
  }
}
