// What the readiness of a desk rests on: its log, its views with their projector, its feed and its sagas.
import type { Sagas } from '../command/saga/runner.ts'
import type { Position } from '../events/position.ts'
import type { EventStore } from '../events/store/event-store.ts'
import type { Feed } from '../query/feed/feed.ts'
import type { Health } from './health.ts'
import type { ProjectorThread } from './projector-thread.ts'

interface Parts {
  store: EventStore
  projector: ProjectorThread
  feed: Feed
  sagas: Sagas
  /** The newest event when the desk started: until the views have it, they show the past. */
  startedAt: Position
}

type Part = Health['parts'][string]

/** Asks each part. Broken documents are told, but only they cannot be read: the desk is ready all the same. */
export async function deskHealth({ store, projector, feed, sagas, startedAt }: Parts): Promise<Health> {
  const parts = {
    eventStore: await eventStorePart(store),
    projector: await projectorPart(projector, startedAt),
    views: viewsPart(feed),
    sagas: sagasPart(sagas),
  }
  return { ready: Object.values(parts).every(({ ok }) => ok), parts }
}

async function eventStorePart(store: EventStore): Promise<Part> {
  try {
    return { ok: true, detail: `newest event at ${await store.head()}` }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function projectorPart(projector: ProjectorThread, startedAt: Position): Promise<Part> {
  const health = await projector.health()
  if (!health) return { ok: false, detail: 'does not answer' }
  const { position, retrying, lastFailure, brokenDocuments, unplacedEvents } = health
  if (retrying) return { ok: false, detail: `trying again after: ${lastFailure?.message}` }
  if (position < startedAt) return { ok: false, detail: `catching up, at ${position} of ${startedAt}` }
  const broken = brokenDocuments > 0 ? `, ${brokenDocuments} broken documents` : ''
  const unplaced = unplacedEvents > 0 ? `, ${unplacedEvents} events that a view could not place` : ''
  return { ok: true, detail: `at ${position}${broken}${unplaced}` }
}

function viewsPart(feed: Feed): Part {
  const { failure, subscriptions } = feed.health()
  return failure === undefined ? { ok: true, detail: `${subscriptions} subscriptions` } : { ok: false, detail: failure }
}

function sagasPart(sagas: Sagas): Part {
  const { ok, atWork, inTrouble, error } = sagas.health()
  return { ok, detail: `${atWork} at work${inTrouble > 0 ? `, ${inTrouble} of them try again after: ${error}` : ''}` }
}
