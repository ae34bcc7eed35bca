// Views for tests of what reads them: a real store, into which events are folded on the spot.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DomainEvent, RecordedEvent } from '../events/catalogue.ts'
import { fold, touch } from '../kernel/projecting/projector/fold.ts'
import { openSqliteViewStore } from '../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import type { ViewStore } from '../kernel/projecting/store/view-store.ts'
import { recorder } from './views/given.ts'
import { projections, viewSet } from './views/index.ts'

export interface TestViews {
  views: ViewStore
  /** Records events and folds them into the views, as one batch. */
  append(...events: DomainEvent[]): Promise<RecordedEvent[]>
  /** Folds events that are recorded already. */
  write(events: readonly RecordedEvent[]): Promise<void>
  close(): Promise<void>
}

export const testLogId = 'abcdefghijkl'

export async function openTestViews(): Promise<TestViews> {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-views-'))
  const views = await openSqliteViewStore({ file: join(directory, 'views.db'), logId: testLogId, ...viewSet })
  const record = recorder()
  // A test may watch what others read of the views, not what is read here.
  const { get } = views

  async function write(events: readonly RecordedEvent[]): Promise<void> {
    const touched = projections.map((projection) => touch(projection, events))
    const stored = await Promise.all(
      touched.map(async ({ projection, events }) => {
        const documents = (await get(projection, [...events.keys()])).filter((document) => document !== undefined)
        const byId = new Map(documents.map((document) => [document.id, document]))
        return [projection.name, { documents: byId, broken: new Set<string>() }] as const
      }),
    )
    const checkpoint = events.at(-1)?.position ?? (await views.checkpoint())
    await views.write({ ...fold(events, touched, new Map(stored)), mended: [], checkpoint })
  }

  return {
    views,
    write,
    async append(...events) {
      const recorded = record(...events)
      await write(recorded)
      return recorded
    },
    async close() {
      await views.close()
      await rm(directory, { recursive: true })
    },
  }
}

/**
 * The same views, as if they were far away: an answer was true a moment ago.
 * @param turns how many turns of the event loop a question, or an answer, is on its way
 */
export function farAway(views: ViewStore, turns: () => number): ViewStore {
  async function onTheWay(): Promise<void> {
    for (let turn = turns(); turn > 0; turn--) await setImmediate()
  }
  async function late<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    await onTheWay()
    const answer = await ask()
    await onTheWay()
    return answer
  }
  return {
    ...views,
    get: (view, ids) => late(() => views.get(view, ids)),
    page: (view, query) => late(() => views.page(view, query)),
    history: (query) => late(() => views.history(query)),
    checkpoint: () => late(() => views.checkpoint()),
  }
}
