// The events that a view takes: each event of a category is either taken or ignored, and the compiler finds a forgotten
// one.
import { categoryOf } from '../store/categories.ts'
import type { Schemas } from '../store/category.ts'
import type { RecordedEvent } from '../store/event-store.ts'
import { isUnreadable } from '../store/readable.ts'

/** The events of one category. */
export interface ListedEvents {
  takes: readonly string[]
  ignores: readonly string[]
}

/** By the name of the category. Events of other categories never reach the view. */
export type EventsOfView = Readonly<Record<string, ListedEvents>>

interface Forgotten<Type> {
  neitherTakenNorIgnored: Type
}

/**
 * Lists the events that a view takes of one category, and those that it ignores. An event of the category in neither list is a compile
 * error, so that a new event is not forgotten.
 * @param _events the schemas of the events of the category
 *
 * @example
 * const events = { counter: listed(counterEvents, ['Counted'], ['CounterNamed']) }
 */
export function listed<
  Events extends Schemas,
  const Taken extends keyof Events & string,
  const Ignored extends Exclude<keyof Events & string, Taken> = never,
>(
  _events: Events,
  takes: readonly Taken[],
  ignores: readonly Ignored[] &
    ([Exclude<keyof Events & string, Taken | Ignored>] extends [never]
      ? unknown
      : Forgotten<Exclude<keyof Events & string, Taken | Ignored>>),
): ListedEvents {
  return { takes, ignores }
}

/** Whether a view takes an event. An unreadable event reaches each view that takes events of its category. */
export function takerOf(events: EventsOfView): Taker {
  const known = takers.get(events)
  if (known) return known
  const taken = new Map(Object.entries(events).map(([category, { takes }]) => [category, new Set(takes)]))
  const taker: Taker = (event) => {
    const types = taken.get(categoryOf(event.stream))
    return types !== undefined && (types.has(event.type) || isUnreadable(event))
  }
  takers.set(events, taker)
  return taker
}

type Taker = (event: RecordedEvent) => boolean

/** The projector asks for each batch. */
const takers = new WeakMap<EventsOfView, Taker>()
