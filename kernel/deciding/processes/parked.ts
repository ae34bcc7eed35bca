// The parked and abandoned sagas of one name, as the runner knows them: read at the start, and followed from then on.
import { randomUUID } from 'node:crypto'
import type { RetryBudget } from '../../failures/retry.ts'
import { ALL_EVENTS, type EventStore, NO_EVENTS, type RecordedEvent, type StreamName } from '../../store/event-store.ts'
import type { ParkingEvent, Trouble } from '../../store/kernel-events.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { untilDone } from './until-done.ts'

export interface Parked {
  stream: StreamName
  /** Applies an event of the stream; an event that was applied before changes nothing. */
  take(event: RecordedEvent): void
  /** Whether a saga must be left alone. */
  has(id: string): boolean
  /** The number of parked sagas. */
  count(): number
  /**
   * Records that a saga is parked, and retries until that succeeds.
   * @returns false when the process stops before it is recorded
   */
  park(saga: Parking, attempts: Attempts): Promise<boolean>
}

interface Attempts {
  signal: AbortSignal
  budget: RetryBudget
  troubled(error: unknown): void
}

export interface Parking {
  id: string
  about: object
  /** The stream with the saga's story, to be read again when the saga is retried. */
  follows: StreamName
  trouble: Trouble
  correlationId: string
}

/**
 * The number of operators' decisions that fit in memory easily. The memory holds an id for each parked or abandoned
 * saga.
 */
export async function openParked(store: EventStore, bus: CommandBus, saga: string): Promise<Parked> {
  const stream: StreamName = `parked-${saga}`
  const parked = new Set<string>()
  const discarded = new Set<string>()
  let taken = NO_EVENTS

  const open: Parked = {
    stream,
    take(event) {
      const { revision } = event
      if (revision <= taken) return
      taken = revision
      // The catalogue has checked the events of the stream.
      const { type, data } = event as ParkingEvent
      switch (type) {
        case 'SagaParked':
          parked.add(data.id)
          break
        case 'SagaRetried':
          parked.delete(data.id)
          break
        case 'SagaDiscarded':
          parked.delete(data.id)
          discarded.add(data.id)
          break
      }
    },
    has: (id) => parked.has(id) || discarded.has(id),
    count: () => parked.size,

    async park({ id, about, follows, trouble, correlationId }, attempts) {
      const commandId = `~park/${randomUUID()}`
      const command = { type: 'Park', saga: { ...about, saga, id, follows }, trouble } as const
      const recorded = await untilDone(
        async () => {
          const outcome = await bus.send({ stream, command, commandId, digest: '', correlationId, receiptOnly: true })
          if (!outcome.accepted) throw new Error(outcome.refusal.message)
          return outcome
        },
        { tries: Number.POSITIVE_INFINITY, ...attempts },
      )
      // The event may not have been applied yet.
      if (recorded && recorded.revision > taken) parked.add(id)
      return recorded !== undefined
    },
  }
  for await (const page of store.read(stream, { limit: ALL_EVENTS })) for (const event of page) open.take(event)
  return open
}
