// The stored names of a saga's events: `Started` of a transfer is stored as `TransferStarted`.
import type { AnyEvent } from '../../store/category.ts'
import { sagaPrefix } from '../../store/kernel-events.ts'
import type { SagaDefinition } from './definition.ts'
import type { SagaEvent } from './saga.ts'

/** The stored form of an event of the saga with this id, with the fields of its subject. */
export function toStored<Facts>(saga: SagaDefinition<Facts>, event: SagaEvent<Facts>, id: string): AnyEvent {
  const type = event.type === 'RepliesReceived' ? event.type : `${sagaPrefix(saga.name)}${event.type}`
  return { type, data: { ...saga.about(id), ...event.data } }
}

/** The event in the form of the saga's rules. */
export function fromStored<Facts>(saga: SagaDefinition<Facts>, { type, data }: AnyEvent): SagaEvent<Facts> {
  const name = sagaPrefix(saga.name)
  return { type: type.startsWith(name) ? type.slice(name.length) : type, data } as SagaEvent<Facts>
}
