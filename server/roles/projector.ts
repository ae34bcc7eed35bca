// The role `projector`: folds the log into the views, in its own thread.

import { hash } from 'node:crypto'
import { hostname } from 'node:os'
import { SCHEMA_VERSION } from '../../events/upcasters.ts'
import { counted } from '../../kernel/counted.ts'
import type { ViewStore } from '../../kernel/projecting/store/view-store.ts'
import type { Position } from '../../kernel/store/position.ts'
import { projections } from '../../query/views/index.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import { assertSameHistory, type StorePlaces } from '../desk/stores.ts'
import type { Part } from '../health/health.ts'
import { type ProjectorThread, startProjectorThread } from '../projector/projector-thread.ts'
import { activeOnce, type RunningRole } from './active-once.ts'

/**
 * Views and log are compared whenever the work begins: a standby may have waited while one of them was put back.
 * @param onFolded is called after each write, with the checkpoint that the views have reached
 */
export function runProjector(
  infrastructure: Infrastructure,
  views: ViewStore,
  onFolded: (checkpoint: Position) => void,
): Promise<RunningRole> {
  const { places, logId, logLevel, log, roles, startedAt, store } = infrastructure
  const task = { places, logId, logLevel, tellsOfOutages: !roles.has('gateway') }
  return activeOnce(infrastructure, leaseOfViews(places), async () => {
    await assertSameHistory(views, store, places)
    const thread = startProjectorThread(task, onFolded, log)
    return { health: () => projectorPart(thread, startedAt), stop: () => thread.stop() }
  })
}

/**
 * One set of views has one active projector. Desks may fold the same log into sets of their own: embedded ones, those on another server,
 * and those of another release, whose views or catalogue differ, which are built beside the ones that are there.
 */
export function leaseOfViews({ mongodbUrl, files }: StorePlaces): string {
  const place = mongodbUrl === undefined ? [hostname(), files.views] : [mongodbUrl.replace(/\/\/[^@/]*@/, '//')]
  const versions = projections.map(({ name, version }) => [name, version])
  return `projector-${hash('sha1', JSON.stringify([SCHEMA_VERSION, versions, place]), 'hex').slice(0, 8)}`
}

async function projectorPart(projector: ProjectorThread, startedAt: Position): Promise<Part> {
  const health = await projector.health()
  if (!health) return { ok: false, detail: 'does not answer' }
  if ('cannotOpen' in health) return { ok: false, detail: `waits for its stores: ${health.cannotOpen}` }
  const { position, retrying, lastFailure, brokenDocuments, unplacedEvents, foreignEvents } = health
  const figures = { position, brokenDocuments, unplacedEvents, foreignEvents }
  if (retrying) return { ok: false, detail: `retrying after: ${lastFailure?.message}`, figures }
  if (position < startedAt) return { ok: false, detail: `catching up, at ${position} of ${startedAt}`, figures }
  const broken = brokenDocuments > 0 ? `, ${counted(brokenDocuments, 'broken document')}` : ''
  const unplaced = unplacedEvents > 0 ? `, ${counted(unplacedEvents, 'event')} that a view could not place` : ''
  const foreign = foreignEvents > 0 ? `, ${counted(foreignEvents, 'foreign event')}` : ''
  return { ok: true, detail: `at ${position}${broken}${unplaced}${foreign}`, figures }
}
