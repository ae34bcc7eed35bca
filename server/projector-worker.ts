// The projector in a thread of its own: what it writes and what it reads do not keep commands and queries waiting.
import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteEventStore } from '../events/store/sqlite.ts'
import { startProjector } from '../query/projector/projector.ts'
import { openSqliteViewStore } from '../query/store/sqlite.ts'
import { views as projections } from '../query/views/index.ts'
import { openLog } from './log.ts'
import type { FromProjector, ProjectorFiles, ToProjector } from './projector-thread.ts'

const { events, views: viewsFile, logId, logLevel } = workerData as ProjectorFiles
const store = await openSqliteEventStore({ file: events })
const views = await openSqliteViewStore({ file: viewsFile, logId, projections })
const projector = startProjector({
  store,
  views,
  projections,
  onFolded: (folded) => tell({ folded }),
  log: openLog(logLevel),
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
