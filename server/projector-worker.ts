// The projector in a thread of its own: what it writes and what it reads do not keep commands and queries waiting.
import { parentPort, workerData } from 'node:worker_threads'
import { startProjector } from '../query/projector/projector.ts'
import { views as projections } from '../query/views/index.ts'
import { openLog } from './log.ts'
import type { FromProjector, ProjectorTask, ToProjector } from './projector-thread.ts'
import { openEventStore, openViewStore } from './stores.ts'

const { places, logId, logLevel } = workerData as ProjectorTask
const log = openLog(logLevel)
const store = await openEventStore(places, log)
const views = await openViewStore(places, logId)
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

function tell(message: FromProjector): void {
  parentPort?.postMessage(message)
}
