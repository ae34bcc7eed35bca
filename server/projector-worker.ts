// The projector in a thread of its own: what it writes and what it reads do not keep commands and queries waiting.
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../kernel/failures/message-of.ts'
import { startProjector } from '../kernel/projecting/projector/projector.ts'
import type { ViewStore, ViewsLost } from '../kernel/projecting/store/view-store.ts'
import { watchedViews } from '../kernel/projecting/store/watched.ts'
import { views as projections } from '../query/views/index.ts'
import { openLog } from './log.ts'
import type { FromProjector, ProjectorTask, ToProjector } from './projector-thread.ts'
import { joinEventStore, openViewStore } from './stores.ts'

/** A projector with nothing to write notices so soon that its views are lost. */
const LOOKS_EVERY_MS = 500

const { places, logId, logLevel, tellsOfOutages = true } = workerData as ProjectorTask
const log = openLog(logLevel)
const firstViews = await opened(openViewStore(places, logId))
const store = await opened(joinEventStore(places, log))
let isStopping = false
let replacing: Promise<void> | undefined
let session: ReturnType<typeof begin> | undefined
session = begin(firstViews)
setInterval(() => void session?.look(), LOOKS_EVERY_MS).unref()

parentPort?.on('message', async (request: ToProjector) => {
  if (request === 'health') return session && tell({ health: session.health() })
  isStopping = true
  await replacing
  await session?.end()
  await store.close()
  process.exit()
})

/** Folds into the views that are there, from their checkpoint on, as long as they are not lost. */
function begin(found: ViewStore) {
  const views = watchedViews(found, replace)
  const projector = startProjector({
    store,
    views,
    projections,
    onFolded: (folded) => tell({ folded }),
    log,
    tellsOfOutages,
  })
  return {
    health: projector.health,
    look: () => views.checkpoint().catch(() => {}),
    async end() {
      await projector.stop()
      await views.close()
    },
  }
}

/** A projector's knowledge of lost views does not hold for the next ones: another projector begins at their checkpoint. */
function replace(lost: ViewsLost): void {
  if (isStopping || replacing) return
  log.warn({ err: lost }, 'The views are lost; they are rebuilt from the log')
  const former = session
  replacing = pause(LOOKS_EVERY_MS)
    // A log that is gone comes first: its directory may belong to another desk by now.
    .then(() => opened(store.head()))
    .then(() => opened(openViewStore(places, logId, { lost })))
    .then((next) => {
      session = begin(next)
      return former?.end()
    })
    .finally(() => {
      replacing = undefined
    })
}

/** A store that is away is no fault of the projector: the thread is started again until the store is back. */
async function opened<Store>(opening: Promise<Store>): Promise<Store> {
  try {
    return await opening
  } catch (error) {
    tell({ cannotOpen: messageOf(error) })
    process.exit()
  }
}

function tell(message: FromProjector): void {
  parentPort?.postMessage(message)
}
