// The state of a saga from its stream.

import { ALL_EVENTS, type EventStore, NO_EVENTS, type Revision, type StreamName } from '../../store/event-store.ts'
import type { Position } from '../../store/position.ts'
import { readable } from '../../store/readable.ts'
import type { SagaDefinition } from './definition.ts'
import { evolve, type SagaState } from './saga.ts'
import { fromStored } from './stored.ts'

export interface Remembered<Facts> {
  /** `undefined` for a saga that has not started. */
  state: SagaState<Facts> | undefined
  revision: Revision
  /** Where the saga began: it has sent no request before. */
  startedAt?: Position
  /**
   * The id of the stream's last event, and the correlation id that the saga's events share with the event that started
   * it.
   */
  lastEventId?: string
  correlationId?: string
}

/**
 * Folds the stream of a saga. @throws CannotRead, and the errors of the definition at an event that it cannot handle
 */
export async function rememberedOf<Facts>(
  saga: SagaDefinition<Facts>,
  store: EventStore,
  stream: StreamName,
): Promise<Remembered<Facts>> {
  const remembered: Remembered<Facts> = { state: undefined, revision: NO_EVENTS }
  for await (const page of store.read(stream, { limit: ALL_EVENTS })) {
    for (const event of page) {
      remembered.state = evolve(saga, remembered.state, fromStored(saga, readable(event)))
      remembered.revision = event.revision
      remembered.startedAt ??= event.position
      remembered.lastEventId = event.id
      if (event.metadata.correlationId !== undefined) remembered.correlationId = event.metadata.correlationId
    }
  }
  return remembered
}
