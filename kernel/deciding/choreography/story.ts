// The events of one process, from its own stream and from those of the participants.
import { ALL_EVENTS, type EventStore, type RecordedEvent } from '../../store/event-store.ts'
import { newestFirst } from '../../store/newest-first.ts'
import { readable } from '../../store/readable.ts'
import type { Choreography } from './definition.ts'
import { beganAt, type Known, learn, relevantTypes } from './known.ts'

/**
 * The knowledge about a process from the stream with its story; `undefined` when that has no event.
 * @throws CannotRead, and the errors of the choreography at an event
 */
export async function knownOf<Facts>(
  choreography: Choreography<Facts>,
  store: EventStore,
  id: string,
): Promise<Known<Facts> | undefined> {
  const relevant = relevantTypes(choreography)
  let known: Known<Facts> | undefined
  for await (const page of store.read(choreography.storyOf(id), { limit: ALL_EVENTS })) {
    for (const event of page) if (relevant.has(readable(event).type)) known = learn(choreography, known, event)
  }
  return known
}

/**
 * The events of a process and of its participants, in log order: nobody has read them while the process was parked. A
 * participant's stream is read backwards, and no further than the beginning of the process.
 */
export async function retold<Facts>(
  choreography: Choreography<Facts>,
  store: EventStore,
  id: string,
  known: Known<Facts>,
  events: readonly RecordedEvent[],
): Promise<RecordedEvent[]> {
  const relevant = relevantTypes(choreography)
  const begin = beganAt(choreography, known)
  const all = [...events]
  for (const stream of choreography.participants(known.facts)) {
    for await (const page of newestFirst(store, stream)) {
      const since = page.filter(({ position }) => position >= begin)
      all.push(...since.filter((event) => relevant.has(event.type) && choreography.idOf(event) === id))
      if (since.length < page.length) break
    }
  }
  return all.sort((one, other) => one.position - other.position)
}
