// The views of a log in a file, for a program that keeps both beside it.

import type { EventStore } from '../../store/event-store.ts'
import { logIdentity } from '../../store/log-identity.ts'
import type { Projection, ViewDocument } from '../projection.ts'
import { openSqliteViewStore } from '../store/sqlite/sqlite-view-store.ts'
import type { ViewStore } from '../store/view-store.ts'
import { assertSameHistory } from './same-history.ts'

/**
 * Opens the views of a log in a file. They are empty when the file is new, or when a projection has another version:
 * the projector then builds them from the log.
 * @throws ViewsOfAnotherLog when the views in the file show another history than the log has
 * @example const views = await openViewsOf(store, 'data/views.db', [accounts])
 */
export async function openViewsOf(
  store: EventStore,
  file: string,
  projections: readonly Projection<ViewDocument>[],
): Promise<ViewStore> {
  const { version: schemaVersion } = store.catalogue
  const logId = await logIdentity(store)
  const views = await openSqliteViewStore({ file, logId, schemaVersion, projections, checked: true })
  try {
    await assertSameHistory(views, store, file)
    return views
  } catch (error) {
    await views.close()
    throw error
  }
}
