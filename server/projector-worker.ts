// The projector in a thread of its own: what it writes and what it reads do not keep commands and queries waiting.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../events/message-of.ts'
import { startProjector } from '../query/projector/projector.ts'
import { views as projections } from '../query/views/index.ts'
import { openLog } from './log.ts'
import type { FromProjector, ProjectorTask, ToProjector } from './projector-thread.ts'
import { joinEventStore, openViewStore } from './stores.ts'

const { places, logId, logLevel } = workerData as ProjectorTask
const log = openLog(logLevel)
const store = await opened(joinEventStore(places, log))
const views = await opened(openViewStore(places, logId))
const projector = startProjector({
  store,
  views,
  projections,
  onFolded: (folded) => tell({ folded }),
  log,
})

parentPort?.on('message', async (request: ToProjector) => {
  if (request === 'health') return tell({ health: projector.health() })
  await projector.stop()
  await views.close()
  await store.close()
  process.exit()
})

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
