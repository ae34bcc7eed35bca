import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteViewStore } from './sqlite.ts'
import { describeViewStore } from './view-store.contract.ts'

describeViewStore('the SQLite view store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-views-'))
  return {
    open: (options) => openSqliteViewStore({ file: join(directory, 'views.db'), ...options }),
    remove: () => rm(directory, { recursive: true }),
  }
})
