// The projector in its own thread: its writes and reads do not keep commands and queries waiting.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../kernel/failures/message-of.ts'
import { startProjector } from '../../kernel/projecting/projector/projector.ts'
import type { ViewStore, ViewsLost } from '../../kernel/projecting/store/view-store.ts'
import { watchedViews } from '../../kernel/projecting/store/watched.ts'
import { projections } from '../../query/views/index.ts'
import { joinEventStore, openViewStore } from '../desk/stores.ts'
import { openLog } from '../process/log.ts'
import { type Session, startSessions } from './projector-sessions.ts'
import type { FromProjector, ProjectorTask, ToProjector } from './projector-thread.ts'

/** A projector with nothing to write notices so soon that its views are lost. */
const LOOKS_EVERY_MS = 500

const { places, logId, logLevel, tellsOfOutages = true } = workerData as ProjectorTask
const log = openLog(logLevel)
const firstViews = await opened(openViewStore(places, logId))
const store = await opened(joinEventStore(places, log))
const sessions = startSessions({
  first: firstViews,
  begin,
  async open(lost) {
    // A log that is gone comes first: its directory may belong to another desk by now.
    await store.head()
    return openViewStore(places, logId, { lost })
  },
  onFailed: endWithout,
  log,
  pauseMs: LOOKS_EVERY_MS,
})

parentPort?.on('message', async (request: ToProjector) => {
  if (request === 'health') return tell({ health: sessions.health() })
  await sessions.stop()
  await store.close()
  process.exit()
})

/** Folds into the views that are there, from their checkpoint on, as long as they are not lost. */
function begin(found: ViewStore, onLost: (lost: ViewsLost) => void): Session {
  const views = watchedViews(found, onLost)
  const projector = startProjector({
    store,
    views,
    projections,
    onFolded: (folded) => tell({ folded }),
    log,
    tellsOfOutages,
  })
  // `watchedViews` reports the loss of the views to `onLost`. The projector itself reports other failures.
  const looking = setInterval(() => void views.checkpoint().catch(() => {}), LOOKS_EVERY_MS).unref()
  return {
    health: projector.health,
    async end() {
      clearInterval(looking)
      await projector.stop()
      await views.close()
    },
  }
}

/** A store that is away is no fault of the projector: the thread is started again until the store is back. */
async function opened<Store>(opening: Promise<Store>): Promise<Store> {
  try {
    return await opening
  } catch (error) {
    return endWithout(error)
  }
}

function endWithout(error: unknown): never {
  tell({ cannotOpen: messageOf(error) })
  process.exit()
}

function tell(message: FromProjector): void {
  parentPort?.postMessage(message)
}
