// How a saga's events are named in its stream: `Started` of a placement is stored as `PlacementStarted`.
import type { AnyEvent } from '../../store/category.ts'
import type { SagaDefinition } from './definition.ts'
import type { SagaEvent } from './saga.ts'

/** The event of the saga with this id as it is stored, with whom it is about. */
export function toStored<Facts>(saga: SagaDefinition<Facts>, event: SagaEvent<Facts>, id: string): AnyEvent {
  const type = event.type === 'RepliesReceived' ? event.type : `${prefix(saga)}${event.type}`
  return { type, data: { ...saga.about(id), ...event.data } }
}

/** The event as the saga's rules know it. */
export function fromStored<Facts>(saga: SagaDefinition<Facts>, { type, data }: AnyEvent): SagaEvent<Facts> {
  const name = prefix(saga)
  return { type: type.startsWith(name) ? type.slice(name.length) : type, data } as SagaEvent<Facts>
}

function prefix({ name }: { name: string }): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
