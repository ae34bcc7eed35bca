// The views as the roles of a process read them: of the same history as the log, and opened again when they are lost.
import type { ViewStore } from '../../kernel/projecting/store/view-store.ts'
import { reopenedViews } from '../../kernel/projecting/store/watched.ts'
import type { Settings } from '../settings/settings.ts'
import type { Infrastructure } from './infrastructure.ts'
import { assertSameHistory, openViewStore, waitingForServers } from './stores.ts'

export interface OpenViews extends ViewStore {
  /** From now on called when the views were lost and are open again: they are empty then, until a projector has built them anew. */
  whenReopened(listener: () => void): void
}

/** @throws ViewsOfAnotherLog */
export async function openViews(
  { places, logId, store, log }: Pick<Infrastructure, 'places' | 'logId' | 'store' | 'log'>,
  { rebuildViews = false }: Pick<Settings, 'rebuildViews'>,
): Promise<OpenViews> {
  if (rebuildViews) log.warn('--rebuild-views is set: the views are deleted and rebuilt from the log')
  let listener = () => {}
  const patiently = waitingForServers(places, log)
  const views = await patiently(() =>
    reopenedViews({
      async open(lost) {
        // A log that is gone comes first: its directory may belong to another desk by now.
        if (lost) await store.head()
        const opened = await openViewStore(places, logId, {
          anew: rebuildViews && lost === undefined,
          lost,
          checked: true,
          onDamaged: (reason) => log.warn({ reason }, 'The views are damaged; they are rebuilt from the log'),
        })
        try {
          await assertSameHistory(opened, store, places)
          return opened
        } catch (error) {
          await opened.close()
          throw error
        }
      },
      onReopened: () => listener(),
      log,
    }),
  )
  return { ...views, whenReopened: (other) => (listener = other) }
}
