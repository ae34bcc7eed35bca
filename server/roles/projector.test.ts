import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openSqliteEventStore } from '../../events/open-log.ts'
import { openSqliteViewStore } from '../../kernel/projecting/store/sqlite/sqlite-view-store.ts'
import { logIdentity } from '../../kernel/store/log-identity.ts'
import { viewSet } from '../../query/views/index.ts'
import type { Role } from '../settings/settings.ts'
import { leaseOfViews, runProjector } from './projector.ts'

const files = { events: '/data/events.db', views: '/data/views.db' }

test('desks that share a log and not the views each have a projector at work', () => {
  const embedded = leaseOfViews({ files })
  expect(leaseOfViews({ files: { ...files, views: '/other/views.db' } })).not.toBe(embedded)
  expect(leaseOfViews({ files, mongodbUrl: 'mongodb://a' })).not.toBe(embedded)
  expect(leaseOfViews({ files, mongodbUrl: 'mongodb://b' })).not.toBe(
    leaseOfViews({ files, mongodbUrl: 'mongodb://a' }),
  )
})

test('processes that share the views have one projector at work, also under different users of the server', () => {
  const shared = leaseOfViews({ files, mongodbUrl: 'mongodb://a,b/?replicaSet=rs' })
  const elsewhere = { events: '', views: '' }
  expect(leaseOfViews({ files: elsewhere, mongodbUrl: 'mongodb://desk:secret@a,b/?replicaSet=rs' })).toBe(shared)
})

test('a process that takes the lease over views of another history does not fold, and its health says why', async () => {
  const at = await mkdtemp(join(tmpdir(), 'creditline-projector-'))
  onTestFinished(() => rm(at, { recursive: true, force: true }))
  const files = { events: join(at, 'events.db'), views: join(at, 'views.db') }
  const store = await openSqliteEventStore({ file: files.events })
  const logId = await logIdentity(store)
  const views = await openSqliteViewStore({ file: files.views, logId, ...viewSet })
  await views.write({ documents: [], broken: [], mended: [], history: [], checkpoint: 9 })
  vi.spyOn(views, 'lastFolded').mockResolvedValue({
    checkpoint: 9,
    event: { stream: 'order-ord_1', revision: 0, position: 9, id: 'lost' },
  })
  const log = pino({ level: 'silent' })
  const infrastructure = {
    roles: new Set<Role>(),
    currency: 'EUR',
    messaging: undefined,
    namespace: 'test',
    places: { files },
    logId,
    logLevel: 'silent',
    log,
    startedAt: 1,
    store,
    alone: false,
    holder: 'a',
  }
  const projector = await runProjector(infrastructure as Parameters<typeof runProjector>[0], views, () => {})
  onTestFinished(async () => {
    await projector.stop()
    await views.close()
    await store.close()
  })
  const isRefused = { ok: false, active: 0, detail: expect.stringContaining('--rebuild-views') }
  await vi.waitFor(async () => expect(await projector.health()).toMatchObject(isRefused), { timeout: 30_000 })
})
